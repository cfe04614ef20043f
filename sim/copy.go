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
		len(w.frames.passing) > 0 || w.fates.recording || w.checks.violation != nil || len(w.steps.refused) > 0 {
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
func (c *World) like(n *Node) *Node {
	if n == nil {
		return nil
	}
	return c.nodes.list[n.Index]
}

// copyNodes copies the nodes of w, without their connections.
func (c *World) copyNodes(w *World) {
	c.nodes = nodes{opts: &c.opts, time: &c.time, list: make([]*Node, len(w.nodes.list)), byName: make(map[string]*Node, len(w.nodes.list))}
	for i, n := range w.nodes.list {
		m := *n
		m.Node = n.Copied()
		m.Machine = n.Machine.Clone()
		m.machine = m.Machine
		m.pause.deferred = slices.Clone(n.pause.deferred)
		m.slow, m.wanted = slices.Clone(n.slow), slices.Clone(n.wanted)
		c.nodes.list[i] = &m
		c.nodes.byName[m.Name] = &m
	}
}

// copyNetwork copies the connections of w, and what is under way on them.
func (c *World) copyNetwork(w *World) {
	from := &w.net
	c.fates = fates{opts: &c.opts, plan: &c.plan, rates: w.fates.rates, calm: w.fates.calm}
	c.net = network{
		opts: &c.opts, time: &c.time, nodes: &c.nodes, frames: &c.frames,
		pairs: pairs{index: make(map[uint64]*pair, len(from.pairs.list))}, feed: c.feed,
		conns: make([]*conn, len(from.conns)),
	}
	c.frames = frames{opts: &c.opts, time: &c.time, net: &c.net, fates: &c.fates, lies: &c.lies, latest: w.frames.latest}
	for _, p := range from.pairs.list {
		q := c.net.pairs.of(c.like(p.from), c.like(p.to))
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
		c.net.conns[i] = &conns[i]
	}
	c.copyFlights(w)
	for i, d := range from.conns {
		e := &conns[i]
		*e = *d
		e.waiting = c.frames.records.like(d.waiting)
		for j := range e.ends {
			end := &e.ends[j]
			end.node = c.like(end.node)
			if p := end.pair; p != nil {
				end.pair = c.net.pairs.of(c.like(p.from), c.like(p.to))
			}
			end.held = c.frames.records.like(end.held)
		}
	}
	for _, n := range c.nodes.list {
		s := &n.sockets
		s.dialling, s.listening = c.net.like(s.dialling), c.net.like(s.listening)
		s.open, s.ghosts = c.net.like(s.open), c.net.like(s.ghosts)
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

// copyFlights copies the records of what is under way in w.
func (c *World) copyFlights(w *World) {
	from, to := &w.frames.records, &c.frames.records
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
			g.conn = c.net.conns[f.conn.index]
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

// copyCalls copies the calls of w, and the handlers that run.
func (c *World) copyCalls(w *World) {
	c.calls = calls{opts: &c.opts, time: &c.time, marks: &c.marks, list: make([]*Call, len(w.calls.list))}
	for i, x := range w.calls.list {
		y := *x
		y.Rows = slices.Clone(x.Rows)
		c.calls.list[i] = &y
	}
	ss := &c.services
	ss.opts, ss.time, ss.marks = &c.opts, &c.time, &c.marks
	ss.list, ss.runs = slices.Clone(ss.list), maps.Clone(ss.runs)
	for i := range ss.list {
		s := &ss.list[i]
		s.node = c.like(s.node)
		s.method, s.body, s.head = slices.Clone(s.method), slices.Clone(s.body), slices.Clone(s.head)
	}
}

// copyExpected copies what a scenario expects of w.
func (c *World) copyExpected(w *World) {
	c.expected = expected{
		plan: &c.plan, lines: slices.Clone(w.expected.lines), rules: slices.Clone(w.expected.rules),
		lastHeal: w.expected.lastHeal, healed: w.expected.healed,
	}
	for i, ex := range c.expected.lines {
		y := *ex
		c.expected.lines[i] = &y
	}
	for i, r := range c.expected.rules {
		p := c.net.pairs.of(c.like(r.pair.from), c.like(r.pair.to))
		c.expected.rules[i] = &plannedRule{p.rules[slices.Index(r.pair.rules, r.FrameRule)], r.line, p}
	}
}

// copyChecks copies the checkers of w, and what they have found. It reports whether they
// can be.
func (c *World) copyChecks(w *World) bool {
	from := &w.checks
	were := make([]Checker, len(from.all))
	for i := range were {
		were[i] = from.all[i].Checker
	}
	seen := make([]*check.Node, len(c.nodes.list))
	for i, n := range c.nodes.list {
		seen[i] = &n.Node
	}
	all, ok := check.Copy(were, seen)
	if !ok {
		return false
	}
	c.opts.Checkers = all
	c.checks = checks{
		time: &c.time, nodes: &c.nodes, lies: &c.lies, view: witness{c}, pace: from.pace,
		shown: from.shown, steps: from.steps, judged: from.judged, unmet: slices.Clone(from.unmet),
		all: slices.Clone(from.all), befores: make([]foreseer, 0, len(from.befores)), lives: make([]check.Lives, 0, len(from.lives)),
		auditors: make([]auditor, 0, len(from.auditors)), rests: make([]atRest, 0, len(from.rests)),
	}
	for i, x := range all {
		c.checks.all[i].Checker = x
		c.checks.all[i].judge, _ = x.(check.Judge)
		c.checks.joins(x, c.checks.all[i].looks)
	}
	return true
}
