package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// The two ends of a connection, as indices: side s sends in direction s.
const (
	dialEnd   = 0
	acceptEnd = 1
)

// conn is one connection, dialled by nodes[0] and accepted by nodes[1]. Its
// record outlives it: a frame that is delivered late keeps its connection, and
// with it its link numbers.
type conn struct {
	nodes [2]int32
	lives [2]uint32    // of the nodes, when the connection was made
	links [2]core.Link // as each node calls it
	pairs [2]int32     // by direction
	names [2]string    // what each end calls the other one
	open  [2]bool      // the end has not closed it, nor has it learnt of its end
	ready [2]bool      // the end may send

	epoch    uint32           // counts breaks: what was in flight before one is lost
	queued   [2]int32         // frames on their way, by direction
	last     [2]time.Duration // when the newest frame of a direction arrives: FIFO
	held     [2]list          // frames that can't arrive at present
	waiting  list             // frames sent before the connection is up, by who redials by itself
	attempts uint64           // arrivals that led nowhere
	auto     bool             // the dialling socket redials by itself, as libzmq does
	vanished time.Duration    // since when one end has gone without a word; 0 means it has not
}

// list is a chain of flights, oldest first; 0 ends it, since flight 0 is never used.
type list struct{ head, tail int32 }

// pair is what holds for all frames from one node to another.
type pair struct {
	from, to int32
	key      uint64
	ordinals [commands]uint32
	rules    []*FrameRule

	blocked, clogged, full int // how many faults in force say so
	blockedSince           time.Duration
}

const commands = int(core.VOID) + 1

// pairOf returns the index of the pair (from, to), which it makes at need.
func (w *World) pairOf(from, to int32) int32 {
	k := uint64(uint32(from))<<32 | uint64(uint32(to))
	if i, ok := w.pairIndex[k]; ok {
		return i
	}
	i := int32(len(w.pairs))
	w.pairs = append(w.pairs, pair{
		from: from, to: to,
		key: dice.Mix(w.nodes[from].key) ^ w.nodes[to].key*0x9e3779b97f4a7c15,
	})
	w.pairIndex[k] = i
	return i
}

// dial begins a connection of n to whoever lives at address.
func (w *World) dial(n *Node, peer string, link core.Link, address string) {
	target, known := w.byName[address]
	ci := int32(len(w.conns))
	c := conn{auto: n.redialsItself()}
	c.nodes[dialEnd], c.lives[dialEnd] = n.index, n.life
	c.links[dialEnd], c.names[dialEnd] = link, peer
	c.nodes[acceptEnd], c.names[acceptEnd] = -1, n.Name
	c.open[dialEnd] = true
	if known {
		c.nodes[acceptEnd] = target
		c.pairs[dialEnd] = w.pairOf(n.index, target)
		c.pairs[acceptEnd] = w.pairOf(target, n.index)
	}
	w.conns = append(w.conns, c)
	n.setDial(link, ci)
	n.conns = append(n.conns, ci)
	if !known {
		w.queue.Push(w.now+w.opts.Latency.Max, itemFailed, ci)
		return
	}
	w.queue.Push(w.now+w.connectLatency(ci, dialEnd), itemArrive, ci)
}

// connectLatency is how long the connection takes in one direction to come up.
func (w *World) connectLatency(ci int32, end int) time.Duration {
	c := &w.conns[ci]
	return w.opts.Latency.Pick(dice.Decide(w.opts.Seed, aboutConnect, w.pairs[c.pairs[end]].key, c.links[dialEnd].N, c.attempts))
}

// unreachable says whether a handshake between the two ends can't go on at present.
func (w *World) unreachable(c *conn) bool {
	return w.pairs[c.pairs[dialEnd]].blocked > 0 || w.pairs[c.pairs[acceptEnd]].blocked > 0 ||
		w.nodes[c.nodes[acceptEnd]].paused
}

// synRetry is how long TCP waits before it repeats its opening segment: 1 s,
// scaled as the protocol is.
func (w *World) synRetry() time.Duration { return max(w.opts.Timing.Join/5, 1) }

