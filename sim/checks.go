package sim

import (
	"cmp"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Checker watches the steps of a run: see package check, whose interfaces say
// what one may be told of and may ask.
type Checker = check.Checker

// A Step is one step of one node, as checkers and observers see it.
type Step = check.Step

// A Property is something that always holds, or a bound on when it does. Its ID is
// one of P1 to P22 and L1 to L5, or one of your own.
type Property = report.Property

// A Violation is a property that did not hold.
type Violation = report.Violation

// Checkers returns a new one for each property that is about steps.
func Checkers() []Checker { return check.All() }

// Properties lists those of the protocol, P1 to L5.
func Properties() []Property { return check.Properties() }

// checks are the checkers of a world, and what they have found.
type checks struct {
	// Parts of the world that they have to do with, and what they see of it.
	time  *timeline
	nodes *nodes
	lies  *lies
	view  check.World

	all       []watcher         // in the order in which they are asked
	shown     [64]uint64        // by each look that a step may have, which of the first 64 of all it is for
	keepers   []check.Keeper    // that keep account of steps for several of them
	befores   []foreseer        // those of all that look before a step too
	lives     []check.Lives     // those of all that are told of the ends of lives
	auditors  []auditor         // those of all that look at nodes now and then
	rests     []atRest          // those of all that look at nodes in the quiet
	pace      time.Duration     // between two looks at the same node
	statuses  []core.PeerStatus // scratch of an audit
	steps     uint64            // that the world has taken, with the one under way
	violation *Violation        // the first one of a checker; it ends the run
	judged    judged            // what the world judges by itself
	unmet     []*Violation      // expectations that were not met, in the order of their times
}

// watcher is a checker with the steps that it has to be shown: those which meet looks.
type watcher struct {
	Checker
	looks check.Looks // everything, unless the checker says what it needs
	judge check.Judge // the same checker, nil if it does not count
}

// foreseer is a checker that looks at some steps before they are taken too.
type foreseer struct {
	check.Before
	looks check.Looks // of the events that it has to be shown
}

// auditor is a checker that also looks at nodes now and then.
type auditor struct {
	property Property // whose violation it finds
	check.Audits
}

// atRest is a checker that also looks at nodes in the quiet.
type atRest struct {
	property Property // whose violation it finds
	check.Quiet
}

// use adds the checkers, and plans the first audit if there is to be one.
func (cs *checks) use(all []Checker) {
	cs.all, cs.lives = slices.Grow(cs.all, len(all)), slices.Grow(cs.lives, len(all))
	for _, c := range all {
		w := watcher{Checker: c, looks: ^check.Looks(0)}
		if s, ok := c.(check.Sparse); ok {
			w.looks = s.Looks()
		}
		w.judge, _ = c.(check.Judge)
		for look := range cs.shown {
			if w.looks.Meet(1 << look) {
				cs.shown[look] |= 1 << len(cs.all) // nothing from the 65th on
			}
		}
		cs.all = append(cs.all, w)
		cs.joins(c, w.looks)
	}
	if len(cs.auditors) > 0 {
		cs.time.push(cs.pace/2, itemAudit, 0)
	}
}

// joins adds a checker to those that are asked for what it can do besides.
func (cs *checks) joins(c Checker, looks check.Looks) {
	if k, ok := c.(check.Keeps); ok && !slices.Contains(cs.keepers, k.Keeper()) {
		cs.keepers = append(cs.keepers, k.Keeper())
	}
	if b, ok := c.(check.Before); ok {
		cs.befores = append(cs.befores, foreseer{b, looks})
	}
	if a, ok := c.(check.Audits); ok {
		cs.auditors = append(cs.auditors, auditor{c.Property(), a})
	}
	if l, ok := c.(check.Lives); ok {
		cs.lives = append(cs.lives, l)
	}
	if q, ok := c.(check.Quiet); ok {
		cs.rests = append(cs.rests, atRest{c.Property(), q})
	}
}

// before shows a step that is about to be taken.
func (cs *checks) before(s *Step) {
	cs.steps = s.N
	defer cs.survive(s.Node)
	befores, view, looks := cs.befores, cs.view, s.Looks()
	for i := range befores {
		if b := &befores[i]; b.looks.Meet(looks) {
			b.Before.Before(view, s)
		}
	}
}

// step shows a step that has been taken.
func (cs *checks) step(s *Step) {
	defer cs.survive(s.Node)
	for _, k := range cs.keepers {
		k.Enter(s)
	}
	var shown uint64
	for looks := uint64(s.Looks()); looks != 0; looks &= looks - 1 {
		shown |= cs.shown[bits.TrailingZeros64(looks)]
	}
	all, view := cs.all, cs.view
	for ; shown != 0; shown &= shown - 1 {
		c := &all[bits.TrailingZeros64(shown)]
		if wrong := c.Step(view, s); wrong != "" {
			cs.fail(c.Property(), wrong)
		}
	}
	for i := len(cs.shown); i < len(all); i++ {
		if c := &all[i]; c.looks.Meet(s.Looks()) {
			if wrong := c.Step(view, s); wrong != "" {
				cs.fail(c.Property(), wrong)
			}
		}
	}
}

// ended tells of the end of a node's life.
func (cs *checks) ended(n *Node) {
	defer cs.survive(&n.Node)
	for _, l := range cs.lives {
		l.Ended(cs.view, &n.Node)
	}
}

// audit has every auditor look at one node, and plans the look at the next: the
// looks at all nodes are spread evenly.
func (cs *checks) audit(i int) {
	list := cs.nodes.list
	if i >= len(list) {
		i = 0
	}
	n := list[i]
	if n.Up() && !n.paused() && n.wakeAt <= cs.time.now {
		// Its timer is due at this very moment, as when a pause ends or a clock jumps: what
		// it does then comes first.
		cs.time.push(cs.time.now, itemAudit, int32(i))
		return
	}
	cs.look(n)
	cs.time.after(max(cs.pace/time.Duration(len(list)), 1), itemAudit, int32(i+1))
}

// look has every auditor look at one node, unless its timer is due at this very moment.
func (cs *checks) look(n *Node) {
	if n.Machine == nil || !n.Up() || n.paused() || n.wakeAt <= cs.time.now {
		return
	}
	defer cs.survive(&n.Node)
	cs.statuses = n.Machine.AppendStatus(cs.statuses[:0])
	for _, a := range cs.auditors {
		if wrong := a.Audit(cs.view, &n.Node, cs.statuses); wrong != "" {
			cs.fail(a.property, wrong)
		}
	}
}

// quiet has every checker that wants to look at the running nodes of ours in the quiet.
// It reports whether nothing was found.
func (cs *checks) quiet() bool {
	for _, n := range cs.nodes.list {
		if n.Machine == nil || !n.Up() || n.paused() {
			continue
		}
		cs.statuses = n.Machine.AppendStatus(cs.statuses[:0])
		for _, q := range cs.rests {
			if wrong := q.Quiet.Quiet(cs.view, &n.Node, cs.statuses); wrong != "" {
				cs.fail(q.property, wrong)
			}
		}
	}
	return cs.violation == nil
}

// survive turns a panic of what a checker had a copy of a node do into a violation: the
// node itself would have panicked at the same event.
func (cs *checks) survive(n *check.Node) {
	if p := recover(); p != nil {
		cs.fail(check.PropNoPanic, fmt.Sprintf("a look at a copy of %s panicked: %v", n.Name, p))
	}
}

// missed notes an expectation that was not met, and when that was decided. The run
// goes on: the others are told as well.
func (cs *checks) missed(at time.Duration, what string) {
	v := &Violation{Property: report.Expected, At: at, Step: cs.steps, What: what}
	i, _ := slices.BinarySearchFunc(cs.unmet, at+1, func(u *Violation, t time.Duration) int { return cmp.Compare(u.At, t) })
	cs.unmet = slices.Insert(cs.unmet, i, v)
}

// found returns everything that was found, the first one first.
func (cs *checks) found() []*Violation {
	if cs.violation == nil {
		return cs.unmet
	}
	return append(slices.Clone(cs.unmet), cs.violation)
}

// fail ends the run with a violation. Once frames have been corrupted only some
// properties hold: the others speak of honest pairs.
func (cs *checks) fail(p Property, what string) {
	if cs.lies.corrupted && !check.EvenCorrupted(p) {
		return
	}
	cs.stop(p, what)
}

// stop ends the run with a violation, whatever has been corrupted.
func (cs *checks) stop(p Property, what string) {
	if cs.violation == nil {
		cs.violation = &Violation{Property: p, At: cs.time.now, Step: cs.steps, What: what}
	}
}

// witness is a world as its checkers see it: what it tells them is documented at
// check.World.
type witness struct{ w *World }

func (v witness) Now() time.Duration     { return v.w.time.now }
func (v witness) Timing() *core.Timing   { return &v.w.opts.Timing }
func (v witness) WakeMax() time.Duration { return v.w.opts.Wake.Max + v.w.time.lateMax }
func (v witness) Honest() bool           { return !v.w.lies.any }

func (v witness) Node(name string) *check.Node {
	if n := v.w.nodes.byName[name]; n != nil {
		return &n.Node
	}
	return nil
}

func (v witness) ClockAt(n *check.Node, t time.Duration) core.Instant {
	c := &v.w.nodes.list[n.Index].clock
	return c.at(max(t, c.world))
}

func (v witness) Strayed(n *check.Node, peer string) bool {
	return v.w.lies.strayed(v.w.nodes.list[n.Index], peer)
}

func (v witness) Twin(n *check.Node) (check.Stepper, error) {
	m, err := core.New(n.Machine.Config())
	if err != nil {
		return nil, err
	}
	return v.w.opts.Double.of(m), nil
}
