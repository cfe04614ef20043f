// Package events holds what is going to happen in a simulated world, by time.
//
// Two things at the same time happen in the order in which they were planned, so
// that a run has one order only.
package events

import (
	"cmp"
	"slices"
	"time"
)

// A Kind says what an item is about, and so what its Ref means. Each world has
// constants of its own.
type Kind uint8

// An Item is one thing that is going to happen. It is a small value: the queue
// is most of what a world touches.
type Item struct {
	At   time.Duration // since the start of the world
	seq  uint64        // how many were planned before it, and itself
	Ref  int32         // which one of those that Kind is about
	Kind Kind          // what happens; each world has its own kinds
}

func (a *Item) before(b *Item) bool {
	return a.At < b.At || a.At == b.At && a.seq < b.seq
}

// A Queue is a 4-ary heap ordered by time, and by planning for the same time.
// Four children share a cache line or two, and the tree is half as deep as a
// binary one. The zero Queue is empty.
type Queue struct {
	items []Item // the heap
	seq   uint64 // how many were planned so far
}

// Len returns how many items are in the queue.
func (q *Queue) Len() int { return len(q.items) }

// First returns the earliest item, which stays in the queue. The queue must not
// be empty. The item is valid until the next Push or Pop.
func (q *Queue) First() *Item { return &q.items[0] }

// Clone returns a queue of the same items that shares nothing with q.
func (q *Queue) Clone() Queue { return Queue{slices.Clone(q.items), q.seq} }

// AppendAll appends every item to dst, in no order.
func (q *Queue) AppendAll(dst []Item) []Item { return append(dst, q.items...) }

// AppendFirst appends the items of the earliest time to dst, in the order in which they
// were planned. They stay in the queue.
func (q *Queue) AppendFirst(dst []Item) []Item {
	from := len(dst)
	for i := range q.items {
		if q.items[i].At == q.items[0].At {
			dst = append(dst, q.items[i])
		}
	}
	slices.SortFunc(dst[from:], Compare)
	return dst
}

// Compare orders items by time, and by planning for the same time.
func Compare(a, b Item) int {
	if a.At != b.At {
		return cmp.Compare(a.At, b.At)
	}
	return cmp.Compare(a.seq, b.seq)
}

// Remove removes an item that is in the queue, wherever it is. That is slow: most of what
// a world does is Push and Pop.
func (q *Queue) Remove(it Item) {
	q.items = slices.DeleteFunc(q.items, func(x Item) bool { return x.seq == it.seq })
	slices.SortFunc(q.items, Compare) // which makes it a heap
}

// Push plans an item.
func (q *Queue) Push(at time.Duration, k Kind, ref int32) {
	q.seq++
	q.items = append(q.items, Item{At: at, seq: q.seq, Ref: ref, Kind: k})
	i := len(q.items) - 1
	it := q.items[i]
	for i > 0 {
		parent := (i - 1) / 4
		if !it.before(&q.items[parent]) {
			break
		}
		q.items[i] = q.items[parent]
		i = parent
	}
	q.items[i] = it
}

// Pop removes the earliest item. The queue must not be empty.
func (q *Queue) Pop() Item {
	top := q.items[0]
	last := len(q.items) - 1
	it := q.items[last]
	q.items = q.items[:last]
	if last == 0 {
		return top
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= last {
			break
		}
		least := child
		for c := child + 1; c < min(child+4, last); c++ {
			if q.items[c].before(&q.items[least]) {
				least = c
			}
		}
		if !q.items[least].before(&it) {
			break
		}
		q.items[i] = q.items[least]
		i = least
	}
	q.items[i] = it
	return top
}
