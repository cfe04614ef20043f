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

// The kinds of events. The Ref of an item is a connection and a side, as conn.ref
// makes it.
const (
	eventOpen    events.Kind = iota + 1 // the connection is made
	eventArrive                         // a piece of what the side has sent arrives
	eventWake                           // the side's engine wants Timeout
	eventSend                           // the side's next message is due
	eventAdmit                          // the listening end says whether the peer is admitted
	eventTrickle                        // the dialling end sends one more byte of a promise
	eventBreak                          // the connection is cut
	eventDue                            // the side's handshake must be over
)

// The subjects of decisions. Their numbers enter every hash: new ones go at the
// end.
const (
	aboutPiece   dice.Aspect = iota + 256 // how many bytes leave together, and their latency
	aboutRead                             // how many bytes a reader asks for
	aboutDirect                           // whether it reads into the engine's own buffer
	aboutEntropy                          // the entropy of an engine
	aboutKey                              // the long-term keys of a node
	aboutPayload                          // a message
	aboutGarbage                          // random bytes
	aboutReset                            // whether the end of a connection overtakes its bytes
)

// world is the state of a run: the listening node, its connections, the time, and
// what was seen. It can be cloned between two events.
type world struct {
	plan     *Scenario    // the scenario that is run
	config   *zmtp.Config // of the listening node
	halfOpen int          // connections that the listening node has in a handshake
	conns    []*conn      // by their numbers

	now     time.Duration // since the start of the run
	queue   events.Queue  // what is going to happen
	horizon time.Duration // when everything planned has happened
	limit   time.Duration // when even an end that waits for an altered length has been heard of

	violation *report.Violation // the first one
	events    uint64            // how many were taken
	arrived   uint64            // bytes, on all connections
	marks     [markCount]uint64 // how often each was hit
	trace     tracer            // where the run is written down
}

func newWorld(s *Scenario, o Options) *world {
	w := &world{plan: s, trace: newTracer(o)}
	w.config = w.newConfig(len(s.Conns), Honest, s.Curve)
	faults := slices.Clone(s.Faults)
	slices.SortStableFunc(faults, func(a, b Fault) int { return a.At - b.At })
	for i := range s.Conns {
		c := newConn(w, i, faults)
		w.conns = append(w.conns, c)
		if c.plan.Peer != Absent {
			c.schedule(c.plan.At, eventOpen, Dialling)
		}
	}
	w.horizon = s.horizon()
	w.limit = w.horizon + s.drip()
	return w
}

// newConfig makes the configuration of the node with number n. Its secrets can be
// recognised where they should not be.
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

// keys makes the keys of the node with number n. The listening node's number is
// that behind the last connection's.
func (w *world) keys(n int) *zmtp.Keys {
	k := &zmtp.Keys{}
	dice.Fill(k.Secret[:], w.plan.Seed, aboutKey, uint64(n))
	k.Public = zmtp.PublicKey(&k.Secret)
	return k
}

// run takes events until nothing is left to wait for.
func (w *world) run() {
	for w.violation == nil && w.queue.Len() > 0 {
		if at := w.queue.First().At; at > w.horizon && (at > w.limit || w.nothingPending()) {
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
	defer c.recover(side)
	switch it.Kind {
	case eventOpen:
		c.open()
	case eventArrive:
		c.pipes[side].arrive()
	case eventWake:
		c.ends[side].wake(it.At)
	case eventSend:
		c.ends[side].send()
	case eventAdmit:
		c.ends[Listening].admit()
	case eventTrickle:
		c.ends[Dialling].trickle()
	case eventBreak:
		c.pipes[side].sever()
		c.ends[side.other()].read()
	case eventDue:
		c.ends[side].checkDue()
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
	n.queue = w.queue.Clone()
	n.conns = slices.Clone(w.conns)
	n.trace = tracer{}
	for i, c := range w.conns {
		n.conns[i] = c.clone(&n)
	}
	return &n
}
