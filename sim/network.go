package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// A network is the connections between nodes. This file has how one comes up,
// disconnect.go how it ends, and ways.go what stops the ways between nodes. What
// is said on connections is the matter of frames.
type network struct {
	// Parts of the world that it has to do with.
	opts   *Options
	time   *timeline
	nodes  *nodes
	frames *frames

	pairs pairs   // what holds between two nodes, whatever their connections
	conns []*conn // by index; a record stays for ever
	// feed has a node take a step, and performs what comes of it: anything may
	// have changed when it returns.
	feed func(n *Node, ev *core.Event)
	ev   core.Event // the one that is being fed; no two are at a time
}

// deliverEvent feeds a node an event that is about its end of a connection. The event
// is put where it need not be allocated.
func (nw *network) deliverEvent(e *end, ev core.Event) {
	nw.ev = ev
	nw.ev.Peer, nw.ev.Link = e.peer, e.link
	nw.feed(e.node, &nw.ev)
}

// dial begins a connection of n; address is a node's name; a dial to an unknown one
// is refused, as by a host without a listener. It returns the connection, so that
// frames that wait for the one before can wait for this one.
func (nw *network) dial(n *Node, peer string, link core.Link, address string) *conn {
	c := &conn{index: int32(len(nw.conns)), redials: n.redialsItself()}
	c.ends[dialling] = end{node: n, life: n.Life, link: link, peer: peer, open: true}
	c.ends[listening] = end{node: nw.nodes.byName[address], peer: n.Called}
	nw.conns = append(nw.conns, c)
	n.sockets.addDialling(c)
	n.sockets.dialled++
	c.key = uint64(n.Index)<<32 | n.sockets.dialled
	target := c.ends[listening].node
	if target == nil {
		nw.time.after(nw.opts.Latency.Max, itemFailed, c.index)
		return c
	}
	c.ends[dialling].pair = nw.pairs.of(n, target)
	c.ends[listening].pair = nw.pairs.of(target, n)
	nw.time.after(nw.handshakeLatency(c, dialling), itemArrive, c.index)
	return c
}

// handshakeLatency is how long the handshake takes in one direction. The dialling
// node's number of the link names the decision, so that it depends neither on other
// nodes nor on when the dial was.
func (nw *network) handshakeLatency(c *conn, from side) time.Duration {
	return nw.opts.Latency.Pick(dice.Decide(nw.opts.Seed, aboutConnect, c.ends[from].pair.key, c.ends[dialling].link.N, c.attempts))
}

// arrive: the dial reaches the listening end, is refused, or is swallowed. TCP and
// the handshake above it are one exchange here: there and back.
func (nw *network) arrive(c *conn) {
	if !c.ends[dialling].open || c.ends[listening].open {
		return
	}
	c.attempts++
	if c.unreachable() { // a black hole neither refuses nor resets
		nw.time.after(nw.opts.synRetry(), itemArrive, c.index)
		return
	}
	if nw.silent(c.ends[dialling].pair) || nw.silent(c.ends[listening].pair) {
		c.stuck = true // TCP has come up, and the bytes above it wait
		return
	}
	to := c.ends[listening].node
	back := nw.handshakeLatency(c, listening)
	if !to.Up() || to.deaf > 0 || c.wrongNode(nw.opts.Keys) {
		nw.time.after(back, itemFailed, c.index)
		return
	}
	nw.accept(c)
	nw.time.after(back, itemUp, c.index)
	// The listening end's first frames must not overtake its handshake.
	c.ends[listening].last = nw.time.now + back
}

// accept opens the listening end, where the connection gets its number. That end
// is up, and may send, before the dialling one has learnt of it.
func (nw *network) accept(c *conn) {
	e := &c.ends[listening]
	e.life = e.node.Life
	e.link = e.node.sockets.addListening(c)
	e.open, e.ready = true, true
	if e.node.reportsLinks() {
		nw.deliverEvent(e, core.Event{Kind: core.EvLinkUp})
	}
}

// comeUp: the dialling end learns that the connection is up.
func (nw *network) comeUp(c *conn) {
	e := &c.ends[dialling]
	if !e.open || e.ready {
		return
	}
	if c.ends[listening].pair.blocked > 0 { // the answer is repeated until it gets through
		nw.time.after(nw.opts.synRetry(), itemUp, c.index)
		return
	}
	if nw.silent(c.ends[listening].pair) {
		c.stuck = true
		return
	}
	if !c.ends[listening].open { // gone again meanwhile
		nw.dialFailed(c)
		return
	}
	e.ready = true
	if e.node.reportsLinks() {
		nw.deliverEvent(e, core.Event{Kind: core.EvLinkUp})
	}
	waiting := c.waiting
	c.waiting = list{}
	for f := waiting.head; f != nil; {
		next := f.next
		f.conn = c // they may have been sent on the connection before
		nw.frames.sent(f, nil)
		nw.frames.depart(f, 0)
		f = next
	}
}

// resume lets a handshake go on that a clog of one of its ways has held back. What
// else is in its way it will find there.
func (nw *network) resume(c *conn) {
	c.stuck = false
	next := itemArrive
	if c.ends[listening].link.N != 0 { // it has been there
		next = itemUp
	}
	nw.time.after(nw.opts.Latency.Min, next, c.index)
}

// dialFailed: the dialling end learns that there will be no connection.
func (nw *network) dialFailed(c *conn) {
	e := &c.ends[dialling]
	if !e.open || e.ready {
		return
	}
	if c.redials { // and above the socket nobody hears of it
		nw.time.after(nw.opts.redialPause(), itemRedial, c.index)
		return
	}
	nw.close(c, dialling)
	cause := core.CauseUnreachable
	if to := c.ends[listening].node; to != nil && to.Up() && c.wrongNode(nw.opts.Keys) {
		cause = core.CauseHandshake
	}
	nw.deliverEvent(e, core.Event{Kind: core.EvLinkLost, Cause: cause})
}

// redial makes a new connection in the place of one whose socket redials by
// itself. The link keeps its number: above the socket nobody is told.
func (nw *network) redial(c *conn) {
	e := &c.ends[dialling]
	if !e.open || e.life != e.node.Life {
		return
	}
	nw.close(c, dialling)
	// Frames sent before the link was up go by the new connection, as they do in
	// libzmq: minutes late, if they have to.
	waiting := c.waiting
	c.waiting = list{}
	if c.nobody() {
		nw.frames.records.freeAll(waiting)
		return
	}
	nw.dial(e.node, e.peer, e.link, c.ends[listening].node.Name).waiting = waiting
}
