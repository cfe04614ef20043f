package sim

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// The ends and beginnings of a node's lives concern it, its connections and its
// checkers.

// crash ends a node's life, if it has one. told says that its TCP tells the
// others.
func (w *World) crash(n *Node, told bool) {
	if n == nil || n.down || n.stopped {
		return
	}
	w.marks.hit(markCrash)
	deferred := n.pause.deferred
	n.down, n.pause = true, pause{}
	w.net.abandon(n, told)
	w.checks.ended(n)
	if n.program != nil {
		n.program.Ended()
	}
	w.missed(deferred)
}

// missed has happen, to a node that has crashed while it was paused, what its user did
// meanwhile: as to any node that is down, whose next life remembers connects.
func (w *World) missed(deferred []events.Item) {
	for _, it := range deferred {
		if it.Kind != itemFault {
			continue
		}
		f := w.plan.list[it.Ref]
		w.journal.fault(w, f)
		f.Do(w)
	}
}

// restart begins a new life of a node. forget says that it does not know what its
// user connected, same that it claims the incarnation of its last life.
func (w *World) restart(n *Node, forget, same bool) {
	if n.stopped {
		w.marks.hit(markGraceful)
		w.checks.ended(n)
	}
	w.crash(n, true)
	w.marks.hit(markRestart)
	n.Life++
	incarnation := n.incarnation
	if n.Repeats = n.Repeats || same; !same {
		incarnation = w.nodes.newIncarnation(n)
	}
	if err := w.nodes.begin(n, incarnation); err != nil {
		panic(err) // the options were valid for the first life, and nothing but numbers changed
	}
	w.net.disown(n)
	if forget && n.program == nil { // a program itself decides what it remembers
		n.wanted = nil
	}
	if n.program != nil {
		n.wanted = slices.DeleteFunc(n.wanted, func(x wanted) bool { return x.own })
		n.program.Begins()
	}
	for _, x := range append([]wanted(nil), n.wanted...) {
		n.want(x.peer, x.address) // it may have room now
		w.feed(n, &core.Event{Kind: core.EvConnect, Peer: x.peer, Address: x.address})
	}
}

// unpause takes back one pause; after the last one the node goes on.
func (w *World) unpause(n *Node) {
	if n.pause.count == 1 {
		w.resume(n)
		return
	}
	n.pause.count--
}

// resume lets a paused node go on, however often it was paused. Events of the pause
// are delivered now, in order.
func (w *World) resume(n *Node) {
	if !n.paused() {
		return
	}
	n.resumed++
	deferred := n.pause.deferred
	n.pause = pause{}
	for _, it := range deferred {
		w.time.push(w.time.now, it.Kind, it.Ref)
	}
	w.nodes.rearm(n)
}
