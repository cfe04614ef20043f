package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// How connections end: an end closes them, they break, or their heartbeats stop.
// Each end learns of it by itself, in its own time. Frames sent to an end that has
// closed are lost there; the adversarial model still delivers them, with their old
// link.

// hangUp closes one end. Frames that it sent before still arrive if the way is
// free. In the physical model those held back are lost at once. The other end is
// told by the connection itself, in order.
func (nw *network) hangUp(c *conn, at side) {
	if !c.ends[at].open {
		return
	}
	nw.close(c, at)
	nw.frames.records.freeAll(c.waiting)
	c.waiting = list{}
	if nw.opts.Model == Physical {
		nw.frames.loseHeld(c, at)
	}
	nw.sendEnd(c, at)
}

// close closes one end, without a word to the other one.
func (nw *network) close(c *conn, at side) {
	e := &c.ends[at]
	e.open, e.ready = false, false
	e.node.sockets.remove(c, at)
}

// sendEnd sends the end of the connection on its way from one end: a FIN, or the
// RST of a machine that knows nothing of it. It takes its place behind the frames.
func (nw *network) sendEnd(c *conn, from side) {
	if c.nobody() || !c.ends[from.other()].open {
		return
	}
	f := nw.frames.records.take(c, from, core.Unknown)
	f.end = true
	nw.frames.depart(f, 0)
}

// lose: one end learns that the connection is gone. It may have closed it itself
// meanwhile, or belong to an earlier life of its node.
func (nw *network) lose(c *conn, at side, cause core.Cause) {
	e := &c.ends[at]
	if !e.open || e.life != e.node.Life || !e.node.Up() {
		return
	}
	if at == dialling && c.redials { // the link stays open above the socket
		e.ready = false
		nw.time.after(nw.opts.redialPause(), itemRedial, c.index)
		return
	}
	nw.close(c, at)
	if e.node.reportsLinks() {
		nw.deliverEvent(e, core.Event{Kind: core.EvLinkLost, Cause: cause})
	}
}

// cut breaks a connection: everything under way on it is lost (in the adversarial
// model it may still arrive), and both ends are told.
func (nw *network) cut(c *conn) {
	if !c.ends[dialling].open && !c.ends[listening].open || c.nobody() {
		return
	}
	if nw.opts.Model == Physical {
		c.epoch++
		nw.frames.loseHeld(c, dialling)
		nw.frames.loseHeld(c, listening)
	}
	for _, from := range [2]side{dialling, listening} { // the notice travels towards each end from the other
		f := nw.frames.records.take(c, from, core.Unknown)
		f.end = true
		nw.frames.depart(f, 0)
	}
}

// cutAll breaks every connection between two nodes.
func (nw *network) cutAll(a, b *Node) {
	for _, c := range append([]*conn(nil), a.sockets.open...) {
		if c.ends[dialling].node == b || c.ends[listening].node == b {
			nw.cut(c)
		}
	}
}

// expire: heartbeats on a connection have been missing for as long as both ends
// allow, unless the fault that stopped them has ended meanwhile. Heartbeats are no
// frames here: they would be most of what happens. The faults that stop them are
// known, and each has the connections that it concerns looked at when it has lasted
// for long enough.
func (nw *network) expire(c *conn) {
	if c.nobody() {
		return
	}
	limit := nw.time.now - nw.opts.Heartbeat
	silent := c.vanished != 0 && c.vanished <= limit
	for i := range c.ends {
		e := &c.ends[i]
		silent = silent || nw.silent(e.pair) && e.pair.silentSince <= limit ||
			e.hush.from <= limit && nw.time.now < e.hush.until || e.node.paused() && e.node.pause.since <= limit
	}
	if !silent {
		return
	}
	for _, at := range [2]side{dialling, listening} {
		e := &c.ends[at]
		// An original has no heartbeats, and a paused process hears of none.
		if !e.open || e.node.Old || e.node.paused() || e.life != e.node.Life {
			continue
		}
		if c.redials && at == dialling {
			continue // a socket that redials by itself finds nobody to dial
		}
		nw.lose(c, at, core.CauseHeartbeat)
		nw.sendEnd(c, at)
	}
}

// expectSilence has every connection of n looked at when heartbeats will have
// been missing for long enough.
func (nw *network) expectSilence(n *Node) {
	if nw.opts.Heartbeat <= 0 {
		return
	}
	for _, c := range n.sockets.open {
		nw.time.after(nw.opts.Heartbeat, itemExpire, c.index)
	}
}

// inOrder says whether heartbeats wait behind the frames that are held back. In the
// adversarial model each frame has a fate of its own.
func (nw *network) inOrder() bool { return nw.opts.Model == Physical }

// hold notes that the next frame from an end arrives at a time and those before it at
// another: heartbeats do not in between.
func (nw *network) hold(c *conn, e *end, before, at time.Duration) {
	from := max(before, nw.time.now)
	if nw.opts.Heartbeat <= 0 || !nw.inOrder() || at-from <= nw.opts.Heartbeat || nw.time.now < e.hush.until {
		return // the connection ends in the hush before this one
	}
	e.hush = hush{from, at}
	nw.time.push(from+nw.opts.Heartbeat, itemExpire, c.index)
}

// closeAll closes what a node that has stopped leaves open, as the system does for
// a process that ends.
func (nw *network) closeAll(n *Node) {
	for len(n.sockets.open) > 0 {
		c := n.sockets.open[0]
		at := c.sideOf(n)
		nw.close(c, at)
		nw.sendEnd(c, at)
	}
}

// abandon ends the connections of a node that is down. told says that its TCP
// tells the others; if not, they find out by the silence.
func (nw *network) abandon(n *Node, told bool) {
	for _, c := range append([]*conn(nil), n.sockets.open...) {
		at := c.sideOf(n)
		nw.close(c, at)
		nw.frames.records.freeAll(c.waiting)
		c.waiting = list{}
		if told {
			nw.sendEnd(c, at)
			continue
		}
		c.vanished = max(nw.time.now, 1)
		n.sockets.ghosts = append(n.sockets.ghosts, c)
		if nw.opts.Heartbeat > 0 {
			nw.time.after(nw.opts.Heartbeat, itemExpire, c.index)
		}
	}
}

// disown resets the connections that an earlier life of a node vanished from: its
// new TCP knows nothing of them.
func (nw *network) disown(n *Node) {
	for _, c := range n.sockets.ghosts {
		from := dialling
		if c.ends[dialling].node != n {
			from = listening
		}
		nw.sendEnd(c, from)
	}
	n.sockets.ghosts = n.sockets.ghosts[:0]
}
