package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// expected is what a scenario wants to come about.
type expected struct {
	plan  *plan          // where the looks at it are planned
	lines []*expectation // in the order of the scenario
	rules []*plannedRule // that have to meet a frame, or may
	// lastHeal is when the last heal was, if healed is set.
	lastHeal time.Duration
	healed   bool
}

// expectation is an expectation of a scenario in one run.
type expectation struct {
	*Expect
	line   int           // where it stands
	looked bool          // it has been looked at, for the last heal if it counts from that
	missed string        // what was seen instead, if it counts from the last heal
	at     time.Duration // when that was
}

// plannedRule is a rule for frames in one run.
type plannedRule struct {
	*FrameRule
	line int   // where it stands; 0 if the scenario was not read
	pair *pair // whose frames it is about
}

// add plans the look at an expectation, which stands in a line of a scenario. By
// healed every fault of the scenario has ended.
func (x *expected) add(e *Expect, line int, healed time.Duration) {
	ex := &expectation{Expect: e, line: line}
	x.lines = append(x.lines, ex)
	if !e.timed() || e.OfHeal {
		return
	}
	x.plan.at(e.looksAt(healed), Do{e.String(), func(w *World) {
		ex.looked = true
		if what := e.check(w); what != "" {
			w.checks.missed(w.time.now, e.opening(line)+what)
		}
	}})
}

// looksAt returns when an expectation is looked at, if every fault has ended by
// healed; 0 if it is about the run as a whole, however long that takes.
func (e *Expect) looksAt(healed time.Duration) time.Duration {
	switch {
	case !e.timed():
		return 0
	case e.OfHeal:
		return healed + e.Within
	}
	return e.moment()
}

// timed says whether an expectation is about a moment, and not the whole run.
func (e *Expect) timed() bool {
	switch e.Kind {
	case ExpectLinked, ExpectUnlinked, ExpectActive, ExpectInactive, ExpectBackoff:
		return true
	}
	return false
}

// heal notes that a fault of the network has ended: what counts from the last heal
// counts from this one, unless another one follows. Which one is the last shows when
// the run is over, and so what each look finds is kept until then.
func (x *expected) heal() {
	now := x.plan.time.now
	x.lastHeal, x.healed = now, true
	for _, ex := range x.lines {
		if !ex.OfHeal {
			continue
		}
		ex.looked, ex.missed = false, ""
		x.plan.at(now+ex.Within, Do{"expectation of the last heal", func(w *World) {
			if x.lastHeal == now {
				ex.looked, ex.missed, ex.at = true, ex.check(w), w.time.now
			}
		}})
	}
}

// opening is what a report says of an expectation, before what it found instead.
func (e *Expect) opening(line int) string { return fmt.Sprintf("line %d, %s: ", line, e) }

// notLooked is how a report goes on about an expectation that nobody could look at.
const notLooked = "it was not looked at: "

// finish checks what is expected of the whole run, and tells of what can't have been
// meant: expectations that the run did not come to, and rules that met no frame. A
// broken property has cut the run short; what it did not come to is no news then.
func (x *expected) finish(w *World) {
	cut := w.checks.violation != nil
	for _, ex := range x.lines {
		switch {
		case ex.missed != "":
			w.checks.missed(ex.at, ex.opening(ex.line)+ex.missed)
		case cut || ex.looked:
		case ex.timed():
			w.checks.missed(w.time.now, ex.opening(ex.line)+notLooked+x.whyNot(ex))
		default:
			if what := ex.check(w); what != "" {
				w.checks.missed(ex.decided(w), ex.opening(ex.line)+what)
			}
		}
	}
	for _, r := range x.rules {
		if !cut && !r.met && !r.Maybe {
			w.checks.missed(w.time.now, r.opening()+r.whyNot())
		}
	}
}

// whyNot says why the run did not come to an expectation.
func (x *expected) whyNot(ex *expectation) string {
	over := "the run was over at " + text.FormatDuration(x.plan.time.now)
	switch {
	case !ex.OfHeal:
		return over + ": want an earlier time, or a longer run"
	case !x.healed:
		return "nothing healed in this run: want a heal, or a partition that ends"
	}
	return over + ", and the last heal was at " + text.FormatDuration(x.lastHeal) + `: say how long the run is, as "run 10m"`
}

