package buffers

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// withoutCollector has no garbage collected but by who asks for it.
func withoutCollector(t *testing.T) {
	t.Helper()
	before := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(before) })
}

// same says whether two buffers are one.
func same(a, b []byte) bool { return &a[:1][0] == &b[:1][0] }

func TestABufferIsUsedAgainWhereItFits(t *testing.T) {
	withoutCollector(t)
	const n = 100_000
	for _, c := range []struct {
		wanted int
		again  bool
	}{{n, true}, {n - n/6, true}, {n + n/64, true}, {n + n/32, false}, {n - n/4, false}, {Min - 1, false}} {
		t.Run(fmt.Sprint(c.wanted), func(t *testing.T) {
			var p Pool
			b := append(p.Get(n), 1, 2, 3)
			p.Put(b)
			got := p.Get(c.wanted)
			if len(got) != 0 || cap(got) < c.wanted {
				t.Errorf("it has %d bytes and room for %d, want 0 and %d", len(got), cap(got), c.wanted)
			}
			if same(got, b) != c.again {
				t.Errorf("it is the one of %d bytes: %v, want %v", n, !c.again, c.again)
			}
			if other := p.Get(n); same(other, b) && c.again {
				t.Error("two have the same buffer")
			}
		})
	}
}

// A payload that was opened in place begins behind the head of its box.
func TestABufferWithoutItsBeginningIsUsedAgain(t *testing.T) {
	withoutCollector(t)
	var p Pool
	const n, head = 100_000, 34
	b := p.Get(n)
	end := &b[:cap(b)][cap(b)-1]
	for i := range 40 {
		p.Put(b[head:n])
		if b = p.Get(n); &b[:cap(b)][cap(b)-1] != end {
			t.Fatalf("after %d times it is another", i)
		}
	}
}

func TestTheOldestBuffersGo(t *testing.T) {
	withoutCollector(t)
	var p Pool
	const size = HeldMax / 4
	var all [6][]byte
	for i := range all {
		all[i] = make([]byte, 0, size)
		p.Put(all[i])
	}
	for range 4 {
		b := p.Get(size)
		if !slices.ContainsFunc(all[2:], func(other []byte) bool { return same(b, other) }) {
			t.Error("one of the newer buffers has gone")
		}
	}
}

// A process that has become quiet keeps nothing.
func TestWhatLiesIdleIsForgotten(t *testing.T) {
	var p Pool
	p.Put(make([]byte, 0, 1<<20))
	for deadline := time.Now().Add(time.Minute); ; runtime.Gosched() {
		runtime.GC()
		p.mu.Lock()
		held, idle := p.held, len(p.idle)
		p.mu.Unlock()
		if held == 0 && idle == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes in %d buffers are still there", held, idle)
		}
	}
}

// Collections that follow one another leave what lay idle for a moment only.
func TestWhatLayIdleForAMomentStays(t *testing.T) {
	withoutCollector(t)
	var p Pool
	b := p.Get(100_000)
	p.Put(b)
	p.collected()
	p.collected()
	got := p.Get(100_000)
	if !same(got, b) {
		t.Fatal("it is forgotten")
	}
	p.Put(got)
	p.collected()
	p.idle[0].since = time.Now().Add(-idleMin)
	if p.collected(); len(p.idle) != 0 {
		t.Error("it is kept for longer")
	}
}

// The garbage that a pool makes is collected before there is as much as the collector
// would wait for, but not where the program wants none collected.
func TestGarbageIsCollected(t *testing.T) {
	for _, want := range []bool{true, false} {
		t.Run(fmt.Sprint(want), func(t *testing.T) {
			for range 2 { // or what other tests have left, in a sync.Pool too, would count as living
				runtime.GC()
			}
			percent := -1
			if want { // not by itself before some 100 MiB are made, and far from where the pool would wait for more
				live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
				metrics.Read(live)
				percent = min(4000, wasteMin/2*wasteShare*100/int(live[0].Value.Uint64()))
			}
			before := debug.SetGCPercent(percent)
			defer debug.SetGCPercent(before)
			var p Pool
			var began, ended debug.GCStats
			debug.ReadGCStats(&began)
			for made := 0; made <= HeldMax+wasteMin; made += 1 << 20 {
				p.Put(make([]byte, 0, 1<<20))
			}
			idle := func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return !p.collecting
			}
			for deadline := time.Now().Add(time.Minute); !idle(); runtime.Gosched() {
				if time.Now().After(deadline) {
					t.Fatal("it is still at it")
				}
			}
			if debug.ReadGCStats(&ended); ended.NumGC > began.NumGC != want {
				t.Errorf("garbage was collected: %v, want %v", !want, want)
			}
		})
	}
}

// Whatever is asked of a pool, nobody has a buffer that another has, and it holds no more
// than it may.
func TestPool(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var p Pool
		lent := make(map[*byte][]byte)
		t.Repeat(map[string]func(*rapid.T){
			"Get": func(t *rapid.T) {
				n := rapid.IntRange(1, 8<<20).Draw(t, "n")
				b := p.Get(n)
				if len(b) != 0 || cap(b) < n || n >= Min && cap(b) > n+n/4 {
					t.Fatalf("%d bytes and room for %d, want none and %d", len(b), cap(b), n)
				}
				if at := &b[:1][0]; lent[at] != nil {
					t.Fatal("two have it")
				} else {
					lent[at] = b
				}
			},
			"Put": func(t *rapid.T) {
				for at, b := range lent {
					p.Put(b)
					delete(lent, at)
					return
				}
				t.Skip("nobody has one")
			},
			"collected": func(*rapid.T) { p.collected() },
			"": func(t *rapid.T) {
				p.mu.Lock()
				defer p.mu.Unlock()
				held := 0
				for i := range p.idle {
					held += cap(p.idle[i].memory)
				}
				if held != p.held || held > HeldMax {
					t.Fatalf("it holds %d bytes and counts %d, of at most %d", held, p.held, HeldMax)
				}
			},
		})
	})
}

func TestManyUseAPool(t *testing.T) {
	var p Pool
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 2000 {
				b := append(p.Get(Min+k%7*Min), byte(i), byte(k))
				runtime.Gosched()
				if b[0] != byte(i) || b[1] != byte(k) {
					t.Error("another has written to it")
				}
				p.Put(b)
			}
		})
	}
	wg.Wait()
}

// One message of 1 MiB after the other: the time of its buffers, beside new ones.
func BenchmarkGrow(b *testing.B) {
	sizes := []int{16 << 10, 64 << 10, 256 << 10, 1 << 20}
	chunk := make([]byte, 16<<10)
	for _, c := range []struct {
		name string
		get  func(int) []byte
		put  func([]byte)
	}{
		{"pool", Process.Get, Process.Put},
		{"new", func(n int) []byte { return make([]byte, 0, n) }, func([]byte) {}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(1 << 20)
			for range b.N {
				var buffer []byte
				for _, n := range sizes {
					larger := append(c.get(n), buffer...)
					if buffer != nil {
						c.put(buffer)
					}
					for buffer = larger; len(buffer) < n; {
						buffer = append(buffer, chunk...)
					}
				}
				c.put(buffer)
			}
		})
	}
}
