package sim

import "time"

// kind says what a scheduled item is about; ref then says which one.
type kind uint8

const (
	itemFrame  kind = iota + 1 // ref: flight
	itemWake                   // ref: node
	itemServed                 // ref: service
	itemFault                  // ref: planned fault
	itemArrive                 // ref: conn; a dial reaches the listening end
	itemUp                     // ref: conn; the dialling end learns that it is up
	itemFailed                 // ref: conn; the dialling end learns that it was refused
	itemExpire                 // ref: conn; heartbeats have been missing for their timeout
	itemRedial                 // ref: conn; an old peer's socket dials again
	itemAudit                  // ref: none; slow checks and loop detection
)

// item is one entry of the queue. It is a small value: the queue is most of
// what a world touches.
type item struct {
	at   time.Duration
	seq  uint64
	ref  int32
	kind kind
}

func (a *item) before(b *item) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// queue is a 4-ary heap ordered by (time, sequence). Four children share a
// cache line or two, and the tree is half as deep as a binary one.
type queue struct {
	items []item
	seq   uint64
}

func (q *queue) len() int { return len(q.items) }

func (q *queue) push(at time.Duration, k kind, ref int32) {
	q.seq++
	q.items = append(q.items, item{at: at, seq: q.seq, ref: ref, kind: k})
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

// pop removes the earliest item. The queue must not be empty.
func (q *queue) pop() item {
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
