package transporttest

import (
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Patience is how long a test waits for something that should happen at once: so
// long that no machine is too busy for it.
const Patience = 60 * time.Second

// Node is a node as a transport sees it: the zmqio.Sink of one carrier. Its
// reports go to the test, which asks for them with Next and Want.
// A carrier that breaks the contract fails the test at once; see the package's doc.
//
// The methods of zmqio.Sink are the carrier's. The others are the test's: they take
// the lock themselves, except those whose names end in Locked.
type Node struct {
	TB      testing.TB
	Name    string        // on the wire
	Keys    *Keys         // nil without CURVE
	Carrier zmqio.Carrier // nil until Open has returned
	Bound   string        // the address that Listen bound last

	// Frames, if set, gets frames instead, and SendLocked sends what it is given: without
	// a copy or a check, for benchmarks.
	Frames func(link core.Link, payload []byte)
	// react, if set, gets the reports instead of the test, with the lock: it may send,
	// dial and hang up. It is set with the lock.
	react func(Report)

	options Options       // of the transport
	locked  chan struct{} // holds a token while the node is locked
	opened  atomic.Bool   // Open has returned
	calling atomic.Bool   // a method of Carrier runs that is called with the lock
	turned  chan Turned   // each TurnedAway that nobody has waited for
	asked   asked         // has a lock of its own, as Admit is called without the node's

	// Guarded by the lock.
	links    map[core.Link]*linkState // that were ever numbered
	accepted uint64                   // numbers that NextLink has given
	dialled  uint64                   // numbers that Dial has given
	unsent   bool                     // something was sent and not flushed
	ended    bool                     // Close has returned
	kept     []keptBytes              // memory to be checked when the node ends

	mu      sync.Mutex    // guards reports
	reports []Report      // that the test has not asked for yet
	arrived chan struct{} // has a token when reports may have grown
}

// asked is what Admit has been asked.
type asked struct {
	mu   sync.Mutex
	list []question
}

// question is one that was put to Admit.
type question struct{ name, address string }

// NewNode opens a carrier of transport for config, which may be one of NewConfig.
// The node lives until the test ends, or Close. Admit and Logger of config are
// called by others that take the lock first.
func NewNode(tb testing.TB, transport zmqio.Transport, config zmqio.TransportConfig, options Options) *Node {
	tb.Helper()
	n, err := openNode(tb, transport, config, options)
	if err != nil {
		tb.Fatalf("%q: open: %v", n.Name, err)
	}
	return n
}

// openNode is NewNode that returns the error of Open, with a node that has no carrier.
func openNode(tb testing.TB, transport zmqio.Transport, config zmqio.TransportConfig, options Options) (*Node, error) {
	n := &Node{
		TB: tb, Name: config.Name, options: options,
		locked:  make(chan struct{}, 1),
		links:   make(map[core.Link]*linkState),
		arrived: make(chan struct{}, 1),
		turned:  make(chan Turned, 1<<16),
	}
	if config.Curve {
		n.Keys = &Keys{config.PublicKey, config.SecretKey}
	}
	admit := config.Admit
	config.Admit = func(name, address string) bool { return n.admit(admit, name, address) }
	config.Logger = slog.New(logHandler{n, config.Logger})
	carrier, err := transport.Open(n, config)
	n.opened.Store(true)
	n.Carrier = carrier
	if err == nil {
		tb.Cleanup(func() { n.Close(0) })
	}
	return n, err
}

// Lock implements zmqio.Sink.
func (n *Node) Lock() {
	n.checkOpened("Lock")
	n.locked <- struct{}{}
}

// UnlockAndDispatch implements zmqio.Sink. Like the driver's it flushes, without
// lock, what was sent.
func (n *Node) UnlockAndDispatch() {
	flush := n.unsent
	n.unsent = false
	<-n.locked
	if flush {
		n.Carrier.Flush()
	}
}

// Locked calls f with the node locked.
func (n *Node) Locked(f func()) {
	n.Lock()
	defer n.UnlockAndDispatch()
	f()
}

// checkOpened checks that Open has returned. A carrier can't know that before its
// first method is called, so none that waits for that is found at fault.
func (n *Node) checkOpened(method string) {
	if !n.opened.Load() {
		n.TB.Helper()
		n.TB.Errorf("%q: %s was called before Open returned", n.Name, method)
	}
}

// call runs f, which calls the carrier. It requires the lock, so a report made
// meanwhile is made from inside f, or without the lock.
func (n *Node) call(f func()) {
	n.calling.Store(true)
	defer n.calling.Store(false)
	f()
}

// checkReport checks that method, which makes a report or prepares one, is called
// with the node locked, and not from inside a call of the carrier.
func (n *Node) checkReport(method string) {
	n.TB.Helper()
	if len(n.locked) == 0 {
		n.TB.Errorf("%q: %s was called with the node unlocked", n.Name, method)
	}
	if n.calling.Load() {
		n.TB.Errorf("%q: %s was called from inside a call of the carrier", n.Name, method)
	}
}

// wantFree checks that the node's user could take the lock, as a function of
// the user's may.
func (n *Node) wantFree(what string) {
	n.TB.Helper()
	timer := time.NewTimer(Patience / 2) // before others lose theirs
	defer timer.Stop()
	select {
	case n.locked <- struct{}{}:
		<-n.locked
	case <-timer.C:
		n.TB.Errorf("%q: %s was called with the node locked: it deadlocks if it calls the node", n.Name, what)
	}
}

// admit is the node's TransportConfig.Admit.
func (n *Node) admit(user func(string, string) bool, name, address string) bool {
	n.wantFree("Admit")
	n.asked.mu.Lock()
	n.asked.list = append(n.asked.list, question{name, address})
	n.asked.mu.Unlock()
	return user == nil || user(name, address)
}

// questions returns what Admit has been asked so far.
func (n *Node) questions() []question {
	n.asked.mu.Lock()
	defer n.asked.mu.Unlock()
	return slices.Clone(n.asked.list)
}

// Turned is what TurnedAway reports.
type Turned struct {
	Name, Address string
	Why           error
}

// WantTurnedAway checks that one more peer or message is counted as turned away, and
// returns what was reported.
func (n *Node) WantTurnedAway() (t Turned) {
	n.TB.Helper()
	timer := time.NewTimer(Patience)
	defer timer.Stop()
	select {
	case t = <-n.turned:
	case <-timer.C:
		n.TB.Fatalf("%q: nothing was turned away for %v", n.Name, Patience)
	}
	return t
}

// Close ends the carrier, once, and checks that this takes little more than linger
// and that memory which changed hands is as it was.
func (n *Node) Close(linger time.Duration) {
	n.TB.Helper()
	var carrier zmqio.Carrier
	n.Locked(func() {
		if !n.ended {
			carrier = n.Carrier
		}
	})
	if carrier == nil {
		return
	}
	begun := time.Now()
	if err := carrier.Close(linger); err != nil {
		n.TB.Errorf("%q: close: %v", n.Name, err)
	}
	if took := time.Since(begun); took > linger+Patience/2 {
		n.TB.Errorf("%q: close with a linger of %v took %v", n.Name, linger, took)
	}
	carrier.Flush() // may still be called
	n.Locked(func() {
		n.ended = true
		n.checkKept()
	})
}
