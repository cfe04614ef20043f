package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// A Fault is anything that happens to a world at a time of its plan, what users
// do included. Its String is what a scenario says after "at 40s ".
//
// A fault of one's own is any type with these two methods, or a Do.
type Fault interface {
	String() string
	Do(w *World)
}

// Do is a Fault made of a function. It can't be written into a scenario.
type Do struct {
	Name string
	Func func(w *World)
}

func (f Do) String() string { return f.Name }

// Do calls the function.
func (f Do) Do(w *World) { f.Func(w) }

// planned is a fault and its time.
type planned struct {
	at    time.Duration
	fault Fault
}

// At plans a fault. Faults at one time happen in the order in which they were planned.
func (w *World) At(t time.Duration, faults ...Fault) {
	for _, f := range faults {
		w.plans = append(w.plans, planned{t, f})
		w.queue.Push(max(t, w.now), itemFault, int32(len(w.plans)-1))
	}
}

// happen carries out a planned fault. What a paused node's user does waits.
func (w *World) happen(it *events.Item) {
	f := w.plans[it.Ref].fault
	if a, ok := f.(interface{ actor() string }); ok {
		if n := w.Node(a.actor()); n != nil && n.paused {
			n.deferred = append(n.deferred, *it)
			return
		}
	}
	w.noteFault(f)
	f.Do(w)
}

// later undoes a fault after a while, unless everything has been healed by then.
func (w *World) later(d time.Duration, name string, undo func(w *World)) {
	if d <= 0 {
		return
	}
	era := w.era
	w.At(w.now+d, Do{"end of " + name, func(w *World) {
		if w.era == era {
			undo(w)
		}
	}})
}

// Rates are the probabilities with which faults befall single frames. The
// physical model heeds Delay, Refuse and Break only.
type Rates struct {
	Drop, Duplicate, Delay, Reorder, Corrupt, Refuse, Break Ratio
	// DelayBy is how long a delayed or reordered frame is late.
	DelayBy Delay
}

// A FrameRule says what happens to certain frames: the First to the Last of a
// command from one node to another.
type FrameRule struct {
	Command     core.Command
	From, To    string
	First, Last uint32 // Last 0 means no end
	Fate        Fate
	Then        Fault // what happens as the frame leaves; may be nil
}

// On adds a rule.
func (w *World) On(r FrameRule) {
	from, okFrom := w.byName[r.From]
	to, okTo := w.byName[r.To]
	if !okFrom || !okTo {
		return
	}
	p := &w.pairs[w.pairOf(from, to)]
	p.rules = append(p.rules, &r)
}

// OnFrame has f asked about every frame that is sent; it may change its fate.
func (w *World) OnFrame(f func(FrameName, *Fate)) { w.watchers = append(w.watchers, f) }

// Taken is a decision to harm a frame, as it was taken.
type Taken struct {
	Frame FrameName
	Fate  Fate
}

// fate decides what happens to a frame.
func (w *World) fate(p *pair, command core.Command, ordinal uint32) Fate {
	if w.calm || !w.hasRates && len(p.rules) == 0 && len(w.watchers) == 0 {
		return Fate{}
	}
	var fate Fate
	if w.hasRates {
		fate = w.chance(p, command, ordinal)
	}
	for _, r := range p.rules {
		if r.Command == command && ordinal >= r.First && (r.Last == 0 || ordinal <= r.Last) {
			fate.add(&r.Fate)
			if r.Then != nil {
				w.At(w.now, r.Then)
			}
		}
	}
	if len(w.watchers) == 0 && !w.recording {
		return fate
	}
	name := FrameName{command, w.nodes[p.from].Name, w.nodes[p.to].Name, ordinal}
	for _, f := range w.watchers {
		f(name, &fate)
	}
	if w.recording && fate != (Fate{}) {
		w.taken = append(w.taken, Taken{name, fate})
	}
	return fate
}

func (f *Fate) add(g *Fate) {
	f.Drop = f.Drop || g.Drop
	f.Copies += g.Copies
	f.Delay += g.Delay
	f.Reorder = f.Reorder || g.Reorder
	f.Corrupt = f.Corrupt || g.Corrupt
	f.Refuse = f.Refuse || g.Refuse
	f.Break = f.Break || g.Break
}

// chance takes the decisions that rates leave open. Each is a hash of what it
// is about.
func (w *World) chance(p *pair, command core.Command, ordinal uint32) Fate {
	r := &w.opts.Rates
	key := uint64(command)<<32 | uint64(ordinal)
	holds := func(ratio Ratio, about dice.Aspect) bool {
		return ratio.Num > 0 && ratio.Holds(dice.Decide(w.opts.Seed, about, p.key, key))
	}
	fate := Fate{Refuse: holds(r.Refuse, aboutRefuse), Break: holds(r.Break, aboutBreak)}
	late := holds(r.Delay, aboutDelay)
	if w.opts.Model == Adversarial {
		fate.Drop = holds(r.Drop, aboutDrop)
		fate.Corrupt = holds(r.Corrupt, aboutCorrupt)
		fate.Reorder = holds(r.Reorder, aboutReorder)
		if holds(r.Duplicate, aboutDuplicate) {
			fate.Copies = 1
		}
	}
	if late || fate.Reorder || fate.Copies > 0 {
		fate.Delay = r.DelayBy.Pick(dice.Decide(w.opts.Seed, aboutDelayBy, p.key, key))
	}
	return fate
}

// lasting returns " for 5s", or nothing.
func lasting(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "for " + text.FormatDuration(d)
}
