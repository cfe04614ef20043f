package bulk

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// No more are in than there are places, and everybody gets in.
func TestPlacesAreNotExceeded(t *testing.T) {
	t.Parallel()
	const places, peers, times = 3, 8, 100
	g := &Gate{places: places}
	var in, done atomic.Int32
	var group sync.WaitGroup
	for i := range peers {
		group.Go(func() {
			for range times {
				g.Enter(string(rune('a' + i)))
				if n := in.Add(1); n > places {
					t.Errorf("%d are in, and there are %d places", n, places)
				}
				in.Add(-1)
				g.Leave()
				done.Add(1)
			}
		})
	}
	group.Wait()
	if done.Load() != peers*times || g.places != places {
		t.Errorf("%d got in, %d places are free at the end; want %d and %d", done.Load(), g.places, peers*times, places)
	}
}

// Peers take turns: the only work of one is next, though another has come with much.
func TestPeersTakeTurns(t *testing.T) {
	t.Parallel()
	g := &Gate{places: 1}
	g.Enter("a")
	var mu sync.Mutex
	var order []string
	var group sync.WaitGroup
	for _, peer := range []string{"a", "a", "a", "b"} {
		before := g.waiters()
		group.Go(func() {
			g.Enter(peer)
			mu.Lock()
			order = append(order, peer)
			mu.Unlock()
			g.Leave()
		})
		for g.waiters() == before { // so that they wait in this order
			runtime.Gosched()
		}
	}
	g.Leave()
	group.Wait()
	if want := []string{"a", "b", "a", "a"}; !slices.Equal(order, want) {
		t.Errorf("%v, want %v", order, want)
	}
}

// Who asks does not wait: it hears of its place, and whoever is behind it has the next.
func TestWhoAsksIsToldOfItsPlace(t *testing.T) {
	t.Parallel()
	g := &Gate{places: 1}
	var granted []string
	ask := func(peer string) bool {
		return g.Ask(peer, func() bool { granted = append(granted, peer); return true })
	}
	if !ask("a") || ask("b") || ask("c") {
		t.Fatal("one place is for one, at once")
	}
	g.Leave()
	if want := []string{"b"}; !slices.Equal(granted, want) {
		t.Errorf("%v were granted a place, want %v", granted, want)
	}
	g.Leave()
	g.Leave()
	if want := []string{"b", "c"}; !slices.Equal(granted, want) || g.places != 1 {
		t.Errorf("%v were granted a place, want %v; %d are free at the end", granted, want, g.places)
	}
}

// A place that is not taken goes on to the next.
func TestAPlaceThatIsNotTakenGoesOn(t *testing.T) {
	t.Parallel()
	const many = 5000
	g := &Gate{places: 1}
	g.Enter("a")
	n := 0
	for range many {
		g.Ask("b", func() bool { n++; return false })
	}
	g.Leave()
	if n != many || g.places != 1 {
		t.Errorf("%d of %d were granted a place, %d are free at the end", n, many, g.places)
	}
}

// waiters returns how many wait.
func (g *Gate) waiters() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.waiting.Len()
}
