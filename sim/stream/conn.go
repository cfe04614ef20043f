package stream

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// conn is a connection while it runs: its two ends, and what they send.
type conn struct {
	world  *world       // that it belongs to
	n      int          // its number
	plan   *Conn        // its part of the scenario
	config *zmtp.Config // of the dialling end; nil before the connection is made, or without an engine
	ends   [2]end       // by side
	pipes  [2]pipe      // by the side that sends
	// turnedAway says that the listening node had no room for it.
	turnedAway bool
}

// newConn makes the connection with number n, which is not dialled yet. The faults
// are those of all connections, by byte.
func newConn(w *world, n int, faults []Fault) *conn {
	c := &conn{world: w, n: n, plan: &w.plan.Conns[n]}
	for i := range c.ends {
		c.ends[i] = end{conn: c, side: Side(i)}
		c.pipes[i] = newPipe(c, Side(i), faults)
	}
	return c
}

// clone copies the connection into the clone of its world.
func (c *conn) clone(w *world) *conn {
	d := *c
	d.world = w
	for i := range d.ends {
		d.ends[i].unshare(&d)
		d.pipes[i].unshare(&d)
	}
	return &d
}

// ref names a side of the connection in the queue.
func (c *conn) ref(side Side) int32 { return int32(c.n)<<1 | int32(side) }

// schedule plans an event of one side.
func (c *conn) schedule(at time.Duration, kind events.Kind, side Side) {
	c.world.queue.Push(at, kind, c.ref(side))
}

// open makes the connection, if the listening node has room for it.
func (c *conn) open() {
	w := c.world
	if w.halfOpen >= w.plan.HalfOpenMax {
		c.turnedAway = true
		w.mark(markTurnedAway)
		return
	}
	w.halfOpen++
	dialling, listening := &c.ends[Dialling], &c.ends[Listening]
	dialling.open, dialling.heard = true, w.now
	listening.open, listening.heard = true, w.now
	listening.engine = zmtp.Accept(w.config, c.entropy(Listening), w.instant())
	// An engine is called at its deadline, or a nanosecond later.
	handshakeOver := w.now + w.plan.Handshake + 2
	if c.plan.Peer.hasEngine() {
		c.dial()
		c.schedule(handshakeOver, eventDue, Dialling)
	}
	c.schedule(handshakeOver, eventDue, Listening)
	if c.plan.Breaks > 0 {
		c.schedule(w.now+c.plan.Breaks, eventBreak, Dialling)
	}
	listening.note("accepts", 0)
	listening.write(listening.engine.Start(nil))
	dialling.write(dialling.firstBytes())
	listening.arm()
	dialling.arm()
}

// dial gives the dialling end its engine.
func (c *conn) dial() {
	w, peer := c.world, c.plan.Peer
	server := new([zmtp.KeyBytes]byte)
	if w.config.Curve != nil {
		*server = w.config.Curve.Public
	}
	if peer == Stranger {
		*server = w.keys(len(w.conns) + 1).Public
	}
	c.config = w.newConfig(c.n, peer, w.plan.Curve != (peer == Mismatch))
	c.ends[Dialling].engine = zmtp.Dial(c.config, server, c.entropy(Dialling), w.instant())
}

// entropy is what the engine of a side draws its short-lived keys and nonces from.
func (c *conn) entropy(side Side) *zmtp.Entropy {
	e := &zmtp.Entropy{}
	dice.Fill(e[:], c.world.plan.Seed, aboutEntropy, uint64(c.n), uint64(side))
	return e
}

// altered says whether bytes of the connection were altered in either direction.
func (c *conn) altered() bool {
	return c.pipes[Dialling].harm.altered >= 0 || c.pipes[Listening].harm.altered >= 0
}

// fail reports what was seen at one side, unless the run has failed before.
func (c *conn) fail(p report.Property, side Side, what string) {
	w := c.world
	if w.violation == nil {
		what = fmt.Sprintf("connection %d, %v: %s", c.n, side, what)
		w.violation = &report.Violation{Property: p, At: w.now, Step: w.events, What: what}
	}
}

// recover turns a panic of an engine into a violation. It is to be deferred.
func (c *conn) recover(side Side) {
	if r := recover(); r != nil {
		c.fail(propNoPanic, side, fmt.Sprint("panic: ", r))
	}
}
