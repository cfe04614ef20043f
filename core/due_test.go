package core

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestDueCallsAgainstSortedList arms, re-arms and disarms the timers of calls and
// of a peer at random, and compares the order in which they come with a sorted list.
func TestDueCallsAgainstSortedList(t *testing.T) {
	const calls = 40
	for seed := range uint64(8) {
		m := newMachine(t, Config{Name: "m"})
		p := m.peerNamed("p")
		for range calls {
			m.newCall()
		}
		rng := rand.New(rand.NewPCG(seed, 1))
		var list []timerItem
		remove := func(owner int32, kind timerKind) {
			list = slices.DeleteFunc(list, func(x timerItem) bool { return x.owner == owner && x.kind == kind })
		}
		var inList, inHeap int
		for step := range 5_000 {
			m.now += Instant(rng.IntN(3))
			at := m.now.Add(10)
			if rng.Uint64N(8) < seed { // from all timeouts alike to all different
				at = m.now.Add(time.Duration(rng.IntN(30)))
			}
			switch slot := rng.Int32N(calls); rng.IntN(5) {
			case 0:
				m.disarmCall(&m.calls[slot])
				remove(slot, timerCall)
			case 1:
				kind := timerKind(rng.IntN(int(peerTimers)))
				m.setTimer(p, kind, at)
				remove(p.slot, kind)
				list = append(list, timerItem{at, m.timerSeq, p.slot, kind})
			case 2:
				if got, ok := m.earliest(); ok && got.kind == timerCall {
					m.disarmCall(&m.calls[got.owner])
					remove(got.owner, got.kind)
				} else if ok {
					m.stopTimer(p, got.kind)
					remove(got.owner, got.kind)
				}
			default:
				m.armCall(slot, at)
				remove(slot, timerCall)
				list = append(list, timerItem{at, m.timerSeq, slot, timerCall})
			}
			inList += m.due.n
			inHeap += len(m.timers)
			if m.Stats().Timers != len(list) {
				t.Fatalf("seed %d, step %d: %d timers, want %d", seed, step, m.Stats().Timers, len(list))
			}
			if got, ok := m.earliest(); ok != (len(list) > 0) || ok && got != slices.MinFunc(list, func(a, b timerItem) int { return order(&a, &b) }) {
				t.Fatalf("seed %d, step %d: %+v comes first (%v) of %+v", seed, step, got, ok, list)
			}
			if err := brokenHeap(m); err != nil {
				t.Fatalf("seed %d, step %d: %v", seed, step, err)
			}
		}
		if inList == 0 || inHeap == 0 {
			t.Errorf("seed %d: the list had %d, the heap %d: the test says little", seed, inList, inHeap)
		}
	}
}

// A timer that is never due is not armed, wherever the one before it was.
func TestCallsThatAreNeverDue(t *testing.T) {
	m := newMachine(t, Config{Name: "m"})
	a, b := m.newCall(), m.newCall()
	m.armCall(a, 5)
	m.armCall(b, 3)
	if m.due.n != 1 || len(m.timers) != 1 || m.Deadline() != 3 {
		t.Errorf("%d in the list, %d in the heap, the first at %d; want 1, 1, 3", m.due.n, len(m.timers), m.Deadline())
	}
	m.armCall(a, Never)
	m.armCall(b, Never)
	if m.due.n != 0 || len(m.timers) != 0 || m.Deadline() != Never {
		t.Errorf("%d in the list, %d in the heap, the first at %d; want none", m.due.n, len(m.timers), m.Deadline())
	}
}
