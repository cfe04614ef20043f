package core

import (
	"encoding/binary"
	"slices"
	"strings"
)

// AppendState appends a canonical encoding of the machine's state to dst, as it
// is between events, when the sends that were refused have been fed back. Instants
// are relative to now, peers sorted by name, numbers that only ever rise left out.
// It is meant for digests, golden files and the search for loops; it can't be read
// back.
//
// Two machines of one Config with the same encoding answer the same events with
// the same actions, up to the names of links, calls and tickets and to what is
// random, with two exceptions:
//
//   - Order. Peers, calls and timers are kept in the order in which they came, which
//     the encoding does not tell. It decides the order of the actions of a Step and,
//     at a limit, which of two that are due at one time comes first.
//   - The ids of the requests being served. A CALL that comes again, or a VOID, may
//     find its request running in one machine and answered in the other.
func (m *Machine) AppendState(dst []byte) []byte {
	e := encoder{m, dst}
	e.bool(m.stopped)
	peers := make([]*peer, 0, m.peers.len())
	for _, p := range m.peers.slots {
		if p != nil {
			peers = append(peers, p)
		}
	}
	slices.SortFunc(peers, func(a, b *peer) int { return strings.Compare(a.name, b.name) })
	e.uint(uint64(len(peers)))
	for _, p := range peers {
		e.peer(p)
	}
	e.calls()
	e.requests()
	return e.dst
}

// encoder appends the parts of an encoding. Numbers are varints, strings have
// their length before them.
type encoder struct {
	m   *Machine // whose state it is
	dst []byte   // the encoding so far
}

func (e *encoder) uint(v uint64) { e.dst = binary.AppendUvarint(e.dst, v) }

func (e *encoder) string(s string) {
	e.uint(uint64(len(s)))
	e.dst = append(e.dst, s...)
}

func (e *encoder) bool(v bool) {
	if v {
		e.dst = append(e.dst, 1)
	} else {
		e.dst = append(e.dst, 0)
	}
}

// since appends how long ago t was, up to limit: what is older makes no difference.
func (e *encoder) since(t Instant, limit int64) {
	e.uint(uint64(min(max(int64(e.m.now-t), 0), limit)))
}

// until appends the time left of a timer, zero if it is not armed.
func (e *encoder) until(pos int32) {
	if pos == notArmed {
		e.uint(0)
		return
	}
	e.left(e.m.timers.heap[pos].at)
}

// left appends the time left of a timer that is armed.
func (e *encoder) left(at Instant) { e.uint(uint64(max(at-e.m.now, 0)) + 1) }

// peer appends what is known of one peer, but for its calls and requests.
func (e *encoder) peer(p *peer) {
	t := &e.m.cfg.Timing
	e.string(p.name)
	e.string(p.address)
	e.uint(uint64(p.serving))
	e.bool(p.ours)
	e.bool(p.parted)
	if p.parted {
		e.since(p.partAt, int64(p.partCounts(t)))
		e.bool(p.partN == p.listening.n)
	}
	d := &p.dialling
	e.dst = append(e.dst, byte(d.state), d.failures)
	for _, v := range [...]bool{d.stage.joinSent(), d.answered, d.stage.told(), d.stage.met(), d.resumable, d.overdue} {
		e.bool(v)
	}
	e.uint(uint64(d.joins))
	e.uint(uint64(max(d.nextJoin-e.m.now, 0)))
	e.uint(uint64(d.pause))
	e.uint(uint64(d.uses))
	if d.stage.told() {
		e.uint(d.told.Incarnation)
		e.uint(uint64(d.told.Extensions))
		e.uint(d.doubt)
	}
	e.bool(d.heard == 0)
	if d.resumable {
		e.since(d.heard, int64(t.Serve))
	}
	if d.established() {
		e.since(d.since, int64(t.Join))
	}
	if d.established() || d.state == Probe {
		e.uint(d.tick - d.tickBase)
		e.since(d.tickAt, int64(t.Live))
	}
	l := &p.listening
	e.bool(e.m.replacing.peer == p.name)
	e.dst = append(e.dst, byte(l.state))
	e.bool(l.gone.has(l.n))       // whether a frame of link n is stale,
	e.bool(l.gone.latest() > l.n) // and of a somewhat newer one
	if l.state == Serving {
		e.bool(l.proven)
		e.bool(l.met)
		e.bool(l.former.met)
		if l.former.met {
			e.uint(l.former.incarnation)
		}
		e.uint(l.told.Incarnation)
		e.uint(uint64(l.told.Extensions))
		e.bool(l.sent > l.heard)
		e.since(l.heard, int64(t.Serve))
	}
	for _, pos := range p.timers {
		e.until(pos)
	}
	for _, w := range p.seen {
		e.window(w)
	}
	e.window(p.unrun)
	e.window(p.early)
	if p.early != nil {
		e.bool(p.early.link == p.diallingLink())
		e.bool(p.early.link == p.listeningLink())
	}
}

// window appends the ids that are remembered, as distances from the highest.
func (e *encoder) window(w *window) {
	if w == nil || !w.used {
		e.uint(0)
		return
	}
	e.uint(w.incarnation)
	for back := uint32(0); back < windowBits; back++ {
		switch id := w.top - back; {
		case w.has(id):
			e.uint(uint64(back) + 1)
		case id%64 == 63 && w.word(id) == 0:
			back += 63 // nothing is in that word, as in most
		}
	}
	e.uint(0)
}

// requests appends the requests being served, in the order of their slots.
func (e *encoder) requests() {
	m := e.m
	e.uint(uint64(m.requests.running))
	for _, r := range m.requests.slots {
		if !r.live {
			continue
		}
		e.bool(r.wantsReply)
		e.bool(r.voided)
		e.bool(r.canceled)
		if m.stopped {
			continue
		}
		p := m.peers.slots[r.peer]
		e.string(p.name)
		e.bool(p.carries(r.link))
		e.uint(r.incarnation)
	}
}

// calls appends the pending calls in the order of their slots.
func (e *encoder) calls() {
	m := e.m
	e.uint(uint64(m.calls.pending()))
	for _, c := range m.calls.slots {
		if !c.live {
			continue
		}
		e.uint(uint64(m.calls.lastID - c.id))
		if c.timer.pos == inList {
			e.left(c.timer.due)
		} else {
			e.until(c.timer.pos)
		}
		e.bool(c.idempotent)
		e.bool(c.tellDeadline)
		e.string(string(c.head))
		e.string(string(c.method))
		e.string(string(c.body))
		for _, r := range c.rows {
			if !r.pending {
				continue
			}
			p := m.peers.slots[r.peer]
			e.string(p.name)
			e.bool(r.atMostOnce)
			e.bool(r.unrun)
			e.bool(p.carries(r.link))
			e.uint(r.incarnation)
		}
	}
}
