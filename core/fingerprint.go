package core

import (
	"cmp"
	"slices"
)

// AppendFingerprint appends what AppendState does, and everything that it leaves out but
// for counters and what is only shown (Stats, RoundTrip): two machines of one Config with
// the same fingerprint answer the same events, moved by as much as their times differ, with
// the same actions, to the byte. It is what a search through all states of a world tells
// them apart by; a digest or the search for a loop wants AppendState.
func (m *Machine) AppendFingerprint(dst []byte) []byte {
	e := encoder{m, m.AppendState(dst)}
	if draws, err := m.rng.AppendBinary(e.dst); err == nil { // it never fails
		e.dst = draws
	}
	e.uint(m.dialSeq)
	e.uint(m.peers.made)
	e.uint(m.replacing.n)
	for _, p := range m.peers.slots {
		e.bool(p != nil)
		if p != nil {
			e.names(p)
		}
	}
	e.slots(m.peers.freeSlots)
	e.uint(uint64(m.peers.idleFirst + 1)) // which begins a list: see names
	e.uint(uint64(m.calls.lastID))
	for _, c := range m.calls.slots {
		e.bool(c.live)
		if c.live {
			e.rows(c)
		}
	}
	e.slots(m.calls.freeSlots)
	for i := range m.requests.slots {
		r := &m.requests.slots[i]
		e.uint(uint64(r.generation))
		e.bool(r.live)
		if r.live {
			e.uint(uint64(r.id))
			e.link(r.link)
		}
	}
	e.slots(m.requests.freeSlots)
	e.order()
	return e.dst
}

func (e *encoder) link(l Link) {
	e.uint(uint64(l.Half))
	e.uint(l.N)
}

func (e *encoder) slots(list []int32) {
	e.uint(uint64(len(list)))
	for _, slot := range list {
		e.uint(uint64(slot))
	}
}

// names appends the numbers of a peer's links, ticks and lives, and the ids of calls.
func (e *encoder) names(p *peer) {
	e.string(p.name)
	e.uint(p.self)
	e.uint(p.partN)
	e.uint(uint64(p.next + 1))
	d, l := &p.dialling, &p.listening
	for _, v := range [...]uint64{d.n, d.tick, d.tickBase, l.n, l.former.n, uint64(l.nudge)} {
		e.uint(v)
	}
	e.bool(l.stayed == 0)
	for _, n := range l.gone {
		e.uint(n)
	}
	for _, w := range [...]*window{p.seen[0], p.seen[1], p.seen[2], p.seen[3], p.early, p.unrun} {
		e.bool(w != nil)
		if w != nil {
			e.uint(uint64(w.top))
			e.link(w.link)
		}
	}
}

// rows appends the names of a pending call, and of the links that it went by.
func (e *encoder) rows(c *call) {
	e.uint(uint64(c.id))
	e.uint(uint64(c.handle))
	e.left(c.deadline)
	e.uint(uint64(len(c.rows)))
	for i := range c.rows {
		r := &c.rows[i]
		e.uint(uint64(r.peer))
		e.bool(r.pending)
		e.bool(r.resent)
		e.link(r.link)
	}
}

// order appends the armed timers as they will fire.
func (e *encoder) order() {
	q := &e.m.timers
	armed := slices.Clone(q.heap)
	for t := q.due.first; t != nil; t = t.next {
		armed = append(armed, timerItem{at: t.due, seq: t.seq, owner: t.slot, kind: timerCall})
	}
	slices.SortFunc(armed, func(a, b timerItem) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Compare(a.seq, b.seq)
	})
	e.uint(uint64(len(armed)))
	for i := range armed {
		e.uint(uint64(armed[i].kind))
		e.uint(uint64(armed[i].owner))
	}
}
