package zmqio

import "sync/atomic"

// op is an operation that is submitted to the combiner. It is part of the record
// that it is about, so that publishing it allocates nothing.
type op struct {
	kind    opKind
	call    *Call    // of every kind but opAnswer
	request *Request // of opAnswer
	next    *op      // in the publication list
}

type opKind uint8

const (
	opCall   opKind = iota + 1 // begin a call
	opCast                     // send a cast
	opCancel                   // end a call, unless it is over
	opAnswer                   // answer a request
)

// publicationList holds the operations that wait for a pass. Any goroutine may
// push, and one at a time takes all of them. It is a stack, and take turns it over.
type publicationList struct {
	top    atomic.Pointer[op]
	pushed atomic.Uint32 // in all, modulo 1<<32
	taken  atomic.Uint32 // of them
}

// push adds o, which must not be in a list.
func (l *publicationList) push(o *op) {
	for {
		o.next = l.top.Load()
		if l.top.CompareAndSwap(o.next, o) {
			l.pushed.Add(1)
			return
		}
	}
}

func (l *publicationList) empty() bool { return l.top.Load() == nil }

// len is about how many operations there are: those being pushed or taken may be
// counted or not.
func (l *publicationList) len() int { return int(int32(l.pushed.Load() - l.taken.Load())) }

// take empties the list. It returns the operation that was pushed first, linked to
// the one that was pushed next, and so on.
func (l *publicationList) take() *op {
	var first *op
	n := uint32(0)
	for o := l.top.Swap(nil); o != nil; n++ {
		after := o.next
		o.next = first
		first, o = o, after
	}
	l.taken.Add(n)
	return first
}
