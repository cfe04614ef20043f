package sim

import (
	"maps"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// Copy returns a copy of the world that goes on by itself: led the same way, it does the
// same, and neither has to do with the other. It is meant for between two steps, and for
// worlds that have been made by Open. It returns nil if there is something that can't be
// copied: a program, a Double, the double of an old peer, an observer, a trace, a digest, a fault
// made by Do that is yet to happen (the end of one that lasts, or the look at an
// expectation), or a checker that is no check.Copies. Who watches frames (OnFrame) watches
// those of this world only.
func (w *World) Copy() *World {
	if !w.copies() {
		return nil
	}
	c := &World{
		opts: w.opts, time: w.time, lies: w.lies, marks: w.marks, services: w.services,
		events: w.events, eventsMax: w.eventsMax, turns: slices.Clone(w.turns),
	}
	c.time.queue = w.time.queue.Clone()
	c.plan = plan{time: &c.time, list: slices.Clone(w.plan.list), era: w.plan.era}
	c.copyNodes(w)
	c.copyNetwork(w)
	c.lies.pairs, c.lies.strays = maps.Clone(w.lies.pairs), slices.Clone(w.lies.strays)
	for i := range c.lies.strays {
		s := &c.lies.strays[i]
		s.node, s.at = c.like(s.node), c.like(s.at)
	}
	c.copyCalls(w)
	c.copyExpected(w)
	c.steps.count = w.steps.count
	if !c.copyChecks(w) {
		return nil
	}
	return c
}

// copies says whether the world is one that can be copied, but for its checkers.
func (w *World) copies() bool {
	if w.opts.Double != nil || w.guests.drive != nil || w.guests.rest != nil || len(w.journal.observers) > 0 || w.journal.trace != nil || w.journal.digest.On() ||
		len(w.frames.passing) > 0 || w.time.watch != nil || w.fates.recording || w.checks.violation != nil || len(w.steps.refused) > 0 {
		return false
	}
	for _, n := range w.nodes.list {
		if n.program != nil || n.Old || n.foreign {
			return false
		}
		for i := range n.pause.deferred {
			if w.made(&n.pause.deferred[i]) {
				return false
			}
		}
	}
	var scratch [32]events.Item
	for _, it := range w.time.queue.AppendAll(scratch[:0]) {
		if w.made(&it) {
			return false
		}
	}
	return true
}

// made says whether an item is a fault that was made by Do.
func (w *World) made(it *events.Item) bool {
	if it.Kind != itemFault {
		return false
	}
	_, made := w.plan.list[it.Ref].(Do)
	return made
}

// like returns the node of a copy in the place of n.
func (w *World) like(n *Node) *Node {
	if n == nil {
		return nil
	}
	return w.nodes.list[n.Index]
}

// copyNodes copies the nodes of o, without their connections.
func (w *World) copyNodes(o *World) {
	w.nodes = nodes{opts: &w.opts, time: &w.time, list: make([]*Node, len(o.nodes.list)), byName: make(map[string]*Node, len(o.nodes.list))}
	for i, n := range o.nodes.list {
		m := *n
		m.Node = n.Copied()
		m.Machine = n.Machine.Clone()
		m.machine = m.Machine
		m.pause.deferred = slices.Clone(n.pause.deferred)
		m.slow, m.wanted = slices.Clone(n.slow), slices.Clone(n.wanted)
		w.nodes.list[i] = &m
		w.nodes.byName[m.Name] = &m
	}
}

// copyNetwork copies the connections of o, and what is under way on them.
func (w *World) copyNetwork(o *World) {
	from := &o.net
	w.fates = fates{opts: &w.opts, plan: &w.plan, rates: o.fates.rates, calm: o.fates.calm}
	w.net = network{
		opts: &w.opts, time: &w.time, nodes: &w.nodes, frames: &w.frames,
		pairs: pairs{index: make(map[uint64]*pair, len(from.pairs.list))}, feed: w.feed,
		conns: make([]*conn, len(from.conns)),
	}
	w.frames = frames{opts: &w.opts, time: &w.time, net: &w.net, fates: &w.fates, lies: &w.lies, latest: o.frames.latest}
	for _, p := range from.pairs.list {
		q := w.net.pairs.of(w.like(p.from), w.like(p.to))
		f, t := q.from, q.to
		*q = *p
		q.from, q.to, q.rules = f, t, slices.Clone(p.rules)
		for i, r := range q.rules {
			s := *r
			q.rules[i] = &s
		}
	}
	conns := make([]conn, len(from.conns))
	for i := range conns {
		w.net.conns[i] = &conns[i]
	}
	w.copyFlights(o)
	for i, d := range from.conns {
		e := &conns[i]
		*e = *d
		e.waiting = w.frames.records.like(d.waiting)
		for j := range e.ends {
			end := &e.ends[j]
			end.node = w.like(end.node)
			if p := end.pair; p != nil {
				end.pair = w.net.pairs.of(w.like(p.from), w.like(p.to))
			}
			end.held = w.frames.records.like(end.held)
		}
	}
	for _, n := range w.nodes.list {
		s := &n.sockets
		s.dialling, s.listening = w.net.like(s.dialling), w.net.like(s.listening)
		s.open, s.ghosts = w.net.like(s.open), w.net.like(s.ghosts)
	}
}

// like returns a list of the connections of a copy in the place of those of another world.
func (nw *network) like(conns []*conn) []*conn {
	conns = slices.Clone(conns)
	for i, d := range conns {
		if d != nil {
			conns[i] = nw.conns[d.index]
		}
	}
	return conns
}

// copyFlights copies the records of what is under way in o.
func (w *World) copyFlights(o *World) {
	from, to := &o.frames.records, &w.frames.records
	all := make([]flight, len(from.all))
	to.all, to.taken = make([]*flight, len(all)), from.taken
	for i := range all {
		to.all[i] = &all[i]
	}
	for i, f := range from.all {
		g := &all[i]
		*g = *f
		g.body = slices.Clone(f.body)
		if f.conn != nil {
			g.conn = w.net.conns[f.conn.index]
		}
		g.next = to.at(f.next)
	}
	to.free = to.at(from.free)
}

// at returns the record in the place of one of another world, nil for nil.
func (fs *flights) at(f *flight) *flight {
	if f == nil {
		return nil
	}
	return fs.all[f.index]
}

// like returns a list of the records in the place of one of another world.
func (fs *flights) like(l list) list { return list{fs.at(l.head), fs.at(l.tail)} }

// copyCalls copies the calls of o, and the handlers that run.
func (w *World) copyCalls(o *World) {
	w.calls = calls{opts: &w.opts, time: &w.time, marks: &w.marks, list: make([]*Call, len(o.calls.list))}
	for i, x := range o.calls.list {
		y := *x
		y.Rows = slices.Clone(x.Rows)
		w.calls.list[i] = &y
	}
	ss := &w.services
	ss.opts, ss.time, ss.marks = &w.opts, &w.time, &w.marks
	ss.list, ss.runs = slices.Clone(ss.list), maps.Clone(ss.runs)
	for i := range ss.list {
		s := &ss.list[i]
		s.node = w.like(s.node)
		s.method, s.body, s.head = slices.Clone(s.method), slices.Clone(s.body), slices.Clone(s.head)
	}
}

// copyExpected copies what a scenario expects of o.
func (w *World) copyExpected(o *World) {
	w.expected = expected{
		plan: &w.plan, lines: slices.Clone(o.expected.lines), rules: slices.Clone(o.expected.rules),
		lastHeal: o.expected.lastHeal, healed: o.expected.healed,
	}
	for i, ex := range w.expected.lines {
		y := *ex
		w.expected.lines[i] = &y
	}
	for i, r := range w.expected.rules {
		p := w.net.pairs.of(w.like(r.pair.from), w.like(r.pair.to))
		w.expected.rules[i] = &plannedRule{p.rules[slices.Index(r.pair.rules, r.FrameRule)], r.line, p}
	}
}

// copyChecks copies the checkers of o, and what they have found. It reports whether they
// can be.
func (w *World) copyChecks(o *World) bool {
	from := &o.checks
	were := make([]Checker, len(from.all))
	for i := range were {
		were[i] = from.all[i].Checker
	}
	seen := make([]*check.Node, len(w.nodes.list))
	for i, n := range w.nodes.list {
		seen[i] = &n.Node
	}
	all, ok := check.Copy(were, seen)
	if !ok {
		return false
	}
	w.opts.Checkers = all
	w.checks = checks{
		time: &w.time, nodes: &w.nodes, lies: &w.lies, view: witness{w}, pace: from.pace,
		shown: from.shown, steps: from.steps, judged: from.judged, unmet: slices.Clone(from.unmet),
		all: slices.Clone(from.all), befores: make([]foreseer, 0, len(from.befores)), lives: make([]check.Lives, 0, len(from.lives)),
		auditors: make([]auditor, 0, len(from.auditors)), rests: make([]atRest, 0, len(from.rests)),
	}
	for i, x := range all {
		w.checks.all[i].Checker = x
		w.checks.all[i].judge, _ = x.(check.Judge)
		w.checks.joins(x, w.checks.all[i].looks)
	}
	return true
}
