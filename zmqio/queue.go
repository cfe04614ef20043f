package zmqio

import "sync/atomic"

// queue holds what waits for a turn. Any goroutine may push on it, and one takes
// it whole: it is a stack that is turned over.
type queue struct {
	top    atomic.Pointer[entry]
	pushed atomic.Uint32 // ever
	taken  atomic.Uint32 // of them
}

// entry is part of what is queued: a call to begin, or a request to answer.
type entry struct {
	next    *entry
	call    *Call
	request *Request
}

func (q *queue) push(e *entry) {
	for {
		e.next = q.top.Load()
		if q.top.CompareAndSwap(e.next, e) {
			q.pushed.Add(1)
			return
		}
	}
}

func (q *queue) empty() bool { return q.top.Load() == nil }

// len is how many are queued, about.
func (q *queue) len() int { return int(int32(q.pushed.Load() - q.taken.Load())) }

// take empties the queue. It returns what was pushed first, linked to what was
// pushed next.
func (q *queue) take() *entry {
	var first *entry
	n := uint32(0)
	for e := q.top.Swap(nil); e != nil; n++ {
		after := e.next
		e.next = first
		first, e = e, after
	}
	q.taken.Add(n)
	return first
}
