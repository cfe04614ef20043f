package core

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// TestTimersAgainstSortedList arms, re-arms and disarms the timers of many peers
// at random and compares the order in which they come with a sorted list.
func TestTimersAgainstSortedList(t *testing.T) {
	const peers = 60
	m, err := New(Config{Name: "m"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range peers {
		m.peerNamed(string(rune('A' + i)))
	}
	rng := rand.New(rand.NewPCG(1, 1))
	var list []timerItem
	remove := func(owner int32, kind timerKind) {
		list = slices.DeleteFunc(list, func(x timerItem) bool { return x.owner == owner && x.kind == kind })
	}
	for step := range 50_000 {
		owner, kind := rng.Int32N(peers), timerKind(rng.IntN(int(peerTimers)))
		p := m.peers.slots[owner]
		switch rng.IntN(4) {
		case 0:
			m.timers.stop(p, kind)
			remove(owner, kind)
		case 1:
			if len(list) == 0 {
				continue
			}
			i := slices.MinFunc(list, func(a, b timerItem) int { return order(&a, &b) })
			if m.timers.heap[0] != i {
				t.Fatalf("step %d: %+v comes first, want %+v", step, m.timers.heap[0], i)
			}
			m.timers.disarm(m.timers.heap[0].pos)
			remove(i.owner, i.kind)
		default:
			at := Instant(rng.IntN(40)) // many at the same instant
			m.timers.set(p, kind, at)
			remove(owner, kind)
			list = append(list, timerItem{at, m.timers.seq, &p.timers[kind], owner, kind})
		}
		if len(list) != len(m.timers.heap) {
			t.Fatalf("step %d: %d timers, want %d", step, len(m.timers.heap), len(list))
		}
		if err := brokenHeap(m); err != nil {
			t.Fatalf("step %d: %v", step, err)
		}
	}
	m.timers.set(m.peers.slots[0], timerDial, Never)
	if m.peers.slots[0].armed(timerDial) {
		t.Error("a timer that is never due is armed")
	}
}

func order(a, b *timerItem) int {
	if a.before(b) {
		return -1
	}
	return 1
}

func TestInstant(t *testing.T) {
	for _, c := range []struct{ got, want Instant }{
		{Instant(5).Add(7), 12},
		{Instant(5).Add(-7), -2},
		{Instant(-5).Add(-7), -12},
		{Instant(-5).Add(7), 2},
		{(Never - 3).Add(3), Never},
		{(Never - 3).Add(4), Never},
		{Never.Add(-9), Never},
	} {
		if c.got != c.want {
			t.Errorf("got %d, want %d", c.got, c.want)
		}
	}
}

// TestTimersStepMax: a step handles no more timers than the limit; the others
// stay due, in order, and the deadline says so.
func TestTimersStepMax(t *testing.T) {
	m, err := New(Config{Name: "m", LinksReported: true, Limits: Limits{TimersStepMax: 3}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		m.Step(nil, &Event{Kind: EvConnect, Peer: string(rune('a' + i)), Address: "here"})
	}
	due := m.Deadline()
	var dialled []string
	for steps := 1; ; steps++ {
		actions := m.Step(nil, &Event{Kind: EvTimeout, At: due})
		for i := range actions {
			dialled = append(dialled, actions[i].Peer)
		}
		if m.Deadline() > due {
			if steps != 4 {
				t.Errorf("10 timers took %d steps of at most 3", steps)
			}
			break
		}
		if len(actions) != 3 {
			t.Fatalf("step %d handled %d timers, want 3", steps, len(actions))
		}
	}
	if want := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}; !slices.Equal(dialled, want) {
		t.Errorf("dialled %q, want %q, by the order of arming", dialled, want)
	}
}
