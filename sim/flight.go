package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Model says what a connection may do to the frames on it.
type Model uint8

// The models of a link. A finding names the weaker one that shows it.
const (
	// Physical is what ZeroMQ over TCP does: within a connection frames are in
	// order and not lost. They are lost as a suffix when it breaks, and late,
	// minutes late, when the way is blocked.
	Physical Model = iota
	// Adversarial drops, duplicates, reorders, delays and corrupts single frames,
	// and delivers them after a hang-up too. They keep their link number.
	Adversarial
)

func (m Model) String() string {
	if m == Adversarial {
		return "adversarial"
	}
	return "physical"
}

// A FrameName names one frame of a run: the nth of its command from one node
// to another. It means the same after faults elsewhere are taken away.
type FrameName struct {
	Command  core.Command
	From, To string
	Ordinal  uint32
}

// String returns for example "STAY b->a #1".
func (f FrameName) String() string {
	return f.Command.String() + " " + f.From + "->" + f.To + " #" + strconv.FormatUint(uint64(f.Ordinal), 10)
}

// A Fate is what happens to one frame. The zero Fate is to arrive in time.
type Fate struct {
	Drop    bool          // it never arrives
	Copies  int           // and so many more of it do
	Delay   time.Duration // in addition to the latency
	Reorder bool          // it may be overtaken (adversarial only)
	Corrupt bool          // one bit of it is flipped
	Refuse  bool          // the sender is told that its queue is full
	Break   bool          // the connection breaks at it
}

// flight is one frame on its way, or the end of its connection.
type flight struct {
	conn    int32
	next    int32 // in a list, or of the free ones
	epoch   uint32
	ordinal uint32
	side    uint8 // the sending end
	command core.Command
	fin     bool
	free    bool // it does not keep its place in the order
	body    []byte
}

// newFlight takes a flight from the free list or makes one.
func (w *World) newFlight(ci int32, side int, command core.Command) int32 {
	f := w.freeFlight
	if f == 0 {
		w.flights = append(w.flights, flight{})
		f = int32(len(w.flights) - 1)
	} else {
		w.freeFlight = w.flights[f].next
	}
	fl := &w.flights[f]
	*fl = flight{conn: ci, side: uint8(side), command: command, epoch: w.conns[ci].epoch, body: fl.body[:0]}
	return f
}

func (w *World) release(f int32) {
	w.flights[f].next = w.freeFlight
	w.freeFlight = f
}

// drain frees a whole list.
func (w *World) drain(l list) {
	for f := l.head; f != 0; {
		next := w.flights[f].next
		w.release(f)
		f = next
	}
}

func (w *World) enlist(l *list, f int32) {
	w.flights[f].next = 0
	if l.tail == 0 {
		l.head = f
	} else {
		w.flights[l.tail].next = f
	}
	l.tail = f
}

// send carries out an ActSend; the result is zero, or why it was refused.
func (w *World) send(n *Node, a *core.Action) core.Cause {
	ci, end, ok := n.connOf(a)
	if !ok {
		return core.CauseUnroutable
	}
	c := &w.conns[ci]
	if !c.open[end] || c.lives[end] != n.life {
		return core.CauseUnroutable
	}
	if c.nodes[acceptEnd] < 0 || !c.ready[end] {
		if !c.auto {
			return core.CauseUnroutable
		}
		f := w.newFlight(ci, end, a.Command)
		w.flights[f].body = appendBody(w.flights[f].body, n, a)
		w.enlist(&c.waiting, f)
		return 0
	}
	p := &w.pairs[c.pairs[end]]
	if p.full > 0 || c.queued[end] >= w.opts.Queue {
		return core.CauseWouldBlock
	}
	if a.Command == core.CALL {
		n.lastCall = a.ID
	}
	ordinal := p.ordinals[a.Command] + 1
	fate := w.fate(p, a.Command, ordinal)
	p.ordinals[a.Command] = ordinal
	if fate.Refuse {
		return core.CauseWouldBlock
	}
	f := w.newFlight(ci, end, a.Command)
	fl := &w.flights[f]
	fl.ordinal = ordinal
	fl.body = appendBody(fl.body, n, a)
	w.launch(f, fate)
	return 0
}

// appendBody appends the payload of an ActSend. An old peer's BACK without an
// error text ends after the method (Unserved marks it).
func appendBody(dst []byte, n *Node, a *core.Action) []byte {
	if n.Old && a.Command == core.BACK && a.Outcome == core.Unserved {
		head := core.Action{Command: core.CALL, ID: a.ID, Method: a.Method}
		return core.AppendPayload(dst, &head)
	}
	return core.AppendPayload(dst, a)
}

