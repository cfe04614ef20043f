package sim

import (
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// World is many nodes, the connections between them, and what happens to both.
// It is used by one goroutine, starts none, and opens nothing.
//
// A World passes what is due to its parts, and steps machines (step.go). Each part
// keeps its own state.
type World struct {
	opts     Options  // with their defaults
	time     timeline // what is going to happen, and when
	nodes    nodes    // their lives and clocks
	net      network  // the connections
	frames   frames   // what is under way on them
	fates    fates    // what befalls single frames
	plan     plan     // faults, and what users do
	lies     lies     // what faults have made up
	calls    calls    // of users, and what came of them
	services services // handlers that run
	steps    steps    // of machines: the one under way
	checks   checks   // of every step, and what they have found
	expected expected // what a scenario wants to come about
	marks    marks    // how often things have happened that have to sometimes
	journal  journal  // who is told of everything: trace, digest, observers
	guests   guests   // what makes a world one for programs: who drives it, who looks at rest

	events, eventsMax uint64 // what has happened so far, and may; zero has no bound
	turns             []int  // which of several that are due at one moment comes first, for the next such moments
}

// New returns an empty world at time zero.
func New(o Options) *World {
	o.setDefaults()
	w := &World{opts: o}
	w.plan = plan{time: &w.time}
	w.nodes = nodes{opts: &w.opts, time: &w.time, byName: map[string]*Node{}}
	w.fates = fates{opts: &w.opts, plan: &w.plan, rates: o.Rates != Rates{}}
	w.lies = lies{pairs: map[uint64]bool{}}
	w.net = network{
		opts: &w.opts, time: &w.time, nodes: &w.nodes, frames: &w.frames,
		pairs: pairs{index: map[uint64]*pair{}}, feed: w.feed,
	}
	w.frames = frames{opts: &w.opts, time: &w.time, net: &w.net, fates: &w.fates, lies: &w.lies}
	w.calls = calls{opts: &w.opts, time: &w.time, marks: &w.marks}
	w.services = services{opts: &w.opts, time: &w.time, marks: &w.marks, list: make([]service, 1), runs: map[run]ran{}}
	w.expected = expected{plan: &w.plan}
	w.marks = newMarks(&w.opts)
	w.journal = journal{trace: o.Trace}
	if o.Digest {
		w.journal.digest.Digest = report.NewDigest()
	}
	w.checks = checks{time: &w.time, nodes: &w.nodes, lies: &w.lies, view: witness{w}, pace: w.opts.Timing.Live / 2}
	w.checks.use(o.Checkers)
	return w
}

// Add puts nodes into the world, running. A name is legal once.
func (w *World) Add(peers ...Peer) error {
	for i := range peers {
		if err := w.nodes.add(&peers[i]); err != nil {
			return err
		}
	}
	return nil
}

// AddPeers adds nodes of ours by name.
func (w *World) AddPeers(names ...string) error {
	for _, name := range names {
		if err := w.Add(Peer{Name: name}); err != nil {
			return err
		}
	}
	return nil
}

// Node returns the node of that name, or nil.
func (w *World) Node(name string) *Node { return w.nodes.byName[name] }

// Nodes returns every node in the order of their addition.
func (w *World) Nodes() []*Node {
	list := make([]*Node, 0, len(w.nodes.list))
	for _, n := range w.nodes.list {
		if !n.foreign {
			list = append(list, n)
		}
	}
	return list
}

// Now is the world's time since its start.
func (w *World) Now() time.Duration { return w.time.now }

// Events counts the steps that machines have taken.
func (w *World) Events() uint64 { return w.steps.count }

// Violation is the first property that was found broken, or the first expectation of
// a scenario that was not met; or nil.
func (w *World) Violation() *Violation {
	if all := w.checks.found(); len(all) > 0 {
		return all[0]
	}
	return nil
}

// Violations is everything that was found, in the order in which it came about. A
// property that is broken ends the run; an expectation that is not met does not.
func (w *World) Violations() []*Violation { return w.checks.found() }

// Marks counts what has to happen sometimes, in a fixed order.
func (w *World) Marks() report.Marks { return w.marks.list() }

// Digest returns the SHA-256 of the run so far, in hex; empty without
// Options.Digest.
func (w *World) Digest() string { return w.journal.digest.Sum() }

// Linked says whether both ends run and list each other as active.
func (w *World) Linked(a, b string) bool {
	x, y := w.Node(a), w.Node(b)
	return x != nil && y != nil && x.Active(y.Called) && y.Active(x.Called)
}

// At plans a fault. Faults at one time happen in the order in which they were planned.
func (w *World) At(t time.Duration, faults ...Fault) { w.plan.at(t, faults...) }

// On adds a rule, if both its nodes are there.
func (w *World) On(r FrameRule) { w.rule(r, 0) }

// rule adds a rule, which stands in a line of a scenario; nil if a node is not there.
func (w *World) rule(r FrameRule, line int) *plannedRule {
	from, to := w.Node(r.From), w.Node(r.To)
	if from == nil || to == nil {
		return nil
	}
	p := w.net.pairs.of(from, to)
	p.rules = append(p.rules, &r)
	return &plannedRule{&r, line, p}
}

// OnFrame has f asked about every frame that is sent; it may change its fate.
func (w *World) OnFrame(f func(FrameName, *Fate)) { w.fates.watchers = append(w.fates.watchers, f) }

// Observe has f called with every step, after it was taken, and with every
// fault that happens, then with a nil Step.
func (w *World) Observe(f func(w *World, s *Step, f Fault)) {
	w.journal.observers = append(w.journal.observers, f)
}

// ObserveQueue has f called with the time of everything that is planned, in the order of its
// planning, and with taken set when it is taken out to happen: what a world asks of its queue.
func (w *World) ObserveQueue(f func(at time.Duration, taken bool)) { w.time.watch = f }

// RunUntil lets time pass until t, or until a property is broken.
func (w *World) RunUntil(t time.Duration) *Violation {
	if w.guests.drive != nil {
		w.guests.drive(t)
	}
	for w.time.queue.Len() > 0 && w.checks.violation == nil && w.time.queue.First().At <= t {
		w.next()
	}
	if w.checks.violation == nil {
		w.time.now = max(w.time.now, t)
	}
	return w.checks.violation
}

// Next has the next thing happen, whenever that is. It reports false when there
// is nothing left to happen, or a property has been broken.
func (w *World) Next() bool {
	if w.time.queue.Len() == 0 || w.checks.violation != nil {
		return false
	}
	w.next()
	return w.checks.violation == nil
}

// next handles the earliest item; items of a paused node wait for its resume.
func (w *World) next() {
	if len(w.turns) > 0 {
		w.nextByTurns()
		return
	}
	w.take(w.time.pop())
}

// take handles an item that was in the queue.
func (w *World) take(it events.Item) {
	w.time.reach(it.At)
	if w.events++; w.events == w.eventsMax {
		w.checks.stop(report.Expected, "the run is as long as it may be: "+strconv.FormatUint(w.events, 10)+" events")
		return
	}
	if n := w.concerned(&it); n != nil && n.paused() {
		n.pause.deferred = append(n.pause.deferred, it)
		return
	}
	switch it.Kind {
	case itemFrame:
		w.frames.deliver(w.frames.records.all[it.Ref])
	case itemWake:
		w.wake(w.nodes.list[it.Ref], it.At)
	case itemServed:
		w.served(it.Ref)
	case itemFault:
		f := w.plan.list[it.Ref]
		w.journal.fault(w, f)
		f.Do(w)
	case itemArrive:
		w.net.arrive(w.net.conns[it.Ref])
	case itemUp:
		w.net.comeUp(w.net.conns[it.Ref])
	case itemFailed:
		w.net.dialFailed(w.net.conns[it.Ref])
	case itemExpire:
		w.net.expire(w.net.conns[it.Ref])
	case itemRedial:
		w.net.redial(w.net.conns[it.Ref])
	case itemAudit:
		w.checks.audit(int(it.Ref))
	}
}

// concerned returns the node that an item happens to, for those that a paused
// node is told of later; nil for the others.
func (w *World) concerned(it *events.Item) *Node {
	switch it.Kind {
	case itemFrame:
		f := w.frames.records.all[it.Ref]
		return f.conn.ends[f.from.other()].node
	case itemServed:
		return w.services.list[it.Ref].node
	case itemUp, itemFailed, itemRedial:
		return w.net.conns[it.Ref].ends[dialling].node
	case itemFault:
		switch f := w.plan.list[it.Ref].(type) {
		case Cancel:
			if c := w.CallNamed(f.Call); c != nil {
				return w.Node(c.Node)
			}
		case userFault:
			return w.Node(f.user())
		}
	}
	return nil
}