// opening is what a report says of a rule, before what is wrong with it.
func (r *plannedRule) opening() string { return fmt.Sprintf("line %d, %s: ", r.line, r) }

// whyNot says why a rule met no frame.
func (r *plannedRule) whyNot() string {
	from, to := text.FormatName(r.From), text.FormatName(r.To)
	what := fmt.Sprintf("%s sent %s no %s", from, to, formatCommand(r.Command))
	if n := r.pair.ordinals[r.Command]; n > 0 {
		what = fmt.Sprintf("the last %s from %s to %s was #%d", formatCommand(r.Command), from, to, n)
	}
	return "it met no frame: " + what + `; write "maybe on ..." if that is as good`
}

// decided returns when it was decided that an expectation that is not met would
// not be: for those of the whole run, that is earlier than now where a call is what
// they are about.
func (e *Expect) decided(w *World) time.Duration {
	now, c := w.time.now, w.CallNamed(e.Text)
	if c == nil {
		return now
	}
	switch e.Kind {
	case ExpectDone:
		return min(c.Started+e.Within, now)
	case ExpectRan:
		if r := w.ran(c, e.B); r.n > e.N {
			return r.latest
		}
	case ExpectRow:
		if r := c.Row(e.B); r != nil {
			return r.At
		}
		if c.Done {
			return c.Ended
		}
	}
	return now
}

// check returns what is wrong, or "", at the time that it is called. Names of nodes
// are those of a scenario that was read, which exist.
func (e *Expect) check(w *World) string {
	switch e.Kind {
	case ExpectLinked:
		if !w.Linked(e.A, e.B) {
			return "they are not: " + describePair(w, e.A, e.B)
		}
	case ExpectUnlinked:
		if w.Linked(e.A, e.B) {
			return "they are: " + describePair(w, e.A, e.B)
		}
	case ExpectActive, ExpectInactive:
		if is := w.Node(e.A).Active(e.B); is != (e.Kind == ExpectActive) {
			return fmt.Sprintf("active is %v: %s", is, describePair(w, e.A, e.B))
		}
	case ExpectBackoff:
		if st, _ := w.Node(e.A).Status(e.B); st.Backoff != e.N {
			return fmt.Sprintf("it is %d", st.Backoff)
		}
	case ExpectMark:
		for m, name := range markNames {
			if name == e.Text && w.marks.counts[m] == 0 {
				return "it was never hit"
			}
		}
	case ExpectDrop:
		return e.checkDrop(w)
	default:
		return e.checkCall(w)
	}
	return ""
}

// checkDrop looks at the counters of drops, of the present life of the node.
func (e *Expect) checkDrop(w *World) string {
	n := w.Node(e.A)
	if n.Machine == nil {
		return "an old peer counts nothing"
	}
	stats := n.Machine.Stats()
	for d := range stats.Drops {
		if core.Drop(d).String() == e.Text {
			if stats.Drops[d] == 0 {
				return "nothing was dropped for that reason"
			}
			return ""
		}
	}
	return "there is no such reason"
}

// checkCall looks at what came of a call: a row of one peer, its end, or the runs of
// its handler.
func (e *Expect) checkCall(w *World) string {
	c := w.CallNamed(e.Text)
	if c == nil {
		return "it was never made: the node was not running"
	}
	switch e.Kind {
	case ExpectDone:
		if !c.Done {
			return "it has not ended"
		}
		if took := c.Ended - c.Started; took > e.Within {
			return "it took " + text.FormatDuration(took)
		}
	case ExpectRan:
		if w.Node(e.B) == nil {
			return "there is no such peer"
		}
		if ran := w.Ran(c, e.B); ran != e.N {
			return fmt.Sprintf("it ran %d times", ran)
		}
	case ExpectRow:
		r := c.Row(e.B)
		if r == nil {
			return fmt.Sprintf("there is no outcome of %s (done: %v)", e.B, c.Done)
		}
		if r.Outcome != e.Outcome {
			return fmt.Sprintf("it is %v %s", r.Outcome, r.Err)
		}
	}
	return ""
}