// arrive: the dial reaches the listening end, is refused, or is swallowed.
func (w *World) arrive(ci int32) {
	c := &w.conns[ci]
	if !c.open[dialEnd] || c.open[acceptEnd] {
		return
	}
	c.attempts++
	if w.unreachable(c) { // a black hole neither refuses nor resets
		w.queue.Push(w.now+w.synRetry(), itemArrive, ci)
		return
	}
	to := w.nodes[c.nodes[acceptEnd]]
	back := w.connectLatency(ci, acceptEnd)
	if !to.Up() || to.deaf {
		w.queue.Push(w.now+back, itemFailed, ci)
		return
	}
	if w.opts.Keys && c.names[dialEnd] != to.Name {
		w.queue.Push(w.now+back, itemFailed, ci)
		return
	}
	w.accept(ci, to)
	w.queue.Push(w.now+back, itemUp, ci)
	w.conns[ci].last[acceptEnd] = w.now + back
}

// accept gives the connection its number at the listening end.
func (w *World) accept(ci int32, to *Node) {
	c := &w.conns[ci]
	to.accepts = append(to.accepts, ci)
	to.conns = append(to.conns, ci)
	c.lives[acceptEnd] = to.life
	c.links[acceptEnd] = core.Link{Half: core.Listening, N: uint64(len(to.accepts))}
	c.open[acceptEnd], c.ready[acceptEnd] = true, true
	if to.Old {
		to.newest[c.names[acceptEnd]] = ci // ROUTER_HANDOVER: the newest connection of a name takes over
	}
	if to.reports() {
		w.feed(to, w.event(core.Event{Kind: core.EvLinkUp, Peer: c.names[acceptEnd], Link: c.links[acceptEnd]}))
	}
}

// comeUp: the dialling end learns that the connection is up.
func (w *World) comeUp(ci int32) {
	c := &w.conns[ci]
	if !c.open[dialEnd] || c.ready[dialEnd] {
		return
	}
	if w.pairs[c.pairs[acceptEnd]].blocked > 0 {
		w.queue.Push(w.now+w.synRetry(), itemUp, ci)
		return
	}
	if !c.open[acceptEnd] { // gone again meanwhile
		w.dialFailed(ci)
		return
	}
	c.ready[dialEnd] = true
	n := w.nodes[c.nodes[dialEnd]]
	if n.reports() {
		w.feed(n, w.event(core.Event{Kind: core.EvLinkUp, Peer: c.names[dialEnd], Link: c.links[dialEnd]}))
	}
	w.flushWaiting(ci)
}

// flushWaiting sends what was queued before the connection was up.
func (w *World) flushWaiting(ci int32) {
	c := &w.conns[ci]
	waiting := c.waiting
	c.waiting = list{}
	for f := waiting.head; f != 0; {
		next := w.flights[f].next
		w.flights[f].conn = ci
		w.depart(f)
		f = next
	}
}

// dialFailed: the dialling end learns that there will be no connection.
func (w *World) dialFailed(ci int32) {
	c := &w.conns[ci]
	if !c.open[dialEnd] || c.ready[dialEnd] {
		return
	}
	n := w.nodes[c.nodes[dialEnd]]
	if c.auto {
		w.queue.Push(w.now+w.redialPause(), itemRedial, ci)
		return
	}
	w.closeEnd(ci, dialEnd)
	cause := core.CauseUnreachable
	if to := c.nodes[acceptEnd]; to >= 0 && w.nodes[to].Up() && w.opts.Keys && c.names[dialEnd] != w.nodes[to].Name {
		cause = core.CauseHandshake
	}
	w.feed(n, w.event(core.Event{Kind: core.EvLinkLost, Peer: c.names[dialEnd], Link: c.links[dialEnd], Cause: cause}))
}

// redialPause is libzmq's RECONNECT_IVL: 100 ms, scaled as the protocol is.
func (w *World) redialPause() time.Duration { return max(w.opts.Timing.Join/50, 1) }

// redial makes a new connection in place of one whose socket redials by
// itself. The link keeps its number: nobody above the socket is told.
func (w *World) redial(ci int32) {
	c := &w.conns[ci]
	n := w.nodes[c.nodes[dialEnd]]
	if !c.open[dialEnd] || c.lives[dialEnd] != n.life {
		return
	}
	w.closeEnd(ci, dialEnd)
	peer, link, waiting := c.names[dialEnd], c.links[dialEnd], c.waiting
	c.waiting = list{}
	if c.nodes[acceptEnd] < 0 {
		w.drain(waiting)
		return
	}
	w.dial(n, peer, link, w.nodes[c.nodes[acceptEnd]].Name)
	w.conns[len(w.conns)-1].waiting = waiting
}

