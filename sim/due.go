package sim

import (
	"slices"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// A world goes by itself, by Next and RunUntil, or in the hands of somebody who decides
// which of the things that are due at one moment happens first: a search through all that
// may happen, or a scenario that says so by its turns.

// A Due is one of the things that may happen next, all of which are due at one moment.
type Due struct {
	At   time.Duration // the moment
	Node int           // the Index of the only node that it has to do with; -1: several, or none
	item events.Item   // of the queue
}

// Open returns the world of the scenario at its start. The caller decides what happens
// next, by Due, Take and Happen, and looks at nodes by Audit, which the world does not do
// by itself. Lines whose time is free are left to the caller too.
func (s *Scenario) Open(o RunOptions) (*World, error) {
	if o.Checkers == nil {
		o.Checkers = Checkers
	}
	w := New(s.options(&o))
	if err := w.Add(s.Peers...); err != nil {
		return nil, err
	}
	fixed := *s
	fixed.Lines = slices.DeleteFunc(slices.Clone(s.Lines), func(l Line) bool { return l.Until > 0 })
	fixed.load(w)
	for _, it := range w.time.queue.AppendAll(nil) {
		if it.Kind == itemAudit {
			w.time.queue.Remove(it)
		}
	}
	if o.Customise != nil {
		o.Customise(w)
	}
	return w, nil
}

// AppendDue appends what may happen next to dst, in the order in which it was planned,
// which is that of a world that goes by itself. Frames that a connection keeps in their
// order, and faults that were planned, wait for those before them. What changes nothing is
// done at once, and not named.
func (w *World) AppendDue(dst []Due) []Due {
	for w.sweep() {
	}
	return w.appendDue(dst)
}

// sweep does something that is due first and changes nothing: a look at a node, or the
// wake-up of one whose deadline has moved. It reports false if there is no such thing.
func (w *World) sweep() bool {
	var scratch [16]events.Item
	if w.checks.violation != nil || w.time.queue.Len() == 0 {
		return false
	}
	for _, it := range w.time.queue.AppendFirst(scratch[:0]) {
		if it.Kind == itemAudit && w.audits(&it) || it.Kind == itemWake && !w.wakes(&it) {
			w.time.queue.Remove(it)
			w.take(it)
			return true
		}
	}
	return false
}

// audits says whether a node is looked at now, and not after what it has yet to do.
func (w *World) audits(it *events.Item) bool {
	n := w.nodes.list[0]
	if i := int(it.Ref); i < len(w.nodes.list) {
		n = w.nodes.list[i]
	}
	return !n.Up() || n.paused() || n.wakeAt > it.At
}

// wakes says whether a wake-up finds something to do.
func (w *World) wakes(it *events.Item) bool {
	n := w.nodes.list[it.Ref]
	return n.wakeAt == it.At && n.Up() && !n.paused() && n.clock.when(n.machine.Deadline()) <= it.At
}

func (w *World) appendDue(dst []Due) []Due {
	if w.time.queue.Len() == 0 || w.checks.violation != nil {
		return dst
	}
	var scratch [16]events.Item
	first := w.time.queue.AppendFirst(scratch[:0])
	for i := range first {
		if first[i].Kind == itemAudit || w.waits(first[:i], &first[i]) {
			continue
		}
		dst = append(dst, Due{At: max(first[i].At, w.time.now), Node: w.only(&first[i]), item: first[i]})
	}
	return dst
}

// waits says whether something that is due has to wait for one of those planned before it.
func (w *World) waits(earlier []events.Item, it *events.Item) bool {
	for i := range earlier {
		before := &earlier[i]
		switch {
		case before.Kind != it.Kind:
		case it.Kind == itemFrame:
			f, g := w.frames.records.all[it.Ref], w.frames.records.all[before.Ref]
			if f.conn == g.conn && f.from == g.from && !f.unordered && !g.unordered {
				return true
			}
		case it.Kind == itemFault:
			_, made := w.plan.list[it.Ref].(Do)
			_, madeBefore := w.plan.list[before.Ref].(Do)
			if !made && !madeBefore {
				return true
			}
		}
	}
	return false
}

// only returns the Index of the only node that something has to do with, or -1. What comes
// of it at the same moment is about that node too: what it sends is under way for a while.
func (w *World) only(it *events.Item) int {
	switch it.Kind {
	case itemWake:
		return int(it.Ref)
	case itemFrame, itemServed:
		if n := w.concerned(it); n != nil {
			return n.Index
		}
	}
	return -1
}

// Take has one of the things happen that may happen next.
func (w *World) Take(d *Due) {
	w.time.queue.Remove(d.item)
	w.take(d.item)
}

// DueName names one of the things that may happen next, as in any other run that has come
// to the same point.
func (w *World) DueName(d *Due) string {
	if d.item.Kind == itemFault {
		return w.plan.list[d.item.Ref].String()
	}
	return strconv.Itoa(int(d.item.Kind)) + "/" + strconv.Itoa(int(d.item.Ref))
}

// Happen has a fault happen, now, that was not planned.
func (w *World) Happen(f Fault) {
	w.journal.fault(w, f)
	f.Do(w)
}

// Audit has the checkers look at every node that they look at now and then.
func (w *World) Audit() {
	for _, n := range w.nodes.list {
		w.checks.look(n)
	}
}

// Forgo takes back every fault that is planned and has yet to happen, but for the ends of
// those that have, and the looks at what is expected.
func (w *World) Forgo() {
	for _, it := range w.time.queue.AppendAll(nil) {
		if it.Kind != itemFault {
			continue
		}
		if _, made := w.plan.list[it.Ref].(Do); !made {
			w.time.queue.Remove(it)
		}
	}
}

// Finish ends a run that its owner has led: it looks at what is expected of the whole.
func (w *World) Finish() *Violation {
	w.expected.finish(w)
	return w.Violation()
}

// nextByTurns is next while there are turns left.
func (w *World) nextByTurns() {
	if w.sweep() {
		return
	}
	due := w.appendDue(nil)
	i := 0
	if len(due) > 1 {
		if t := w.turns[0]; t < len(due) {
			i = t
		}
		w.turns = w.turns[1:]
	}
	w.Take(&due[i])
}

// Timing returns the constants of the protocol in this world, which must not be changed.
func (w *World) Timing() *core.Timing { return &w.opts.Timing }

// Connected says whether there is a connection between two nodes that either has open.
func (w *World) Connected(a, b *Node) bool {
	for _, c := range a.sockets.open {
		if c.ends[dialling].node == b || c.ends[listening].node == b {
			return true
		}
	}
	return false
}

// Blocked says whether a cut or partition is in force from one node to another.
func (w *World) Blocked(from, to *Node) bool { return w.net.pairs.of(from, to).blocked > 0 }
