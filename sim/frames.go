package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// frames are what is under way on the connections of a network. This file has the
// whole way of a frame, in its order: a machine's ActSend is refused, or gives the
// frame its name (send); its fate is applied (launch); it is under way for its
// latency and delay (depart); it reaches the other end, is held back behind a
// fault, or is lost (deliver). Frames held back go on in one burst.
type frames struct {
	// Parts of the world that they have to do with.
	opts  *Options
	time  *timeline
	net   *network
	fates *fates
	lies  *lies

	records flights          // used again and again
	passing []func(*Passage) // of World.ObserveFrames
	passage Passage          // scratch of those calls
	latest  time.Duration    // the longest delay that has befallen a frame
}

// flight is one frame under way, or the end of its connection.
type flight struct {
	index     int32        // its place in flights.all
	number    uint64       // among all of the world, from 1
	conn      *conn        // that it was sent on
	next      *flight      // in the list that it is in
	epoch     uint32       // of the connection, when it left
	ordinal   uint32       // of its command in its pair
	from      side         // the sending end
	command   core.Command // Unknown for an end
	with      bool         // it goes inside WITH
	end       bool         // it is no frame, but the end of the connection
	unordered bool         // it may arrive before what was sent earlier
	body      []byte       // the payload; its memory is used again
}

// list is a chain of flights, oldest first.
type list struct{ head, tail *flight }

// add puts a flight at the end. One is in at most one list, which uses its next.
func (l *list) add(f *flight) {
	f.next = nil
	if l.tail == nil {
		l.head = f
	} else {
		l.tail.next = f
	}
	l.tail = f
}

// flights are the records of what is under way. They and their bodies are used
// again, so that a frame allocates nothing.
type flights struct {
	all   []*flight // by index
	free  *flight   // a chain of those that are not in use
	taken uint64    // how many there have been
}

// take returns a record for a frame that leaves one end of a connection.
func (fs *flights) take(c *conn, from side, command core.Command) *flight {
	f := fs.free
	if f == nil {
		f = &flight{index: int32(len(fs.all))}
		fs.all = append(fs.all, f)
	} else {
		fs.free = f.next
	}
	fs.taken++
	*f = flight{index: f.index, number: fs.taken, conn: c, from: from, command: command, epoch: c.epoch, body: f.body[:0]}
	return f
}

// put takes a record back.
func (fs *flights) put(f *flight) {
	f.next = fs.free
	fs.free = f
}

// freeAll takes back a whole list.
func (fs *flights) freeAll(l list) {
	for f := l.head; f != nil; {
		next := f.next
		fs.put(f)
		f = next
	}
}

// send performs an ActSend; the result is zero, or why it was refused.
func (fr *frames) send(n *Node, a *core.Action) core.Cause {
	c, at := n.sockets.find(a)
	if c == nil {
		return core.CauseUnroutable
	}
	e := &c.ends[at]
	if !e.open || e.life != n.Life {
		return core.CauseUnroutable
	}
	if c.nobody() || !e.ready {
		if !c.redials {
			return core.CauseUnroutable
		}
		// Sent as an original sends, right after its dial. It has no name: no rule can
		// be about what may never leave.
		f := fr.records.take(c, at, a.Command)
		f.put(n, a)
		c.waiting.add(f)
		return 0
	}
	p := e.pair
	// A frame refused here gets no ordinal: that depends on how full the queue is, and
	// must not shift the names of the frames behind.
	if p.full > 0 || e.queued >= fr.opts.Queue {
		return core.CauseWouldBlock
	}
	if a.Command == core.CALL {
		n.lastCall = a.ID
	}
	// A frame that is refused for its fate has its ordinal all the same: the machine
	// may send it again, and that is another frame.
	ordinal := p.ordinals[a.Command] + 1
	fate := fr.fates.decide(p, a.Command, ordinal)
	p.ordinals[a.Command] = ordinal
	if fate.Refuse {
		return core.CauseWouldBlock
	}
	f := fr.records.take(c, at, a.Command)
	f.ordinal = ordinal
	f.put(n, a)
	fr.sent(f, &fate)
	fr.launch(f, &fate)
	return 0
}

// inject sends frames that the sender's machine knows nothing of, on its newest
// connection to another node. They have no ordinal, and no fate befalls them.
func (fr *frames) inject(from, to *Node, command core.Command, body []byte, count int) {
	for i := len(from.sockets.open) - 1; i >= 0; i-- {
		c := from.sockets.open[i]
		for _, at := range [2]side{dialling, listening} {
			if e := &c.ends[at]; e.node != from || c.ends[at.other()].node != to || !e.ready {
				continue
			}
			for range count {
				f := fr.records.take(c, at, command)
				f.body = append(f.body, body...)
				fr.sent(f, nil)
				fr.depart(f, 0)
			}
			return
		}
	}
}

// put puts an ActSend into a frame. One inside WITH has the name of the message in it.
func (f *flight) put(n *Node, a *core.Action) {
	f.with = a.OnWire() == core.WITH
	f.body = appendBody(f.body, n, a)
}

