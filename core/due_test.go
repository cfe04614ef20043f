package core

import (
	"bytes"
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
			m.calls.alloc()
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
				m.timers.stopCall(&m.calls.slots[slot].timer)
				remove(slot, timerCall)
			case 1:
				kind := timerKind(rng.IntN(int(peerTimers)))
				m.timers.set(p, kind, at)
				remove(p.slot, kind)
				list = append(list, timerItem{at, m.timers.seq, &p.timers[kind], p.slot, kind})
			case 2:
				if got, ok := m.timers.earliest(); ok && got.kind == timerCall {
					m.timers.stopCall(&m.calls.slots[got.owner].timer)
					remove(got.owner, got.kind)
				} else if ok {
					m.timers.stop(p, got.kind)
					remove(got.owner, got.kind)
				}
			default:
				m.timers.setCall(&m.calls.slots[slot].timer, at)
				remove(slot, timerCall)
				list = append(list, timerItem{at, m.timers.seq, &m.calls.slots[slot].timer.pos, slot, timerCall})
			}
			inList += m.timers.due.n
			inHeap += len(m.timers.heap)
			if m.Stats().Timers != len(list) {
				t.Fatalf("seed %d, step %d: %d timers, want %d", seed, step, m.Stats().Timers, len(list))
			}
			if got, ok := m.timers.earliest(); ok != (len(list) > 0) || ok && got != slices.MinFunc(list, func(a, b timerItem) int { return order(&a, &b) }) {
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
	a, b := m.calls.alloc(), m.calls.alloc()
	m.timers.setCall(&a.timer, 5)
	m.timers.setCall(&b.timer, 3)
	if m.timers.due.n != 1 || len(m.timers.heap) != 1 || m.Deadline() != 3 {
		t.Errorf("%d in the list, %d in the heap, the first at %d; want 1, 1, 3", m.timers.due.n, len(m.timers.heap), m.Deadline())
	}
	m.timers.setCall(&a.timer, Never)
	m.timers.setCall(&b.timer, Never)
	if m.timers.due.n != 0 || len(m.timers.heap) != 0 || m.Deadline() != Never {
		t.Errorf("%d in the list, %d in the heap, the first at %d; want none", m.timers.due.n, len(m.timers.heap), m.Deadline())
	}
}

// The encoding tells when a call is due, wherever its timer is.
func TestStateOfCallsThatAreDue(t *testing.T) {
	m := richMachine(t)
	m.Step(nil, &Event{Kind: EvCall, Call: 2, To: []string{"z"}, Timeout: 5})
	first, second := &m.calls.slots[0].timer, &m.calls.slots[1].timer
	if first.pos != inList || second.pos == inList {
		t.Fatalf("timers at %d and %d: want the first call in the list, and the second, which is due before, in the heap", first.pos, second.pos)
	}
	state := m.AppendState(nil)
	for slot := range m.calls.slots {
		c := m.Clone()
		c.timers.setCall(&c.calls.slots[slot].timer, m.now+4)
		if bytes.Equal(state, c.AppendState(nil)) {
			t.Errorf("the encoding does not say when call %d is due", slot)
		}
	}
}
