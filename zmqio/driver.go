// Package zmqio drives the protocol machine of package core with a clock and
// transports. No type of a network library shows in it.
//
// A Driver is one node. A mutex guards its machine and its carriers: the goroutine
// that holds it (the timer's, a transport's, or one of the user) steps the machine
// and performs the actions at once. Calls, casts, cancellations and answers are
// submitted to a combiner, by which one goroutine applies those of many with the
// mutex taken once (combiner.go). Work that must not happen under the mutex is
// collected and done after unlocking (effects in lock.go): callers are woken,
// handlers started, sent messages flushed and log lines written.
//
// A transport is written with Transport, Carrier and Sink (transport.go) and nothing
// else of this package; package transporttest tests it.
//
// Invariants, with the tests that check them:
//
//  1. The driver runs no code of the user (handlers, loggers, Admit) under the
//     mutex: TestAHandlerMayCallTheNode, TestALoggerMayCallTheNode,
//     TestALoggerMayCallFromAPass, TestALoggerMayWaitForTheGate, TestAdmitMayCallTheNode.
//  2. Every call and cast returns, with its outcomes or with the end of the node:
//     TestPendingCallsEndWithErrClosed, TestNoOperationIsLeftBehind,
//     TestEverythingAtOnceAndThenClose. A Stream ends in the same way, and is left at any
//     moment without a trace: TestStreamsThatAreLeftAtAnyMoment.
//  3. The payload of a frame is read under the mutex only. Bytes that must live
//     longer are copied into memory of the call or the request, unless the payload
//     changes hands (KeepBytes): TestPayloadsAreCopiedUnlessTheyAreKept. That one is
//     used again once nobody has it: TestThePayloadOfARequestIsUsedAgain,
//     TestThePayloadOfAReplyIsUsedAgain, TestThePayloadOfAnOutcomeIsUsedAgain.
//  4. An idle node has one timer, and uses no CPU until it rings:
//     TestAnIdleNodeSetsNoTimer, TestAQuietNodeWakesForItsDeadlinesOnly.
//  5. After Close no goroutine of the driver is left, except for those whose handler
//     still runs or has just returned, and they end without running another one:
//     TestCloseLeavesNoGoroutine, TestCloseWaitsForALogger,
//     TestCloseIsBoundedWhenAHandlerIsNot.
//
// Handlers run on goroutines of the pool or, quick ones, on that of a carrier which has
// read the request (inline.go). Those that make large replies take turns (lease.go).
//
// The goroutines of a driver are these: those of the pool, which end when they have been idle
// for a second or two; the timer's, and those of the overseer, the pool and leases, when they ring; one that goes on combining for a goroutine of the user
// that has done enough for others (combiner.combine); one that writes the log lines
// of a pass (unlockAndDispatchLogApart); one that asks Admit again about a link that
// comes up after a Readmit (readmitLater); and one that ends the node when a
// transport has failed (fail). Transports have their own.
package zmqio

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// Driver is one node. All methods may be called concurrently.
type Driver struct {
	// Set by New and not changed.
	config settings    // of the Config, with defaults; the logger keeps to rates
	limits core.Limits // of the machine, with defaults
	logs   bool        // there is a logger
	// unrated is the logger for lines that the user's own actions cause.
	unrated *slog.Logger
	rates   *rates // of the lines that peers cause

	// Parts with a lock of their own.
	combiner   combiner     // for calls, casts, cancellations and answers
	pool       pool         // runs the handlers that are not run where they are read
	speeds     speeds       // of handlers
	background background   // goroutines that Shutdown waits for
	ending     ending       // of the node
	calls      sync.Pool    // of *Call; a node's own, because records hold channels
	streams    sync.Pool    // of *Stream
	malformed  atomic.Int64 // messages that were not a command and a payload
	turnedAway atomic.Int64 // connections and messages of nodes that are not admitted
	dialled    dialled      // peers that the user has connected to
	seen       seen         // what is remembered of peers for people
	watchers   watchers     // those who want to know of peers that come and go
	world      world        // that runs the node; none on sockets

	// mu is the lock of the node. It guards all that follows.
	mu    sync.Mutex
	phase phase        // of the end
	now   core.Instant // read by lock

	// The machine, and what it steers.
	machine *core.Machine
	scratch scratch
	router  router // the links
	alarm   alarm  // the timer, for the machine's deadline

	// readmits counts the calls of Readmit, where there is an Admit.
	readmits int

	// The work of the node for its user and for its peers.
	pending callTable     // calls under way
	served  served        // requests of peers
	changed chan struct{} // closed when the peers change; nil if nobody waits
	// waiters is changed in a world: one for each instant at which somebody began to wait.
	waiters []waiter

	// overseer looks after the goroutines that run handlers and read links.
	overseer overseer

	// effects is what this holder of the lock leaves to be done after it.
	effects effects
}

