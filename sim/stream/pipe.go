package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// pipe is one direction of a connection. Faults befall bytes as they
// arrive, so that a world can be forked just before.
type pipe struct {
	key     uint64 // of its decisions
	wire    []byte // all that was written
	sent    int    // of wire, the bytes that are under way or have arrived
	pieces  []piece
	flying  int           // bytes in pieces
	last    time.Duration // when the last of them arrives
	notYet  time.Duration // nothing arrives before
	faults  []Fault       // the ones still to come, by byte
	omit    int           // of wire, where bytes that are left out end
	carried []byte        // all that has arrived
	read    int           // of carried, by the receiving end
	mute    bool          // the sending end has closed, or the connection is cut
	ended   bool          // and the receiving end may know

	compared int       // of carried, with wire
	altered  int       // the first byte of carried that is not the sender's, or -1
	by       FaultKind // the last fault
	harmless int       // altered bytes that mean nothing
	shaken   bool      // bytes were held up, left out or added, or the connection cut
}

// piece is some bytes of wire under way; an empty one is the end of them.
type piece struct{ from, to int }

func (p *pipe) init(w *world, conn int, from Side) {
	p.key, p.altered = uint64(conn)<<1|uint64(from), -1
	for _, f := range w.faults {
		if f.Conn == conn && f.From == from {
			p.faults = append(p.faults, f)
		}
	}
}

// unshare gives the pipe of a clone memory of its own. What only ever grows at
// its end can stay shared.
func (p *pipe) unshare() {
	p.wire, p.carried = slices.Clip(p.wire), slices.Clip(p.carried)
	p.pieces, p.faults = slices.Clone(p.pieces), slices.Clone(p.faults)
}

// write has an end write bytes.
func (w *world) write(c *conn, side Side, bytes []byte) {
	p := &c.pipes[side]
	if len(bytes) == 0 || p.mute {
		return
	}
	w.trace.wrote(w, c, side, bytes)
	p.wire = append(p.wire, bytes...)
	w.checkClear(c, side, len(bytes))
	w.pump(c, side)
}

// pump sends what was written, as far as the window allows, in pieces.
func (w *world) pump(c *conn, side Side) {
	p := &c.pipes[side]
	for p.sent < len(p.wire) && !p.mute {
		room := len(p.wire) - p.sent
		if c.plan.Window > 0 {
			if room = min(room, c.plan.Window-p.flying-(len(p.carried)-p.read)); room <= 0 {
				w.mark(markWindow)
				return
			}
		}
		h := dice.Decide(w.plan.Seed, aboutPiece, p.key, uint64(p.sent))
		n := min(room, 1+int(dice.Below(h, uint64(c.plan.piece()))))
		w.fly(c, side, piece{p.sent, p.sent + n}, c.plan.Latency.Pick(dice.Mix(h)))
		p.sent += n
	}
}

// piece returns the most bytes of a piece.
func (c *Conn) piece() int {
	if c.Piece == 0 {
		return 1 << 30
	}
	return c.Piece
}

func (w *world) fly(c *conn, side Side, x piece, latency time.Duration) {
	p := &c.pipes[side]
	p.last = max(p.last, w.now+latency)
	p.pieces = append(p.pieces, x)
	p.flying += x.to - x.from
	w.queue.Push(p.last, eventArrive, ref(c.n, side))
}

// shut ends a direction at what has been written (all) or sent. The receiving
// end learns of it behind what is under way, or at once.
func (w *world) shut(c *conn, side Side, all, atOnce bool) {
	p := &c.pipes[side]
	if p.mute {
		return
	}
	if p.mute = true; all && p.sent < len(p.wire) {
		w.fly(c, side, piece{p.sent, len(p.wire)}, c.plan.Latency.Min)
		p.sent = len(p.wire)
	}
	if atOnce {
		p.flying, p.pieces = 0, p.pieces[:0]
		p.shaken = true
	}
	w.fly(c, side, piece{p.sent, p.sent}, c.plan.Latency.Min)
}

