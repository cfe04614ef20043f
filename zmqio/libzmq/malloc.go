//go:build cgo && libzmq

package libzmq

import (
	"sync"
	"sync/atomic"
	"time"
)

// cHeap decides what C's heap keeps of what libzmq frees. A message of megabytes needs its memory
// for milliseconds. To give that back to the system each time makes every page of the next message
// one that is used for the first time, all of it in the one thread that receives for all
// connections (docs/adr/0023). To keep it, as glibc does by itself, leaves what peers had libzmq
// hold once to the node for good; and a message that has only begun occupies all that it will need
// where it gets memory that was kept, and else what has come of it.
//
// So what is freed is kept while few messages can have begun and little is in use, up to a bound, and
// until nothing has moved for a while. There is one for the process, as of the heap. Its methods
// may be called concurrently.
type cHeap struct {
	keeping atomic.Bool // glibc keeps what is freed

	mu    sync.Mutex // guards what follows
	begun bool
	parts int64 // what messages can need that have begun

	looking sync.Mutex // guards what follows, while that is given back
	filled  int64      // bytes that moved since then: of what is free, no more is occupied
	busy    time.Time
}

var heapOfC cHeap

const (
	// cPartsMax is what all messages that can have begun may need while what is freed is kept: two
	// dozens of the largest, by default.
	cPartsMax = 96 << 20
	// cUsedMax may be in use meanwhile.
	cUsedMax = 64 << 20
	// cSpareMax is how much is kept, beside what glibc keeps at the ends of its heaps (cTopMax): a few
	// large messages for each of the threads.
	cSpareMax = 64 << 20
	// cQuiet is how long nothing has moved when all that is free is given back.
	cQuiet = time.Second
)

// begin is called for each node.
func (h *cHeap) begin() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.begun {
		h.begun = true
		h.keeping.Store(cWatched)
		cKeep(cWatched)
	}
}

// part counts a connection more on which messages of n bytes come, or one less, of -n.
func (h *cHeap) part(n int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.parts += n
	most := int64(cPartsMax)
	if !h.keeping.Load() {
		most /= 2 // not back and forth with each connection
	}
	if keeping := h.parts <= most; cWatched && keeping != h.keeping.Load() {
		h.keeping.Store(keeping)
		cKeep(keeping)
	}
}

// keeps says whether the memory of a message of n bytes is kept when it is freed.
func (h *cHeap) keeps(n int) bool {
	if !cWatched || n < cLargeMin {
		return true
	}
	if !h.keeping.Load() {
		return false
	}
	used, _ := cUse()
	return used < cUsedMax
}

// look gives back what is too much, or kept for too long, after n bytes have moved. It says whether
// anything may still be kept.
func (h *cHeap) look(n int64, now time.Time) bool {
	if !cWatched {
		return false
	}
	h.looking.Lock()
	defer h.looking.Unlock()
	if n > 0 {
		h.filled += n
		h.busy = now
	}
	switch _, free := cUse(); {
	case h.filled == 0:
	case now.Sub(h.busy) >= cQuiet,
		h.keeping.Load() && min(free, h.filled) >= cSpareMax,
		!h.keeping.Load() && min(free, h.filled) >= cLargeMin:
		h.trim()
	}
	return h.filled > 0
}

// end gives back what is kept, with a node's end, after n bytes have moved.
func (h *cHeap) end(n int64) {
	h.looking.Lock()
	defer h.looking.Unlock()
	if h.filled += n; cWatched && h.filled > 0 {
		h.trim()
	}
}

// trim gives back all that is free. Requires looking.
func (h *cHeap) trim() {
	h.filled = 0
	cTrim()
}
