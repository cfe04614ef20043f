// Package zmqio drives the protocol machine of package core with a clock and
// transports. Nothing of ZeroMQ's own types shows in it.
//
// A Driver is one node. A mutex owns its machine and its transports: whoever
// holds it (the timer, a transport's goroutine, a goroutine of the user) steps
// the machine and performs what it says at once, so that a call costs one wake-up
// of the caller and no hop over a goroutine of the driver's own; there is none.
// Callers and handlers that are done queue up, and one of them owns the node
// for all: see turn.go. What must not happen under the mutex is put aside and
// done after it is let go, in this order: results are handed to their callers,
// handlers are started, what was sent is flushed, and log lines are written. An
// idle node has one timer and uses no CPU.
//
// What holds always:
//
//  1. User code (handlers, loggers) never runs under the mutex.
//  2. Every call returns: with its outcomes, or with the node's end.
//  3. A payload is read under the mutex only. What has to live longer is copied
//     into memory of the call or the request, or changed hands (KeepBytes).
//  4. After Close no goroutine of the driver is left but those that still run a
//     handler of the user, and these end with it; one that takes turns for others
//     finds no more to do.
package zmqio

import (
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Driver is one node. All methods may be called concurrently.
type Driver struct {
	config     Config
	logs       bool         // somebody reads the log
	limits     core.Limits  // with defaults
	calls      sync.Pool    // *Call; a node's own, because records hold channels
	pool       pool         // runs the handler
	malformed  atomic.Int64 // messages that were not a command and a payload
	turnedAway atomic.Int64 // connections or messages of nobody we admit

	// The end of the node, in the order of close.go.
	failure  atomic.Pointer[error] // why it failed, if it did
	finish   sync.Once
	finished chan struct{} // closed when nothing is left
	drained  chan struct{} // closed when draining and no handler runs

	turns turns // of callers and handlers

	mu     sync.Mutex // the ownership: everything below
	router router
	alarm  alarm
	now    core.Instant // read when the ownership was taken

	machine           *core.Machine
	actions           []core.Action // scratch of step
	actionsUsed       int           // of it, since the ownership was taken
	head              []byte        // scratch of send
	refused           []refusedSend // sends the machine has to hear about
	frames            int           // that came in since the ownership was taken
	kept              bool          // the payload of the present event belongs to the node
	refuse            core.Refusal  // what the machine said to the present event
	pending           callTable
	serving           int        // requests handed to the pool and not answered
	away              requests   // requests to turn away
	idle              []*Request // to be used again
	draining, stopped bool
	gone              bool // the transports are closed or closing

	warnNetwork, warnHandshake core.Instant // when such a warning is due again

	// To be done once the ownership is let go.
	done    *Call    // finished calls, linked
	begin   requests // requests to serve
	notes   []note   // lines to log
	changed chan struct{}
}

// New makes a node. It neither listens nor dials, and holds nothing but memory
// until it is told to.
func New(config Config) (*Driver, error) {
	config.Protocol.LinksReported = true
	machine, err := core.New(config.Protocol)
	if err != nil {
		return nil, err
	}
	logs := config.Node.Logger != nil
	config = config.withDefaults(machine.Config())
	d := &Driver{
		config:   config,
		logs:     logs,
		limits:   machine.Config().Limits,
		machine:  machine,
		finished: make(chan struct{}),
		drained:  make(chan struct{}),
	}
	d.calls.New = func() any { return &Call{wake: make(chan struct{}, 1)} }
	d.pool.run = d.serve
	d.alarm = newAlarm(config.Node.Clock, d.timeout)
	if err := d.router.init(d, config.Transports); err != nil {
		return nil, err
	}
	return d, nil
}

// Active returns the names of the active peers.
func (d *Driver) Active() []string {
	d.own()
	defer d.release()
	return d.machine.Active(nil)
}

// ActiveCount returns how many peers are active.
func (d *Driver) ActiveCount() int {
	d.own()
	defer d.release()
	return d.machine.ActiveCount()
}

// Status returns what is known of every peer.
func (d *Driver) Status() []core.PeerStatus {
	d.own()
	defer d.release()
	return d.machine.AppendStatus(nil)
}

// Stats is what a node has counted.
type Stats struct {
	core.Stats
	// Malformed counts the messages that were not a command and a payload.
	Malformed uint64
	// TurnedAway counts the connections refused, and the messages dropped, because
	// the other end has no legal or admitted name or claims this node's own.
	TurnedAway uint64
	// Workers is how many goroutines run handlers or wait for work.
	Workers int
}

// Stats returns the node's counters.
func (d *Driver) Stats() Stats {
	d.own()
	s := Stats{Stats: d.machine.Stats()}
	d.release()
	s.Malformed = uint64(d.malformed.Load())
	s.TurnedAway = uint64(d.turnedAway.Load())
	s.Workers = d.pool.size()
	return s
}

// Changed returns a channel that is closed when a peer becomes active or ceases
// to be, or the node ends. Ask before looking at Active, or a change is missed.
func (d *Driver) Changed() <-chan struct{} {
	d.own()
	defer d.release()
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return d.changed
}

// tellChanged wakes who waits for a change. It requires ownership. Once the
// node is stopped the channel stays closed.
func (d *Driver) tellChanged() {
	if d.changed != nil && !d.stopped {
		close(d.changed)
		d.changed = nil
	}
}

// Err returns nil while the node works, and else why it does not: ErrClosed, or
// an error that wraps it.
func (d *Driver) Err() error {
	d.own()
	defer d.release()
	if d.stopped {
		return d.reason()
	}
	return nil
}
