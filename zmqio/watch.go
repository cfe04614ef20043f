package zmqio

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PeerEventKind says what a watcher is told. The zero kind is invalid.
type PeerEventKind uint8

// The kinds.
const (
	PeerUp      PeerEventKind = iota + 1 // the peer is active
	PeerDown                             // it is no longer: Cause, Err
	PeerRefused                          // a connection was turned away, by this node or by the other: Cause, Err
)

// PeerEvent is one thing that a watcher is told.
type PeerEvent struct {
	Kind    PeerEventKind
	Peer    string     // its name; empty where a connection was refused before it had one
	Address string     // where it is, or was; empty if that is not known
	Cause   core.Cause // zero where Err says it
	Err     error      // why, for people; nil with PeerUp
	At      time.Time  // by the node's clock
	Lost    int        // how many events before this one were left out
}

// watcherQueueMax bounds the events that wait for one watcher. When its reader takes them
// it may have as many again in hand.
const watcherQueueMax = 256

// watchers are those who want to know of peers that come and go. They have a lock of
// their own, since connections are turned away without the node's. It may be taken
// with that one held, not the other way round.
type watchers struct {
	count atomic.Int32 // of all, to look at without the lock
	mu    sync.Mutex
	all   []*Watcher
}

// Watcher is a queue of events, for one reader. The node never waits for the reader.
//
// When the queue is full, what comes then is counted, and that is all, until the reader
// has taken the queue. It then gets what the present differs by from what it has been
// told, so that it knows the last state of every peer whatever was left out. So the queue
// is bounded by the constant, and what follows it by the number of peers.
type Watcher struct {
	driver *Driver
	wake   chan struct{} // has room for one token: there is something to look at
	since  core.Instant  // when it began

	// Guarded by watchers.mu.
	queue []PeerEvent
	left  int       // events that found no room
	last  PeerEvent // the latest of them
	ended bool      // nothing more comes

	// The reader's own.
	hand []PeerEvent          // taken and not read yet
	told map[string]time.Time // the peers that it has been told are active, and since when
}

func (s *watchers) any() bool { return s.count.Load() > 0 }

// tell adds an event to every queue.
func (s *watchers) tell(e PeerEvent) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var told []*Watcher
	for _, w := range s.all {
		switch {
		case w.ended:
			continue
		case w.left > 0 || len(w.queue) >= watcherQueueMax:
			w.left++
			w.last = e
		default:
			w.queue = append(w.queue, e)
		}
		told = append(told, w)
	}
	rouse(told)
}

// end has every reader told that nothing more comes.
func (s *watchers) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, w := range s.all {
		w.ended = true
	}
	rouse(slices.Clone(s.all))
}

// rouse has readers look. In a world those that began to watch at one instant can't be told
// apart but by who came first, which nothing may hang on: they go on together.
func rouse(readers []*Watcher) {
	for len(readers) > 0 {
		n := 1
		for n < len(readers) && readers[n].since == readers[0].since {
			n++
		}
		together := readers[:n]
		readers = readers[n:]
		together[0].driver.wake(func() {
			for _, w := range together {
				select {
				case w.wake <- struct{}{}:
				default:
				}
			}
		})
	}
}

// Watch begins to watch the peers. The watcher's first events are the active peers of this
// moment; every change from then on follows. It must be closed.
func (d *Driver) Watch() *Watcher {
	w := &Watcher{driver: d, wake: make(chan struct{}, 1), told: make(map[string]time.Time)}
	d.mu.Lock()
	defer d.mu.Unlock()
	w.hand, w.since = d.news(w.told), d.alarm.now()
	s := &d.watchers
	s.mu.Lock()
	defer s.mu.Unlock()
	w.ended = d.phase >= phaseStopped
	s.all = append(s.all, w)
	s.count.Add(1)
	return w
}

// Close ends the watcher. Its reader calls it, when it reads no more.
func (w *Watcher) Close() {
	s := &w.driver.watchers
	s.mu.Lock()
	defer s.mu.Unlock()
	if i := slices.Index(s.all, w); i >= 0 {
		s.all = slices.Delete(s.all, i, i+1)
		s.count.Add(-1)
	}
}

// Next waits for the next event. It returns false when ctx is done, or the node has
// stopped and the reader knows of the end of every peer.
func (w *Watcher) Next(ctx context.Context) (e PeerEvent, ok bool) {
	for len(w.hand) == 0 {
		ended := w.refill()
		switch {
		case len(w.hand) > 0:
			continue
		case ended:
			return PeerEvent{}, false
		}
		select {
		case <-w.wake:
		case <-ctx.Done():
			return PeerEvent{}, false
		}
	}
	if ctx.Err() != nil { // a reader that always has something to read has to end too
		return PeerEvent{}, false
	}
	e, w.hand = w.hand[0], w.hand[1:]
	switch e.Kind {
	case PeerUp:
		w.told[e.Peer] = e.At
	case PeerDown:
		delete(w.told, e.Peer)
	}
	return e, true
}

// refill takes what waits into the hand. It reports whether nothing more comes.
func (w *Watcher) refill() (ended bool) {
	s := &w.driver.watchers
	s.mu.Lock()
	w.hand, w.queue = w.queue, nil
	behind := len(w.hand) == 0 && w.left > 0
	ended = w.ended
	s.mu.Unlock()
	if behind {
		w.catchUp()
	}
	return ended
}

// catchUp takes what the reader has to be told in place of the events that were left out.
func (w *Watcher) catchUp() {
	d := w.driver
	d.mu.Lock()
	defer d.mu.Unlock()
	w.hand = d.news(w.told)
	s := &d.watchers
	s.mu.Lock()
	defer s.mu.Unlock()
	same := func(e PeerEvent) bool { return e.Kind == w.last.Kind && e.Peer == w.last.Peer && e.At.Equal(w.last.At) }
	if !slices.ContainsFunc(w.hand, same) { // the end of the burst, which left no trace
		w.hand = append(w.hand, w.last)
	}
	w.hand[0].Lost = max(w.left-len(w.hand), 0)
	w.left, w.last = 0, PeerEvent{}
}

// news returns what a reader has to be told that believes those peers active: those
// that are not any more, and those that are, or are again. The order is that in which it
// happened. Requires the lock.
func (d *Driver) news(told map[string]time.Time) (events []PeerEvent) {
	active := make(map[string]bool)
	for _, name := range d.machine.Active(nil) {
		active[name] = true
		if p, _ := d.seen.find(name); !told[name].Equal(p.since) {
			events = append(events, PeerEvent{Kind: PeerUp, Peer: name, Address: d.whereabouts(name), At: p.since})
		}
	}
	for name := range told {
		if !active[name] {
			p, ok := d.seen.find(name)
			if !ok {
				p.down = downNote{core.CauseLost, lost(core.CauseLost, nil), d.time()}
			}
			events = append(events, PeerEvent{Kind: PeerDown, Peer: name, Address: d.whereabouts(name), Cause: p.down.cause, Err: p.down.err, At: p.down.at})
		}
	}
	slices.SortFunc(events, func(a, b PeerEvent) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Peer, b.Peer))
	})
	return events
}
