package stream

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// What happens in a world of bytes. The item's Ref is a connection and a side, as
// ref makes it.
const (
	eventOpen    events.Kind = iota + 1 // the connection is made
	eventArrive                         // a piece of what the side has sent arrives
	eventWake                           // the side's engine wants Timeout
	eventSend                           // the side's next message is due
	eventAdmit                          // the listener answers the knock
	eventTrickle                        // one more byte of a promise
	eventBreak                          // the connection is cut
	eventDue                            // the side's handshake must be over
)

// What decisions of this world are about. The numbers enter every hash: new ones
// go at the end.
const (
	aboutPiece dice.Aspect = iota + 256
	aboutRead
	aboutDirect
	aboutEntropy
	aboutKey
	aboutPayload
	aboutGarbage
	aboutReset
)

// world is the state of a run. It can be cloned between two events.
type world struct {
	plan      *Scenario
	faults    []Fault // of the plan, by byte
	now       time.Duration
	queue     events.Queue
	conns     []*conn
	config    *zmtp.Config // of the listening end
	halfOpen  int
	marks     [markCount]uint64
	violation *report.Violation
	events    uint64
	arrived   uint64 // bytes
	horizon   time.Duration
	limit     time.Duration
	trace     tracer
}

// conn is one connection: its ends, and what they send, by side.
type conn struct {
	n      int
	plan   *Conn
	config *zmtp.Config // of the dialling end
	ends   [2]end
	pipes  [2]pipe
	// turnedAway says that the listener had no room for it.
	turnedAway bool
}

func newWorld(s *Scenario, o Options) *world {
	w := &world{plan: s, trace: newTrace(o)}
	w.faults = slices.Clone(s.Faults)
	slices.SortStableFunc(w.faults, func(a, b Fault) int { return a.At - b.At })
	w.config = w.newConfig(len(s.Conns), Honest, s.Curve)
	for i := range s.Conns {
		c := &conn{n: i, plan: &s.Conns[i]}
		for side := range c.ends {
			c.ends[side].side = Side(side)
			c.pipes[side].init(w, i, Side(side))
		}
		w.conns = append(w.conns, c)
		if c.plan.Peer != Absent {
			w.queue.Push(c.plan.At, eventOpen, ref(i, Dialler))
		}
	}
	w.horizon = s.horizon()
	w.limit = w.horizon + s.drip()
	return w
}

func ref(conn int, side Side) int32 { return int32(conn)<<1 | int32(side) }

// newConfig makes the configuration of a node. What must stay secret of it can
// be found where it should not be.
func (w *world) newConfig(n int, peer Peer, curve bool) *zmtp.Config {
	s := w.plan
	c := &zmtp.Config{
		Identity: plainText + fmt.Sprint(n), PayloadBytesMax: s.PayloadMax, HandshakeTimeout: s.Handshake,
		HeartbeatInterval: s.Interval, HeartbeatTimeout: s.Timeout,
	}
	if peer == Old {
		c.HeartbeatInterval = 0
	}
	if curve {
		c.Curve = w.keys(n)
	}
	return c
}

func (w *world) keys(n int) *zmtp.Keys {
	k := &zmtp.Keys{}
	dice.Fill(k.Secret[:], w.plan.Seed, aboutKey, uint64(n))
	k.Public = zmtp.PublicKey(&k.Secret)
	return k
}

// horizon is when everything planned has happened, were every wait as long as it
// may be.
func (s *Scenario) horizon() time.Duration {
	var end time.Duration
	for i := range s.Conns {
		c := &s.Conns[i]
		end = max(end, c.At+c.Admit+time.Duration(max(c.Sends, c.Gets))*c.Every+16*c.Latency.Max+c.crawl(s))
	}
	for i := range s.Faults {
		end += s.Faults[i].For
	}
	return end + s.Handshake + 2*(s.Interval+s.Timeout) + time.Second
}

// crawl is how long all bytes take when only a window of them is under way.
func (c *Conn) crawl(s *Scenario) time.Duration {
	if c.Window == 0 {
		return 0
	}
	bytes := zmtp.HandshakeBytesMax
	for i := range max(c.Sends, c.Gets) {
		bytes += c.size(i) + 128
	}
	return time.Duration(bytes/min(c.Window, c.piece())+1) * (c.Latency.Max + 1)
}

// drip is how much longer an end may wait for a frame whose altered length is
// the largest there may be, when only heartbeats fill it. The shortest of them
// is a PONG of two bytes of header and five of content.
func (s *Scenario) drip() time.Duration {
	return time.Duration(s.PayloadMax/7+64) * s.Interval
}

// run takes events until nothing is left to wait for.
func (w *world) run() {
	for w.violation == nil && w.queue.Len() > 0 {
		if at := w.queue.First().At; at > w.horizon && (at > w.limit || w.settled()) {
			w.now = min(at, w.limit)
			break
		}
		w.next()
	}
	if w.violation == nil {
		w.now = max(w.now, w.horizon) // nobody may have waited for anything
		w.finish()
	}
}

// next takes one event.
func (w *world) next() {
	it := w.queue.Pop()
	w.now = it.At
	w.events++
	c, side := w.conns[it.Ref>>1], Side(it.Ref&1)
	defer w.caught(c, side)
	switch it.Kind {
	case eventOpen:
		w.open(c)
	case eventArrive:
		w.arrive(c, side)
	case eventWake:
		w.wake(c, side, it.At)
	case eventSend:
		w.send(c, side)
	case eventAdmit:
		w.admit(c)
	case eventTrickle:
		w.trickle(c)
	case eventBreak:
		w.sever(c, side)
		w.read(c, side.other())
	case eventDue:
		w.due(c, side)
	}
}

// caught turns a panic of an engine into a violation.
func (w *world) caught(c *conn, side Side) {
	if r := recover(); r != nil {
		w.fail(PropUnshaken, c, side, fmt.Sprint("panic: ", r))
	}
}

func (w *world) fail(p report.Property, c *conn, side Side, what string) {
	if w.violation == nil {
		what = fmt.Sprintf("connection %d, %v: %s", c.n, side, what)
		w.violation = &report.Violation{Property: p, At: w.now, Step: w.events, What: what}
	}
}

// instant is the time as engines see it. It does not start at zero.
func (w *world) instant() zmtp.Instant { return zmtp.Instant(w.now + time.Hour) }

func (w *world) result() *Result {
	return &Result{
		Scenario: w.plan, Violation: w.violation, Digest: w.trace.digest.Sum(), Events: w.events, Bytes: w.arrived,
		Elapsed: w.now, Marks: w.markCounts(),
	}
}

// clone copies the world between two events. The copy has no trace.
func (w *world) clone() *world {
	n := *w
	n.faults = slices.Clone(w.faults)
	n.queue = w.queue.Clone()
	n.conns = slices.Clone(w.conns)
	n.trace = tracer{}
	for i, c := range w.conns {
		d := *c
		for side := range d.ends {
			d.ends[side].unshare()
			d.pipes[side].unshare()
		}
		n.conns[i] = &d
	}
	return &n
}
