package main

import (
	"container/heap"
	"runtime"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// operations are what a mesh asks of its queue, so that a bare one can be asked the same:
// what is left to the mesh is what it does with the events.
type operations struct {
	list           []time.Duration // in their order: for when something is planned, or takeOut
	from           int             // where the time begins that is measured
	events         uint64          // steps of machines since then
	planned, taken uint64          // operations since then
}

// takeOut is the operation that takes out the earliest thing.
const takeOut = time.Duration(-1)

// observed returns the operations of a mesh without checkers.
func (b *benchmark) observed() *operations {
	o := &operations{}
	w := b.world(nil)
	w.ObserveQueue(func(at time.Duration, taken bool) {
		if taken {
			at = takeOut
			o.taken++
		} else {
			o.planned++
		}
		o.list = append(o.list, at)
	})
	b.start(w)
	o.from, o.planned, o.taken = len(o.list), 0, 0
	o.events = b.goOn(w)
	return o
}

// inQueue returns how long the queue of the world takes.
func (o *operations) inQueue() time.Duration {
	var q events.Queue
	do := func(list []time.Duration) {
		for _, at := range list {
			if at == takeOut {
				q.Pop()
			} else {
				q.Push(at, 1, 0)
			}
		}
	}
	return o.measure(do)
}

// inContainer returns how long a heap takes as the documentation of container/heap makes one.
func (o *operations) inContainer() time.Duration {
	var q binaryHeap
	do := func(list []time.Duration) {
		for i, at := range list {
			if at == takeOut {
				heap.Pop(&q)
			} else {
				heap.Push(&q, planned{at, i})
			}
		}
	}
	return o.measure(do)
}

// measure does what comes before, and then what is measured.
func (o *operations) measure(do func(list []time.Duration)) time.Duration {
	do(o.list[:o.from])
	runtime.GC()
	spent := stopwatch()
	do(o.list[o.from:])
	return spent()
}

// planned is a thing in a binaryHeap.
type planned struct {
	at  time.Duration
	seq int // tells those of one time apart
}

// binaryHeap is a heap.Interface.
type binaryHeap []planned

func (q binaryHeap) Len() int { return len(q) }
func (q binaryHeap) Less(i, j int) bool {
	return q[i].at < q[j].at || q[i].at == q[j].at && q[i].seq < q[j].seq
}
func (q binaryHeap) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *binaryHeap) Push(x any)   { *q = append(*q, x.(planned)) }
func (q *binaryHeap) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
