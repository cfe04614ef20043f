package sim

import (
	"cmp"
	"encoding/binary"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// AppendFingerprint appends everything that decides what happens from here on in a world
// whose owner decides what is due next: its nodes, what is under way and planned, and what
// its users were told. Times are relative to now, but for now itself. What checkers
// remember is not in it, nor the memory of a Double, nor how often things have happened. Two worlds of one scenario
// with the same fingerprint do the same when they are led the same way.
//
// It is meant for between two steps, and for worlds without programs.
func (w *World) AppendFingerprint(dst []byte) []byte {
	p := &print{w: w, dst: dst}
	p.time(w.time.now + 1)
	for _, n := range w.nodes.list {
		p.node(n)
	}
	p.connections()
	p.pairs()
	p.planned()
	p.calls()
	p.bool(w.lies.any)
	p.bool(w.lies.corrupted)
	p.number(uint64(len(w.lies.strays)))
	return p.dst
}

// print writes a fingerprint.
type print struct {
	w   *World // whose it is
	dst []byte // as far as it is written
}

func (p *print) number(n uint64) { p.dst = binary.AppendUvarint(p.dst, n) }

func (p *print) bool(b bool) {
	if b {
		p.number(1)
	} else {
		p.number(0)
	}
}

func (p *print) text(s string) {
	p.number(uint64(len(s)))
	p.dst = append(p.dst, s...)
}

func (p *print) bytes(b []byte) {
	p.number(uint64(len(b)))
	p.dst = append(p.dst, b...)
}

// time is how far a moment is away, zero for all of the past.
func (p *print) time(t time.Duration) { p.number(uint64(max(t-p.w.time.now, 0))) }

// since is how long a moment is past.
func (p *print) since(t time.Duration) { p.number(uint64(p.w.time.now - t)) }

// node writes what a node is, without what is on its connections.
func (p *print) node(n *Node) {
	for _, b := range [...]bool{n.down, n.stopped, n.Repeats, n.foreign} {
		p.bool(b)
	}
	p.number(uint64(n.Life))
	p.number(uint64(n.deaf))
	p.number(uint64(n.pause.count))
	if n.paused() {
		p.since(n.pause.since)
		p.number(uint64(len(n.pause.deferred)))
		for i := range n.pause.deferred {
			p.item(&n.pause.deferred[i])
		}
	}
	for _, d := range n.slow {
		p.number(uint64(d))
	}
	for i := range n.wanted {
		x := &n.wanted[i]
		p.text(x.peer)
		p.text(x.address)
		p.bool(x.full)
	}
	p.number(uint64(n.lastCall))
	p.number(uint64(len(n.sockets.listening)))
	c := &n.clock
	p.number(uint64(c.ppm))
	p.number(uint64(c.frozen))
	p.number(uint64(c.at(p.w.time.now)))
	p.number(uint64(c.reading(p.w.time.now)))
	if n.down || n.foreign {
		return
	}
	if n.Machine != nil {
		p.dst = n.Machine.AppendFingerprint(p.dst)
	} else if old, ok := n.machine.(*original.Peer); ok {
		p.dst = old.AppendFingerprint(p.dst)
	}
	if until := n.machine.Deadline(); until != core.Never {
		p.time(c.when(until))
	}
}

// connections writes those that may still come to something, by their dialling nodes and
// then by age: their order among those of different nodes decides nothing.
func (p *print) connections() {
	var scratch [16]*conn
	live := scratch[:0]
	for _, c := range p.w.net.conns {
		if !p.over(c) {
			live = append(live, c)
		}
	}
	slices.SortFunc(live, func(a, b *conn) int { return cmp.Compare(a.key, b.key) })
	for _, c := range live {
		p.number(c.key)
		p.conn(c)
	}
	p.number(0)
}

// over says whether a connection is closed at both ends, and nothing is held back on it.
func (p *print) over(c *conn) bool {
	d, l := &c.ends[dialling], &c.ends[listening]
	return !d.open && !l.open && d.held.head == nil && l.held.head == nil && c.waiting.head == nil && c.vanished == 0
}

func (p *print) conn(c *conn) {
	p.number(c.attempts)
	p.bool(c.redials)
	p.bool(c.stuck)
	p.bool(c.vanished != 0)
	if c.vanished != 0 {
		p.since(c.vanished)
	}
	for i := range c.ends {
		e := &c.ends[i]
		if e.node == nil {
			continue
		}
		p.number(uint64(e.node.Index))
		p.bool(e.life == e.node.Life)
		p.number(e.link.N)
		p.text(e.peer)
		p.bool(e.open)
		p.bool(e.ready)
		p.bool(e.node.sockets.newest[e.peer] == c)
		p.number(uint64(e.queued))
		p.time(e.last)
		p.flights(e.held)
		lasts := p.w.time.now < e.hush.until
		p.bool(lasts)
		if lasts {
			p.since(e.hush.from)
			p.time(e.hush.until)
		}
	}
	p.flights(c.waiting)
}

func (p *print) flights(l list) {
	for f := l.head; f != nil; f = f.next {
		p.flight(f)
	}
	p.number(0)
}

func (p *print) flight(f *flight) {
	p.number(f.conn.key)
	p.number(uint64(f.from))
	if to := &f.conn.ends[f.from.other()]; to.node != nil { // the connection may be over
		p.number(to.link.N)
		p.bool(to.open)
		p.bool(to.life == to.node.Life)
	}
	p.number(uint64(f.command))
	for _, b := range [...]bool{f.with, f.end, f.unordered, f.epoch == f.conn.epoch} {
		p.bool(b)
	}
	p.bytes(f.body)
}

// pairs writes the ways between all nodes, in the order of these.
func (p *print) pairs() {
	for i := range p.w.nodes.list {
		for j := range p.w.nodes.list {
			if x := p.w.net.pairs.index[uint64(uint32(i))<<32|uint64(uint32(j))]; x != nil {
				p.pair(x)
			}
		}
	}
}

// pair writes what holds for a way. The names of frames matter where a rule is about them.
func (p *print) pair(x *pair) {
	p.number(uint64(x.from.Index))
	p.number(uint64(x.to.Index))
	p.number(uint64(x.blocked))
	p.number(uint64(x.clogged))
	p.number(uint64(x.full))
	if p.w.net.silent(x) {
		p.since(x.silentSince)
	}
	if len(x.rules) > 0 {
		for _, n := range x.ordinals {
			p.number(uint64(n))
		}
	}
}

// planned writes what is in the queue, but for wake-ups, which nodes tell. Of what is due
// at one moment only the order on one connection means something, and that is kept.
func (p *print) planned() {
	var scratch [32]events.Item
	items := slices.DeleteFunc(p.w.time.queue.AppendAll(scratch[:0]), func(it events.Item) bool {
		return it.Kind == itemWake || it.Kind == itemAudit
	})
	slices.SortFunc(items, func(a, b events.Item) int {
		if a.At != b.At {
			return cmp.Compare(a.At, b.At)
		}
		if a.Kind != b.Kind {
			return cmp.Compare(a.Kind, b.Kind)
		}
		if x := cmp.Compare(p.where(&a), p.where(&b)); x != 0 {
			return x
		}
		return events.Compare(a, b)
	})
	for i := range items {
		p.time(items[i].At)
		p.item(&items[i])
	}
	p.number(0)
}

// where is what an item is about: equal only where the order of two means something.
func (p *print) where(it *events.Item) uint64 {
	switch it.Kind {
	case itemFrame:
		f := p.w.frames.records.all[it.Ref]
		return f.conn.key<<1 | uint64(f.from)
	case itemServed:
		s := &p.w.services.list[it.Ref]
		return uint64(s.node.Index)<<32 | uint64(s.ticket.Slot())
	case itemFault:
		return 0
	}
	return p.w.net.conns[it.Ref].key // all others are about connections
}

func (p *print) item(it *events.Item) {
	p.number(uint64(it.Kind))
	switch it.Kind {
	case itemFrame:
		p.flight(p.w.frames.records.all[it.Ref])
	case itemServed:
		s := &p.w.services.list[it.Ref]
		p.number(uint64(s.node.Index))
		p.bool(s.life == s.node.Life)
		p.number(uint64(s.ticket))
		p.bytes(s.method)
		p.bytes(s.body)
		p.bytes(s.head)
	case itemFault:
		p.text(p.w.plan.list[it.Ref].String())
	default:
		p.number(p.w.net.conns[it.Ref].key)
	}
}

// calls writes what users were told, and what the scenario expects of it.
func (p *print) calls() {
	w := p.w
	p.number(uint64(len(w.calls.list)))
	for _, c := range w.calls.list {
		p.bool(c.Done)
		p.number(uint64(c.Refused))
		p.number(uint64(len(c.Rows)))
		for i := range c.Rows {
			p.text(c.Rows[i].Peer)
			p.number(uint64(c.Rows[i].Outcome))
		}
	}
	for _, ex := range w.expected.lines {
		p.bool(ex.looked)
		p.bool(ex.missed != "")
		if !ex.timed() {
			p.bool(ex.check(w) == "")
		}
	}
	p.number(uint64(len(w.checks.unmet)))
	for _, r := range w.expected.rules {
		p.bool(r.met)
	}
}