// arrive has the next piece arrive.
func (w *world) arrive(c *conn, side Side) {
	p := &c.pipes[side]
	if w.now < p.notYet {
		w.queue.Push(p.notYet, eventArrive, ref(c.n, side))
		return
	}
	if len(p.pieces) == 0 {
		return // it was lost with others, when the connection was reset
	}
	x := p.pieces[0]
	p.pieces = p.pieces[1:]
	p.flying -= x.to - x.from
	if end := &c.ends[side.other()]; !end.open {
		return
	}
	if x.from == x.to {
		p.ended = true
	} else {
		before := len(p.carried)
		w.carry(c, side, x)
		w.arrived += uint64(len(p.carried) - before)
		w.compare(c, side)
	}
	w.read(c, side.other())
	w.pump(c, side)
}

// carry lets a piece through, with the faults that befall it.
func (w *world) carry(c *conn, side Side, x piece) {
	p := &c.pipes[side]
	pos := x.from
	for {
		until := x.to
		if len(p.faults) > 0 {
			until = min(until, max(pos, p.faults[0].At))
		}
		if first := max(pos, min(p.omit, until)); first < until {
			p.carried = append(p.carried, p.wire[first:until]...)
		}
		if pos = until; pos == x.to {
			return
		}
		f := p.faults[0]
		p.faults = p.faults[1:]
		if f.Kind != Split && f.Kind != Flip {
			p.shaken = true
		}
		p.by = f.Kind
		switch f.Kind {
		case Split, Stall:
			w.holdUp(c, side, piece{pos, x.to}, f)
			return
		case Sever:
			w.sever(c, side)
			return
		case Omit:
			p.omit = pos + f.N
		case Excise:
			first := nextHeader(p.wire, pos)
			last := first
			for range f.N {
				last = nextHeader(p.wire, last+1)
			}
			p.plan(Fault{Kind: Omit, At: first, N: last - first})
		case Flip:
			p.carried = append(p.carried, p.wire[pos]^1<<f.N)
			pos++
		default:
			w.putIn(c, side, f)
		}
	}
}

// holdUp puts the rest of a piece back, and what follows it.
func (w *world) holdUp(c *conn, side Side, rest piece, f Fault) {
	p := &c.pipes[side]
	p.pieces = slices.Insert(p.pieces, 0, rest)
	p.flying += rest.to - rest.from
	p.notYet = w.now + f.For
	p.last = max(p.last, p.notYet)
	w.queue.Push(p.notYet, eventArrive, ref(c.n, side))
}

// plan adds a fault that is still to come.
func (p *pipe) plan(f Fault) {
	at := 0
	for at < len(p.faults) && p.faults[at].At <= f.At {
		at++
	}
	p.faults = slices.Insert(p.faults, at, f)
}

// putIn adds bytes that the sender has not sent here.
func (w *world) putIn(c *conn, side Side, f Fault) {
	p := &c.pipes[side]
	var extra []byte
	switch f.Kind {
	case Repeat:
		extra = slices.Clone(p.carried[max(0, len(p.carried)-f.N):])
	case Garble:
		extra = make([]byte, f.N)
		dice.Fill(extra, w.plan.Seed, aboutGarbage, p.key, uint64(f.At))
	case Replay:
		if f.Like < len(w.conns) {
			extra = w.conns[f.Like].pipes[side].wire
			extra = extra[min(f.Skip, len(extra)):]
			extra = extra[:min(f.N, len(extra))]
		}
	}
	p.carried = append(p.carried, extra...)
}

// sever breaks the connection: the receiving end learns it at once, the other
// one behind the bytes that are on their way to it, or instead of them.
func (w *world) sever(c *conn, side Side) {
	w.markSevered(c, side)
	w.trace.note(w, c, side, "is cut off at", len(c.pipes[side].carried))
	there, back := &c.pipes[side], &c.pipes[side.other()]
	there.mute, there.ended, there.pieces, there.flying = true, true, nil, 0
	there.shaken, back.shaken = true, true
	reset := dice.Decide(w.plan.Seed, aboutReset, there.key, uint64(len(there.carried)))&1 == 0
	w.shut(c, side.other(), false, reset)
}

// compare looks for the first byte that is not what the sender sent there.
func (w *world) compare(c *conn, side Side) {
	p := &c.pipes[side]
	if p.altered >= 0 {
		return
	}
	for i := p.compared; i < len(p.carried); i++ {
		if i < len(p.wire) && p.carried[i] == p.wire[i] {
			continue
		}
		if i < len(p.wire) && w.meansNothing(c, side, i) {
			p.harmless++
			w.mark(markHarmless)
			continue
		}
		p.altered, p.shaken = i, true
		return
	}
	p.compared = len(p.carried)
}
