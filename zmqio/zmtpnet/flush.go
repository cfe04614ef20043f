package zmtpnet

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// Flush implements zmqio.Transport. It never blocks.
//
// One goroutine at a time flushes: what others have sent meanwhile is its to
// write, so they return at once. It lets them send for a while before it writes,
// and looks for more after it has let its role go.
func (t *transport) Flush() {
	for turn := 0; t.flusher.take(); turn++ {
		t.flusher.gather()
		for l := t.flusher.dirty.pop(); l != nil; l = t.flusher.dirty.pop() {
			l.out.flush(turn < flushTurns)
		}
		t.flusher.busy.Store(false)
		if !t.flusher.dirty.any() {
			return
		}
	}
}

// flushTurns bounds for how long the caller of a Flush writes what others go on
// to send. Then goroutines of the links do it, until they have caught up.
const flushTurns = 8

// flusher is the role of the one goroutine that flushes.
type flusher struct {
	dirty dirtyList
	sends atomic.Uint64 // messages ever queued
	busy  atomic.Bool   // the role is taken
	rest  int           // turns without a yield that are left; of who has the role
}

// take takes the role. A false answer says that somebody has it, who will find
// what the caller has sent.
func (f *flusher) take() bool { return !f.busy.Load() && f.busy.CompareAndSwap(false, true) }

const (
	// gatherRest is how many turns go without a yield after one in which nobody
	// had anything to send.
	gatherRest = 4
	// gatherYields bounds the yields of a turn.
	gatherYields = 10
	// gatherMessages are enough for one write: with more the other end, which has
	// nothing to do meanwhile, would start later than it could.
	gatherMessages = 32
)

// gather lets other goroutines run as long as they send, so that what they
// send leaves in the same write.
func (f *flusher) gather() {
	if f.rest > 0 {
		f.rest--
		return
	}
	if !f.yield() {
		f.rest = gatherRest
	}
}

// yield returns whether anything was sent meanwhile. Anybody may call it.
func (f *flusher) yield() bool {
	first := f.sends.Load()
	sent := first
	for range gatherYields {
		runtime.Gosched()
		now := f.sends.Load()
		if now == sent || now-first >= gatherMessages {
			sent = now
			break
		}
		sent = now
	}
	return sent != first
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

func (d *dirtyList) any() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.first != nil
}
