package faultproxy

import (
	"slices"
	"sync"
	"time"
)

// ending says how a connection, or one direction of it, ends.
type ending uint8

const (
	goesOn ending = iota
	ended         // FIN
	reset         // RST
)

// item is something on the way: bytes, or the end of their direction.
type item struct {
	due   time.Time
	bytes []byte
	end   ending
}

// onTheWayMax is how many bytes may be on the way; a message may go beyond.
const onTheWayMax = 256 << 10

// queue is what is on the way in one direction, ordered by when it is due and then by
// when it came. It has one writer and one reader.
type queue struct {
	done <-chan struct{} // closed when nobody reads any more

	mu    sync.Mutex
	items []item
	bytes int
	moved chan struct{} // holds a token when the reader should look
	space chan struct{} // holds a token when the writer should look
}

func newQueue(done <-chan struct{}) *queue {
	return &queue{done: done, moved: make(chan struct{}, 1), space: make(chan struct{}, 1)}
}

// put adds an item, when there is room.
func (q *queue) put(it item) {
	for !q.add(it) {
		select {
		case <-q.space:
		case <-q.done:
			return
		}
	}
}

func (q *queue) add(it item) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.bytes > onTheWayMax {
		return false
	}
	at := len(q.items)
	for at > 0 && q.items[at-1].due.After(it.due) {
		at--
	}
	q.items = slices.Insert(q.items, at, it)
	q.bytes += len(it.bytes)
	token(q.moved)
	return true
}

// take removes the first item, when it is due. It returns false when done is closed.
func (q *queue) take() (item, bool) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		q.mu.Lock()
		var wait <-chan time.Time
		if len(q.items) > 0 {
			it := q.items[0]
			left := time.Until(it.due)
			if left <= 0 {
				q.items[0] = item{} // not slices.Delete: there may be one for each byte
				q.items = q.items[1:]
				q.bytes -= len(it.bytes)
				token(q.space)
				q.mu.Unlock()
				return it, true
			}
			timer.Reset(left)
			wait = timer.C
		}
		q.mu.Unlock()
		select {
		case <-q.done:
			return item{}, false
		case <-q.moved:
		case <-wait:
		}
	}
}

func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
