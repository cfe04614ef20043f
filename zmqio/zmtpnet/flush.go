package zmtpnet

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Flush implements zmqio.Transport. It never blocks.
func (t *transport) Flush() {
	if !t.yield.before(&t.sends) {
		return
	}
	for l := t.dirty.pop(); l != nil; l = t.dirty.pop() {
		l.out.flush()
	}
}

// yield decides whether a Flush lets other goroutines run first, so that what
// they send leaves in the same write. It does so as long as that brings
// something, a few times in a row, and after a useless try rests for some
// flushes. One goroutine yields at a time: what the others have queued
// meanwhile is its to write.
type yield struct {
	yielding atomic.Bool
	rest     atomic.Int32 // flushes until the next try
}

const (
	yieldsMax = 3 // yields before one flush
	yieldRest = 4 // flushes without a yield after one that was useless
	// yieldMessages are enough for one write: with more the other end, which has
	// nothing to do meanwhile, would start later than it could.
	yieldMessages = 32
)

// before is called before a flush. It returns false if somebody else will do it.
func (y *yield) before(sends *atomic.Uint64) bool {
	if y.yielding.Load() {
		return false
	}
	if y.rest.Load() > 0 && y.rest.Add(-1) >= 0 {
		return true
	}
	if !y.yielding.CompareAndSwap(false, true) {
		return false
	}
	first := sends.Load()
	sent := first
	for range yieldsMax {
		runtime.Gosched()
		now := sends.Load()
		before := sent
		sent = now
		if now == before || now-first >= yieldMessages {
			break
		}
	}
	if sent == first {
		y.rest.Store(yieldRest)
	}
	y.yielding.Store(false)
	return true
}

// dirtyList holds the links that have been sent on since they were flushed,
// oldest first. It is intrusive, and allocates nothing.
type dirtyList struct {
	mu          sync.Mutex
	first, last *link
}

func (d *dirtyList) push(l *link) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if l.out.dirty {
		return
	}
	l.out.dirty = true
	if d.last == nil {
		d.first = l
	} else {
		d.last.out.nextDirty = l
	}
	d.last = l
}

// pop returns nil when the list is empty.
func (d *dirtyList) pop() *link {
	d.mu.Lock()
	defer d.mu.Unlock()
	l := d.first
	if l == nil {
		return nil
	}
	d.first, l.out.nextDirty, l.out.dirty = l.out.nextDirty, nil, false
	if d.first == nil {
		d.last = nil
	}
	return l
}
