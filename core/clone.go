package core

import "slices"

// Clone returns a machine that behaves as m does from here on, and shares
// nothing with it but what neither writes: the bytes of pending calls.
func (m *Machine) Clone() *Machine {
	c := *m
	c.peers = m.peers.clone()
	c.calls = m.calls.clone()
	c.requests = m.requests.clone()
	c.timers = m.timers.clone(&c.peers, &c.calls)
	c.undo = m.undo.clone()
	c.out = output{stats: m.out.stats}
	return &c
}

// clone returns a copy that shares nothing with t.
func (t *peerTable) clone() peerTable {
	c := *t
	c.last = nil
	c.byName = nil
	c.slots = make([]*peer, len(t.slots))
	for slot, p := range t.slots {
		if p == nil {
			continue
		}
		q := *p
		for i, w := range p.seen {
			q.seen[i] = w.clone()
		}
		q.early = p.early.clone()
		q.unrun = p.unrun.clone()
		c.slots[slot] = &q
		c.index(&q)
	}
	c.freeSlots = slices.Clone(t.freeSlots)
	return c
}

// clone returns a copy that shares the bytes of the pending calls with t, but not
// their timers, which the caller copies.
func (t *callTable) clone() callTable {
	c := *t
	c.slots = make([]*call, len(t.slots))
	for i, x := range t.slots {
		y := *x
		y.rows = slices.Clone(x.rows)
		c.slots[i] = &y
	}
	c.freeSlots = slices.Clone(t.freeSlots)
	c.byID, c.byHandle = t.byID.clone(), t.byHandle.clone()
	return c
}

// clone returns a copy that shares nothing with t.
func (t *requestTable) clone() requestTable {
	return requestTable{slices.Clone(t.slots), slices.Clone(t.freeSlots), t.running}
}

// clone returns a copy whose timers belong to the peers and calls of a copied
// machine.
func (q *timerQueue) clone(peers *peerTable, calls *callTable) timerQueue {
	c := timerQueue{heap: slices.Clone(q.heap), seq: q.seq}
	for i := range c.heap {
		if t := &c.heap[i]; t.kind == timerCall {
			t.pos = &calls.slots[t.owner].timer.pos
		} else {
			t.pos = &peers.slots[t.owner].timers[t.kind]
		}
	}
	for t := q.due.first; t != nil; t = t.next {
		c.due.push(&calls.slots[t.slot].timer)
	}
	return c
}

// clone returns a copy with cells of its own.
func (x *index) clone() index {
	return index{slices.Clone(x.cells), x.shift, x.n}
}

// clone returns a copy, nil of nil.
func (w *window) clone() *window {
	if w == nil {
		return nil
	}
	c := *w
	for i, b := range w.blocks {
		if b != nil {
			bits := *b
			c.blocks[i] = &bits
		}
	}
	return &c
}
