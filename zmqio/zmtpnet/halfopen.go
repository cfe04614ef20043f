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
	// patienceMax is the age from which one of them may be ended to make room for
	// the next, while those that are let in are done in time.
	patienceMax = time.Second
	patienceMin = 5 * time.Millisecond
)

// halfOpenMax is an eighth of the descriptors that the process may have, within the
// bounds.
var halfOpenMax = min(max(descriptors.Max()/8, halfOpenLeast), halfOpenMost)

// halfOpen is the connections of a listener whose handshake is under way. When there
// are halfOpenMax, the listener accepts no more, and what comes waits with the
// kernel, until one is done, or the oldest has taken so long that it gives way.
//
// How long that is adapts: each that gives way halves it, each that is done doubles
// it again. So honest nodes that come at once are all served, if need be one after
// the other, and a flood of silent connections soon passes quickly.
type halfOpen struct {
	max   int           // halfOpenMax, but for tests
	fewer chan struct{} // has a token when one was taken out

	mu       sync.Mutex
	links    []*link // oldest first
	patience time.Duration
	closed   bool
}

func (h *halfOpen) init() {
	h.max, h.patience, h.fewer = halfOpenMax, patienceMax, make(chan struct{}, 1)
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
// the oldest may be ended.
func (h *halfOpen) giveWay(now time.Time) (wait time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.links) < h.max {
		return 0
	}
	oldest := h.links[0]
	if wait = h.patience - now.Sub(oldest.begun); wait > 0 {
		return wait
	}
	oldest.evicted.Store(true)
	_ = oldest.socket.Close() // its reader does the rest
	h.links = slices.Delete(h.links, 0, 1)
	h.patience = max(h.patience/2, patienceMin)
	return 0
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
		h.patience = min(2*h.patience, patienceMax)
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