// launch applies a fate to a frame that is about to leave.
func (w *World) launch(f int32, fate Fate) {
	fl := &w.flights[f]
	ci := fl.conn
	if fate.Corrupt {
		w.corrupt(f)
	}
	w.latest = max(w.latest, fate.Delay)
	fl.free = fate.Reorder && w.opts.Model == Adversarial
	for range fate.Copies {
		g := w.newFlight(ci, int(w.flights[f].side), w.flights[f].command)
		w.flights[g].ordinal = w.flights[f].ordinal
		w.flights[g].free = true
		w.flights[g].body = append(w.flights[g].body, w.flights[f].body...)
		w.departAfter(g, fate.Delay+w.latency(g)) // a moment later than the first
	}
	switch {
	case fate.Drop:
		w.release(f)
	default:
		w.departAfter(f, fate.Delay)
	}
	if fate.Break {
		w.breakConn(ci)
	}
}

// latency is how long a frame takes on its way.
func (w *World) latency(f int32) time.Duration {
	d := &w.opts.Latency
	if d.Max <= d.Min {
		return d.Min
	}
	fl := &w.flights[f]
	p := &w.pairs[w.conns[fl.conn].pairs[fl.side]]
	return d.Pick(dice.Decide(w.opts.Seed, aboutLatency, p.key, uint64(fl.command)<<32|uint64(fl.ordinal)))
}

func (w *World) depart(f int32) { w.departAfter(f, 0) }

// departAfter sends a frame on its way, to arrive after its latency and delay
// and, unless it is free, not before what was sent earlier on its connection.
func (w *World) departAfter(f int32, delay time.Duration) {
	at := w.now + delay + w.latency(f)
	fl := &w.flights[f]
	c := &w.conns[fl.conn]
	if !fl.free {
		at = max(at, c.last[fl.side])
		c.last[fl.side] = at
	}
	c.queued[fl.side]++
	w.queue.Push(at, itemFrame, f)
}

// deliver: a frame reaches its other end, is held back, or is lost.
func (w *World) deliver(f int32) {
	fl := &w.flights[f]
	ci, side := fl.conn, fl.side
	c := &w.conns[ci]
	p := &w.pairs[c.pairs[side]]
	if p.blocked > 0 || p.clogged > 0 {
		if p.blocked > 0 && w.opts.Model == Adversarial && !fl.fin {
			c.queued[side]--
			w.release(f)
			return
		}
		w.enlist(&c.held[side], f)
		return
	}
	c.queued[side]--
	end := 1 - int(side)
	to := w.nodes[c.nodes[end]]
	switch {
	case c.lives[end] != to.life || !to.Up():
	case fl.fin:
		w.lose(ci, end, core.CauseLost)
	case w.opts.Model == Physical && (fl.epoch != c.epoch || !c.open[end]):
	case c.auto && end == dialEnd && to.dials[c.links[end].N] != ci:
		// The socket has dialled again: above it, the two connections are one link.
	case to.Old && end == acceptEnd && to.newest[c.names[end]] != ci:
		// taken over by a newer connection of the same name
	default:
		w.feed(to, w.event(core.Event{
			Kind: core.EvFrame, Peer: c.names[end], Link: c.links[end],
			Command: fl.command, Body: w.flights[f].body,
		}))
	}
	w.release(f)
}

// dropHeld loses the frames that are held back in one direction; the end of
// the connection is not lost.
func (w *World) dropHeld(ci int32, side int) {
	c := &w.conns[ci]
	held := c.held[side]
	c.held[side] = list{}
	for f := held.head; f != 0; {
		next := w.flights[f].next
		if w.flights[f].fin {
			w.enlist(&c.held[side], f)
		} else {
			c.queued[side]--
			w.release(f)
		}
		f = next
	}
}

// releaseHeld lets go, in one burst and in order, of what a pair held back.
func (w *World) releaseHeld(pi int32) {
	p := &w.pairs[pi]
	if p.blocked > 0 || p.clogged > 0 {
		return
	}
	for ci := range w.conns {
		c := &w.conns[ci]
		for side := range 2 {
			if c.pairs[side] != pi || c.nodes[acceptEnd] < 0 || c.held[side].head == 0 {
				continue
			}
			held := c.held[side]
			c.held[side] = list{}
			at := w.now + w.opts.Latency.Min
			for f := held.head; f != 0; {
				next := w.flights[f].next
				w.queue.Push(at, itemFrame, f)
				f = next
			}
			c.last[side] = max(c.last[side], at)
		}
	}
}

// corrupt flips one bit of a frame. Byte 0 stands for the command, which then
// is one that nobody knows.
func (w *World) corrupt(f int32) {
	fl := &w.flights[f]
	p := &w.pairs[w.conns[fl.conn].pairs[fl.side]]
	w.lie(w.nodes[p.from], w.nodes[p.to])
	w.corrupted = true
	h := dice.Decide(w.opts.Seed, aboutCorruptWhere, p.key, uint64(fl.command)<<32|uint64(fl.ordinal))
	where := dice.Below(h, uint64(len(fl.body))+1)
	if where == 0 {
		fl.command = core.Unknown
		return
	}
	fl.body[where-1] ^= 1 << (h & 7)
}