// hangUp closes one end. What it sent before still arrives if the way is free;
// what is held back is lost when linger expires. The other end is told by the
// connection itself, in order.
func (w *World) hangUp(ci int32, end int) {
	c := &w.conns[ci]
	if !c.open[end] {
		return
	}
	w.closeEnd(ci, end)
	w.drain(c.waiting)
	c.waiting = list{}
	if w.opts.Model == Physical {
		w.dropHeld(ci, end)
	}
	w.sendEnd(ci, end)
}

// sendEnd sends the end of the connection on its way from one end.
func (w *World) sendEnd(ci int32, end int) {
	if c := &w.conns[ci]; c.nodes[acceptEnd] < 0 || !c.open[1-end] {
		return
	}
	f := w.newFlight(ci, end, core.Unknown)
	w.flights[f].fin = true
	w.depart(f)
}

// closeEnd marks one end closed and forgets the connection there.
func (w *World) closeEnd(ci int32, end int) {
	c := &w.conns[ci]
	c.open[end], c.ready[end] = false, false
	n := w.nodes[c.nodes[end]]
	for i, other := range n.conns {
		if other == ci {
			n.conns = append(n.conns[:i], n.conns[i+1:]...)
			break
		}
	}
	if n.Old && end == acceptEnd && n.newest[c.names[end]] == ci {
		delete(n.newest, c.names[end])
	}
}

// lose: one end learns that the connection is gone.
func (w *World) lose(ci int32, end int, cause core.Cause) {
	c := &w.conns[ci]
	n := w.nodes[c.nodes[end]]
	if !c.open[end] || c.lives[end] != n.life || !n.Up() {
		return
	}
	if end == dialEnd && c.auto {
		c.ready[dialEnd] = false
		w.queue.Push(w.now+w.redialPause(), itemRedial, ci)
		return
	}
	w.closeEnd(ci, end)
	if n.reports() {
		w.feed(n, w.event(core.Event{Kind: core.EvLinkLost, Peer: c.names[end], Link: c.links[end], Cause: cause}))
	}
}

// breakConn cuts a connection: everything on its way is lost (in the
// adversarial model it may still arrive), and both ends are told.
func (w *World) breakConn(ci int32) {
	c := &w.conns[ci]
	if !c.open[dialEnd] && !c.open[acceptEnd] || c.nodes[acceptEnd] < 0 {
		return
	}
	if w.opts.Model == Physical {
		c.epoch++
		w.dropHeld(ci, dialEnd)
		w.dropHeld(ci, acceptEnd)
	}
	for end := range 2 { // the notice travels towards each end from the other
		f := w.newFlight(ci, end, core.Unknown)
		w.flights[f].fin = true
		w.depart(f)
	}
}

// expire: heartbeats on a connection have been missing for as long as both
// ends allow.
func (w *World) expire(ci int32) {
	c := &w.conns[ci]
	limit := w.now - w.opts.Heartbeat
	silent := c.vanished != 0 && c.vanished <= limit
	for end := range 2 {
		p := &w.pairs[c.pairs[end]]
		n := w.nodes[c.nodes[end]]
		silent = silent || p.blocked > 0 && p.blockedSince <= limit || n.paused && n.pausedSince <= limit
	}
	if !silent {
		return
	}
	for end := range 2 {
		c := &w.conns[ci] // lose may have made it move
		n := w.nodes[c.nodes[end]]
		if !c.open[end] || n.Old || n.paused || c.lives[end] != n.life {
			continue
		}
		if c.auto && end == dialEnd {
			continue // a socket that redials by itself finds nobody to dial
		}
		w.lose(ci, end, core.CauseHeartbeat)
		w.sendEnd(ci, end)
	}
}

// expectSilence has every connection of n checked when heartbeats will have
// been missing for long enough.
func (w *World) expectSilence(n *Node) {
	if w.opts.Heartbeat <= 0 {
		return
	}
	for _, ci := range n.conns {
		w.queue.Push(w.now+w.opts.Heartbeat, itemExpire, ci)
	}
}
