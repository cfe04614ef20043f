package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// harm is what befalls the bytes of a pipe as they arrive, so that a world can be
// forked just before, and what came of it.
type harm struct {
	faults    []Fault       // still to come, by byte
	omitUntil int           // the bytes of wire before it are left out
	notBefore time.Duration // nothing arrives earlier
	latest    FaultKind     // of the faults that have happened; Split before the first

	compared  int  // how much of carried was compared with wire
	altered   int  // the first byte of carried that is not what was written there, or -1
	disturbed bool // bytes were held up, left out, added or altered, or the connection was cut
}

// plan adds a fault that is still to come.
func (h *harm) plan(f Fault) {
	at := 0
	for at < len(h.faults) && h.faults[at].At <= f.At {
		at++
	}
	h.faults = slices.Insert(h.faults, at, f)
}

// carry lets a piece through, with the faults that befall it.
func (p *pipe) carry(x piece) {
	h, pos := &p.harm, x.from
	for {
		until := x.to
		if len(h.faults) > 0 {
			until = min(until, max(pos, h.faults[0].At))
		}
		if first := max(pos, min(h.omitUntil, until)); first < until {
			p.carried = append(p.carried, p.wire[first:until]...)
		}
		if pos = until; pos == x.to {
			return
		}
		f := h.faults[0]
		h.faults = h.faults[1:]
		h.latest = f.Kind
		h.disturbed = h.disturbed || f.Kind.disturbs()
		switch f.Kind {
		case Split, Stall:
			p.holdUp(piece{pos, x.to}, f.For)
			return
		case Sever:
			p.sever()
			return
		case Omit:
			h.omitUntil = pos + f.N
		case Excise:
			p.excise(pos, f.N)
		case Flip:
			p.carried = append(p.carried, p.wire[pos]^1<<f.N)
			pos++
		default:
			p.carried = append(p.carried, p.extra(f)...)
		}
	}
}

// holdUp puts the rest of a piece back, and what follows it.
func (p *pipe) holdUp(rest piece, d time.Duration) {
	p.pieces = slices.Insert(p.pieces, 0, rest)
	p.flying += rest.size()
	p.harm.notBefore = p.conn.world.now + d
	p.last = max(p.last, p.harm.notBefore)
	p.conn.schedule(p.harm.notBefore, eventArrive, p.from)
}

// excise plans to leave out the n frames that begin at byte pos or behind it.
func (p *pipe) excise(pos, n int) {
	first := nextHeader(p.wire, pos)
	last := first
	for range n {
		last = nextHeader(p.wire, last+1)
	}
	p.harm.plan(Fault{Kind: Omit, At: first, N: last - first})
}

// extra returns the bytes that a fault puts in.
func (p *pipe) extra(f Fault) []byte {
	w := p.conn.world
	switch f.Kind {
	case Repeat:
		return slices.Clone(p.carried[max(0, len(p.carried)-f.N):])
	case Garble:
		garbage := make([]byte, f.N)
		dice.Fill(garbage, w.plan.Seed, aboutGarbage, p.key, uint64(f.At))
		return garbage
	case Replay:
		if f.Like < len(w.conns) {
			wire := w.conns[f.Like].pipes[p.from].wire
			wire = wire[min(f.Skip, len(wire)):]
			return wire[:min(f.N, len(wire))]
		}
	}
	return nil
}

// compare looks for the first byte that is not what was written there, beside
// those that mean nothing.
func (p *pipe) compare() {
	h := &p.harm
	if h.altered >= 0 {
		return
	}
	for i := h.compared; i < len(p.carried); i++ {
		if i < len(p.wire) && p.carried[i] == p.wire[i] {
			continue
		}
		if i < len(p.wire) && p.ignored(i) {
			p.conn.world.mark(markHarmless)
			continue
		}
		h.altered, h.disturbed = i, true
		return
	}
	h.compared = len(p.carried)
}
