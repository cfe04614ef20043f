package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// pipe is one direction of a connection, from the end that writes to the end that
// reads: bytes written, sent, arrived and read, in this order.
type pipe struct {
	conn *conn  // whose direction it is
	from Side   // who writes
	key  uint64 // names the pipe in decisions

	wire   []byte        // everything that was written
	sent   int           // how much of wire has been sent
	pieces []piece       // under way, in order
	flying int           // bytes in pieces
	last   time.Duration // when the last of pieces arrives
	closed bool          // the writing end has closed, or the connection is cut: nothing more is sent
	ended  bool          // and the reading end may know

	carried []byte // everything that has arrived
	read    int    // how much of carried was read
	harm    harm   // what befalls bytes as they arrive
}

// piece is some bytes of wire under way; an empty one is the end of them.
type piece struct{ from, to int }

func (x piece) size() int { return x.to - x.from }

// newPipe makes the pipe from a side, and picks from the faults of all connections
// those that befall it.
func newPipe(c *conn, from Side, faults []Fault) pipe {
	p := pipe{conn: c, from: from, key: uint64(c.n)<<1 | uint64(from), harm: harm{altered: -1}}
	for _, f := range faults {
		if f.Conn == c.n && f.From == from {
			p.harm.faults = append(p.harm.faults, f)
		}
	}
	return p
}

// unshare gives the pipe of a cloned connection memory of its own. Slices that only
// ever grow at their ends can stay shared.
func (p *pipe) unshare(c *conn) {
	p.conn = c
	p.wire, p.carried = slices.Clip(p.wire), slices.Clip(p.carried)
	p.pieces, p.harm.faults = slices.Clone(p.pieces), slices.Clone(p.harm.faults)
}

// writer is the end that writes.
func (p *pipe) writer() *end { return &p.conn.ends[p.from] }

// reader is the end that reads.
func (p *pipe) reader() *end { return &p.conn.ends[p.from.other()] }

// write takes bytes from the writing end, and sends what the window allows.
func (p *pipe) write(bytes []byte) {
	if len(bytes) == 0 || p.closed {
		return
	}
	p.writer().noteWritten(bytes)
	p.wire = append(p.wire, bytes...)
	p.checkClear(len(bytes))
	p.pump()
}

// pump sends what was written, as far as the window allows, in pieces.
func (p *pipe) pump() {
	w, plan := p.conn.world, p.conn.plan
	for p.sent < len(p.wire) && !p.closed {
		room := len(p.wire) - p.sent
		if plan.Window > 0 {
			if room = min(room, plan.Window-p.flying-(len(p.carried)-p.read)); room <= 0 {
				w.mark(markWindow)
				return
			}
		}
		h := dice.Decide(w.plan.Seed, aboutPiece, p.key, uint64(p.sent))
		n := min(room, 1+int(dice.Below(h, uint64(plan.pieceMax()))))
		p.dispatch(piece{p.sent, p.sent + n}, plan.Latency.Pick(dice.Mix(h)))
		p.sent += n
	}
}

// dispatch sends a piece on its way. It does not overtake the one before.
func (p *pipe) dispatch(x piece, latency time.Duration) {
	p.last = max(p.last, p.conn.world.now+latency)
	p.pieces = append(p.pieces, x)
	p.flying += x.size()
	p.conn.schedule(p.last, eventArrive, p.from)
}

// shut ends the pipe at what was sent, or with flush at what was written. The
// reading end learns of it behind what is under way, or with atOnce instead of it.
func (p *pipe) shut(flush, atOnce bool) {
	if p.closed {
		return
	}
	latency := p.conn.plan.Latency.Min
	if p.closed = true; flush && p.sent < len(p.wire) {
		p.dispatch(piece{p.sent, len(p.wire)}, latency)
		p.sent = len(p.wire)
	}
	if atOnce {
		p.flying, p.pieces = 0, p.pieces[:0]
		p.harm.disturbed = true
	}
	p.dispatch(piece{p.sent, p.sent}, latency)
}

// arrive has the next piece arrive, and be read.
func (p *pipe) arrive() {
	w := p.conn.world
	if w.now < p.harm.notBefore {
		p.conn.schedule(p.harm.notBefore, eventArrive, p.from)
		return
	}
	if len(p.pieces) == 0 {
		return // it was lost with others, when the connection was reset
	}
	x := p.pieces[0]
	p.pieces = p.pieces[1:]
	p.flying -= x.size()
	if !p.reader().open {
		return
	}
	if x.size() == 0 {
		p.ended = true
	} else {
		before := len(p.carried)
		p.carry(x)
		w.arrived += uint64(len(p.carried) - before)
		p.compare()
	}
	p.reader().read()
	p.pump()
}

// sever cuts the connection at the bytes that have arrived. The reading end learns
// of it at once, the writing end behind the bytes that are on their way to it, or
// instead of them.
func (p *pipe) sever() {
	p.markSevered()
	p.writer().note("is cut off at", len(p.carried))
	back := p.reader().outgoing()
	p.closed, p.ended, p.pieces, p.flying = true, true, nil, 0
	p.harm.disturbed, back.harm.disturbed = true, true
	atOnce := dice.Decide(p.conn.world.plan.Seed, aboutReset, p.key, uint64(len(p.carried)))&1 == 0
	back.shut(false, atOnce)
}
