package zmtpnet

import (
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/descriptors"
)

// The bounds on the connections of one listener whose handshake is not done. There
// are halfOpenMax of them at most.
const (
	halfOpenLeast = 16
	halfOpenMost  = 256
	// patienceMax is for how long we wait for one of them before it may be ended to make
	// room for the next, while those that are let in are done in time.
	patienceMax = time.Second
	patienceMin = 5 * time.Millisecond
)

// halfOpenMax is an eighth of the descriptors that the process may have, within the
// bounds.
var halfOpenMax = min(max(descriptors.Max()/8, halfOpenLeast), halfOpenMost)

// halfOpen is the connections of a listener whose handshake is under way. When there
// are halfOpenMax, the listener accepts no more, and what comes waits with the
// kernel, until one is done, or the one that we have waited for longest gives way. One
// whose answer is there, and waits for us, does not: in a storm of honest nodes it is we
// who are slow, and what it has cost to get so far would be lost.
//
// How long that is adapts: each that gives way halves it, each that is done doubles
// it again. So honest nodes that come at once are all served, if need be one after
// the other, and a flood of silent connections soon passes quickly.
type halfOpen struct {
	max     int           // halfOpenMax, but for tests
	maxWait time.Duration // patienceMax, but for tests
	fewer   chan struct{} // has a token when one was taken out

	mu       sync.Mutex
	links    []*link // those that we have waited for longest first
	patience time.Duration
	closed   bool
}

func (h *halfOpen) init() {
	h.max, h.maxWait, h.patience = halfOpenMax, patienceMax, patienceMax
	h.fewer = make(chan struct{}, 1)
}

// room waits until one more may be added, and returns false when closing is closed.
func (h *halfOpen) room(closing <-chan struct{}) bool {
	for {
		wait := h.giveWay(time.Now())
		if wait <= 0 {
			return true
		}
		timer := time.NewTimer(wait)
		select {
		case <-h.fewer:
		case <-timer.C:
		case <-closing:
			timer.Stop()
			return false
		}
		timer.Stop()
	}
}

// giveWay makes room for one more, if it can, and else says how long it takes until
// one may be ended.
func (h *halfOpen) giveWay(now time.Time) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.links) < h.max {
		return 0
	}
	for i, l := range h.links {
		if wait = h.patience - now.Sub(l.awaited); wait > 0 {
			return wait
		}
		if l.working {
			continue
		}
		if l.socket.unread() {
			break // so we are behind, with the others too
		}
		l.evicted.Store(true)
		_ = l.socket.Close() // its reader does the rest
		h.links = slices.Delete(h.links, i, i+1)
		h.patience = max(h.patience/2, patienceMin)
		return 0
	}
	return patienceMin
}

// works notes that l has read something, and that its peer owes us nothing until
// awaits.
func (h *halfOpen) works(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.working = true
}

// awaits notes that l has done what it could, and waits for its peer: anew, if that is
// for another step of the handshake.
func (h *halfOpen) awaits(l *link, step string, now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	l.working = false
	if step == l.step {
		return
	}
	l.step, l.awaited = step, now
	if i := slices.Index(h.links, l); i >= 0 {
		h.links = append(slices.Delete(h.links, i, i+1), l)
	}
}

// add adds a connection, unless the listener is closed.
func (h *halfOpen) add(l *link) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.links = append(h.links, l)
	return true
}

// passed takes out a link whose handshake is done.
func (h *halfOpen) passed(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.remove(l) {
		h.patience = min(2*h.patience, h.maxWait)
	}
}

// failed takes out a link whose handshake has failed, if it is still there.
func (h *halfOpen) failed(l *link) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.remove(l)
}

// remove takes l out, and says whether it was there. Requires mu.
func (h *halfOpen) remove(l *link) bool {
	i := slices.Index(h.links, l)
	if i < 0 {
		return false
	}
	h.links = slices.Delete(h.links, i, i+1)
	select {
	case h.fewer <- struct{}{}:
	default:
	}
	return true
}

// close ends those that are under way, and lets nobody in from here on.
func (h *halfOpen) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, l := range h.links {
		_ = l.socket.Close()
	}
}