// New makes a node. It neither listens nor dials, and holds nothing but memory
// until it is told to.
func New(config Config) (*Driver, error) {
	config.Protocol.LinksReported = true
	machine, err := core.New(config.Protocol)
	if err != nil {
		return nil, fmt.Errorf("bilateralrpc: bad Config: %s", strings.TrimPrefix(err.Error(), "core: "))
	}
	logs := config.Node.Logger != nil
	config = config.withDefaults(machine.Config())
	d := &Driver{
		config:  settings{config.Node, config.Recorder, config.Handler, config.Handlers},
		logs:    logs,
		limits:  machine.Config().Limits,
		machine: machine,
	}
	d.calls.New = func() any { return &Call{wake: make(chan struct{}, 1)} }
	d.streams.New = d.newStream
	d.combiner.pass, d.combiner.start = d.pass, d.background.start
	d.pool.run = d.serve
	d.speeds.init()
	d.overseer.init(d)
	d.alarm = newAlarm(config.Node.Clock, d.timeout)
	d.rates = newRates(d.alarm.now)
	d.unrated = config.Node.Logger
	d.config.Node.Logger = slog.New(rateHandler{Handler: d.unrated.Handler(), rates: d.rates})
	d.router.guests = newGuests(config.LinksMax, config.LinksPeerMax)
	if err := d.router.init(d, config.Transports); err != nil {
		return nil, err
	}
	if err := d.record(config.Recorder); err != nil {
		return nil, err
	}
	d.enter(config.Transports)
	return d, nil
}

// record has r, if it is not nil, keep what the machine sees from here on.
func (d *Driver) record(r *record.Recorder) error {
	if r == nil {
		return nil
	}
	about := record.About{Epoch: d.alarm.epoch}
	if n := &d.config.Node; n.HeartbeatInterval > 0 {
		about.Silence = n.HeartbeatInterval + n.HeartbeatTimeout
	}
	return r.Attach(d.machine, &d.mu, about)
}

// timeout is called when the alarm rings.
func (d *Driver) timeout() {
	if !d.background.enter() {
		return
	}
	defer d.background.leave()
	d.lock()
	defer d.unlockAndDispatch()
	d.alarm.rang()
	if d.phase < phaseClosed {
		d.step(&core.Event{Kind: core.EvTimeout}, false)
	}
}

// Budget returns the node's budget.
func (d *Driver) Budget() *Budget { return d.config.Node.Budget }

// BodyBytesMax returns the limit on the payload of a message.
func (d *Driver) BodyBytesMax() int { return d.limits.BodyBytesMax }

// Active returns the names of the active peers.
func (d *Driver) Active() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.machine.Active(nil)
}

// ActiveCount returns how many peers are active.
func (d *Driver) ActiveCount() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.machine.ActiveCount()
}

// Stats is what a node has counted.
type Stats struct {
	core.Stats
	// Malformed counts the messages that were not a command and a payload.
	Malformed uint64
	// TurnedAway counts the connections refused, and the messages dropped, because
	// the other end has no legal or admitted name or claims this node's own.
	TurnedAway uint64
	// LinksRefused counts the accepted links that were hung up because there were too
	// many: Config.LinksMax and LinksPeerMax.
	LinksRefused uint64
	// LinksAccepted is how many accepted links are up.
	LinksAccepted int
	// Workers is how many goroutines run handlers or wait for work.
	Workers int
	// BytesHeld is what peers hold of Budget, and BytesRefused how often one was refused more.
	BytesHeld    int
	BytesRefused uint64
}

// Stats returns the node's counters.
func (d *Driver) Stats() Stats {
	d.mu.Lock()
	s := Stats{Stats: d.machine.Stats()}
	s.LinksRefused, s.LinksAccepted = d.router.guests.refused, d.router.guests.count
	d.mu.Unlock()
	s.Malformed = uint64(d.malformed.Load())
	s.TurnedAway = uint64(d.turnedAway.Load())
	s.Workers = d.pool.size()
	s.BytesHeld, s.BytesRefused = int(d.Budget().Held()), uint64(d.Budget().Refused())
	return s
}

// Changed returns a channel that is closed when a peer becomes active or ceases
// to be, or the node ends. Ask before looking at Active, or a change is missed.
func (d *Driver) Changed() <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.isHosted() && d.phase < phaseStopped {
		return d.changedInWorld()
	}
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	return d.changed
}

// tellChanged closes the channel that Changed has returned. Once the node is
// stopped it stays the same, closed one. Requires the lock.
func (d *Driver) tellChanged() {
	d.wakeWaiters()
	if d.changed != nil && d.phase < phaseStopped {
		close(d.changed)
		d.changed = nil
	}
}

// Err returns nil while the node works, and else why it does not: ErrClosed, or
// an error that wraps it.
func (d *Driver) Err() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.phase >= phaseStopped {
		return d.reason()
	}
	return nil
}
