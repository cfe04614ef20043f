package main

import (
	"container/heap"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// A bare queue that is asked what a mesh asks gives out what the mesh's does, in its order, and
// so does the other heap: the three do the same work.
func TestBareQueuesDoWhatTheMeshAsks(t *testing.T) {
	b := benchmark{peers: 5, virtual: 3 * time.Minute, rounds: 1}
	o := b.observed()
	var q events.Queue
	var h binaryHeap
	var taken []time.Duration
	w := b.world(nil)
	w.ObserveQueue(func(at time.Duration, out bool) {
		if out {
			taken = append(taken, at)
		}
	})
	b.start(w)
	if n := b.goOn(w); n != o.events || n < 100 {
		t.Fatalf("%d events, and %d observed", n, o.events)
	}
	n := 0
	for i, at := range o.list {
		if at != takeOut {
			q.Push(at, 1, 0)
			heap.Push(&h, planned{at, i})
			continue
		}
		x, y := q.Pop(), heap.Pop(&h).(planned)
		if x.At != taken[n] || y.at != taken[n] {
			t.Fatalf("thing %d: the mesh took it at %v, its queue at %v, the heap at %v", n, taken[n], x.At, y.at)
		}
		n++
	}
	if n != len(taken) || uint64(n) <= o.taken || o.planned == 0 {
		t.Errorf("%d things were taken, by the mesh %d; %d planned and %d taken are measured", n, len(taken), o.planned, o.taken)
	}
	if rate := perSecond(o.events, o.inQueue()+o.inContainer()+time.Nanosecond); rate <= 0 {
		t.Errorf("%v events a second", rate)
	}
}

// A mesh has as many events whenever it is measured, with checkers too.
func TestMeshIsTheSameInEachRound(t *testing.T) {
	b := benchmark{peers: 4, virtual: time.Minute, rounds: 1}
	o := b.observed()
	b.mesh(o.events, nil) // panics where they are not as many
	b.mesh(o.events, sim.Checkers())
}

func TestMedian(t *testing.T) {
	if m := median([]float64{9, 1, 5}); m != 5 {
		t.Errorf("%v, want 5", m)
	}
}