// onWire returns the command that goes over the wire.
func (f *flight) onWire() core.Command {
	if f.with {
		return core.WITH
	}
	return f.command
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

// launch applies its fate to a frame that is about to leave.
func (fr *frames) launch(f *flight, fate *Fate) {
	c := f.conn
	if fate.Corrupt {
		fr.corrupt(f)
	}
	fr.latest = max(fr.latest, fate.Delay)
	f.unordered = fate.Reorder && fr.opts.Model == Adversarial
	for range fate.Copies {
		g := fr.records.take(c, f.from, f.command)
		g.ordinal, g.unordered, g.with = f.ordinal, true, f.with
		g.body = append(g.body, f.body...)
		fr.sent(g, fate)
		fr.depart(g, fate.Delay+fr.latency(g)) // a moment later than the first
	}
	if fate.Drop {
		fr.lost(f, "dropped")
		fr.records.put(f)
	} else {
		fr.depart(f, fate.Delay)
	}
	if fate.Break {
		fr.net.cut(c)
	}
}

// corrupt flips one bit of a frame. Byte 0 stands for the command, which then
// is one that nobody knows.
func (fr *frames) corrupt(f *flight) {
	p := f.conn.ends[f.from].pair
	fr.lies.note(p.from, p.to)
	fr.lies.corrupted = true
	h := dice.Decide(fr.opts.Seed, aboutCorruptWhere, p.key, frameKey(f.command, f.ordinal))
	where := dice.Below(h, uint64(len(f.body))+1)
	if where == 0 {
		f.command, f.with = core.Unknown, false
		return
	}
	f.body[where-1] ^= 1 << (h & 7)
}

// frameKey names a frame among those of its pair.
func frameKey(command core.Command, ordinal uint32) uint64 {
	return uint64(command)<<32 | uint64(ordinal)
}

// latency is how long a frame takes on its way. Copies of a frame, and frames
// without an ordinal, share a hash with another one, which does no harm.
func (fr *frames) latency(f *flight) time.Duration {
	d := &fr.opts.Latency
	if d.Max <= d.Min {
		return d.Min
	}
	return d.Pick(dice.Decide(fr.opts.Seed, aboutLatency, f.conn.ends[f.from].pair.key, frameKey(f.command, f.ordinal)))
}

// depart sends a frame on its way, to arrive after its latency and delay
// and, unless it is unordered, not before what was sent earlier on its connection.
func (fr *frames) depart(f *flight, delay time.Duration) {
	at := fr.time.now + delay + fr.latency(f)
	e := &f.conn.ends[f.from]
	if !f.unordered {
		at = max(at, e.last)
		fr.net.hold(f.conn, e, e.last, at)
		e.last = at
	}
	e.queued++ // until it arrives: the window of TCP is part of the send queue here
	fr.time.push(at, itemFrame, f.index)
}

// deliver: a frame reaches the other end, is held back, or is lost.
func (fr *frames) deliver(f *flight) {
	c := f.conn
	sender := &c.ends[f.from]
	// Whether a way is free is decided at its far end: what was under way when a fault
	// began is behind it too.
	if p := sender.pair; p.stopped() {
		if p.blocked > 0 && fr.opts.Model == Adversarial && !f.end {
			sender.queued--
			fr.lost(f, "its way is cut")
			fr.records.put(f)
			return
		}
		// TCP repeats it until it gets through, and it stays in the queue of its sender.
		sender.held.add(f)
		return
	}
	sender.queued--
	at := f.from.other()
	e := &c.ends[at]
	switch to := e.node; {
	case e.life != to.Life || !to.Up():
		// Frames of an earlier life never arrive in a later one.
		fr.lost(f, "the node that it was sent to is gone")
	case f.end:
		fr.net.lose(c, at, core.CauseLost)
	case fr.opts.Model == Physical && (f.epoch != c.epoch || !e.open):
		// It was under way when the connection broke, or the end has closed it.
		fr.lost(f, "its connection is over")
	case c.redials && at == dialling && to.sockets.dialling[e.link.N] != c:
		// The socket has dialled again: above it, the two connections are one link.
		fr.lost(f, "its socket has dialled again")
	case to.Old && at == listening && to.sockets.newest[e.peer] != c:
		// A newer connection of the same name has taken over.
		fr.lost(f, "a newer connection has taken over")
	default:
		fr.arrived(f)
		fr.net.deliverEvent(e, core.Event{Kind: core.EvFrame, Command: f.onWire(), Body: f.body})
	}
	fr.records.put(f)
}

// loseHeld loses the frames that are held back in one direction. The end of the
// connection is not lost: it is what both ends learn in any case.
func (fr *frames) loseHeld(c *conn, from side) {
	e := &c.ends[from]
	held := e.held
	e.held = list{}
	for f := held.head; f != nil; {
		next := f.next
		if f.end {
			e.held.add(f)
		} else {
			e.queued--
			fr.lost(f, "its connection broke while it was held back")
			fr.records.put(f)
		}
		f = next
	}
}

// burst lets everything go on that is held back in a pair, handshakes included, at
// once and in order, unless another fault still holds it. It walks over all
// connections, which only the end of a fault does.
func (fr *frames) burst(p *pair) {
	if p.stopped() {
		return
	}
	for _, c := range fr.net.conns {
		if c.stuck && (c.ends[dialling].pair == p || c.ends[listening].pair == p) {
			fr.net.resume(c)
		}
		for i := range c.ends {
			e := &c.ends[i]
			if e.pair != p || e.held.head == nil {
				continue
			}
			held := e.held
			e.held = list{}
			at := fr.time.now + fr.opts.Latency.Min
			for f := held.head; f != nil; {
				next := f.next
				fr.time.push(at, itemFrame, f.index)
				f = next
			}
			e.last = max(e.last, at)
		}
	}
}
