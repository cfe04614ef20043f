package debugbilateral

import (
	"context"
	"slices"
	"sync"

	"github.com/bitmark-inc/bilateralrpc"
)

// historyMax bounds the events that are kept.
const historyMax = 100

// history keeps the newest events of a node.
type history struct {
	ended chan struct{} // closed when the node is, and every event of it kept

	mu     sync.Mutex
	n      uint64  // events so far
	events []Event // the oldest first
}

func newHistory() *history { return &history{ended: make(chan struct{})} }

// keep returns when the node is closed.
func (h *history) keep(node *bilateralrpc.Bilateral) {
	defer close(h.ended)
	for e := range node.Watch(context.Background()) {
		called := ""
		if e.Name != "" {
			called = text(node.Called(e.Name))
		}
		h.add(Event{
			Time: e.Time, Kind: string(e.Kind), Name: text(e.Name), Called: called, Address: text(e.Address),
			Cause: string(e.Cause), Error: textOf(e.Err), Lost: e.Lost,
		})
	}
}

// over reports whether the node is closed and its events are all kept.
func (h *history) over() bool {
	select {
	case <-h.ended:
		return true
	default:
		return false
	}
}

func (h *history) add(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	e.N = h.n
	if len(h.events) == historyMax {
		h.events = slices.Delete(h.events, 0, 1)
	}
	h.events = append(h.events, e)
}

// newest returns the events, the newest first.
func (h *history) newest() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	events := append([]Event{}, h.events...)
	slices.Reverse(events)
	return events
}
