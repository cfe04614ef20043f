package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// expected is what a scenario wants to come about, as far as the plan can't hold
// it: what counts from the last heal, and what is looked at when all is over.
type expected struct {
	plan   *plan            // where the checks are planned
	onHeal []healCheck      // expectations that count from the last heal
	atEnd  []func(w *World) // checks of the whole run
	// lastHeal is when the last one was: what was planned at an earlier one is void.
	lastHeal time.Duration
}

// healCheck is an expectation that counts from the last heal.
type healCheck struct {
	within time.Duration  // how long after the heal
	check  func(w *World) // fails the run if the expectation is not met
}

// add plans the check of an expectation, which stands in a line of a scenario, and
// returns when it happens. By healed every fault of the scenario has ended.
func (x *expected) add(e *Expect, line int, healed time.Duration) time.Duration {
	check := func(w *World) {
		if what := e.check(w); what != "" {
			w.checks.missed(e.decided(w), e.opening(line)+what)
		}
	}
	switch e.kind {
	case expectLinked, expectUnlinked, expectActive, expectInactive, expectBackoff:
		at := e.at
		switch {
		case e.ofHeal:
			x.onHeal = append(x.onHeal, healCheck{e.within, check})
			return healed + e.within
		case e.within > 0:
			at = e.within
		}
		x.plan.at(at, Do{e.String(), check})
		return at
	}
	// The others are about the run as a whole, however long it takes.
	x.atEnd = append(x.atEnd, check)
	return 0
}

// healed notes that a fault of the network has ended: what counts from the last
// heal counts from this one, unless another one follows.
func (x *expected) healed() {
	at := x.plan.time.now
	x.lastHeal = at
	for _, h := range x.onHeal {
		x.plan.at(at+h.within, Do{"expectation of the last heal", func(w *World) {
			if x.lastHeal == at {
				h.check(w)
			}
		}})
	}
}

// opening is what a report says of an expectation, before what it found instead.
func (e *Expect) opening(line int) string { return fmt.Sprintf("line %d, %s: ", line, e) }

// finish checks what is expected of the whole run, unless a broken property has cut
// it short.
func (x *expected) finish(w *World) {
	for _, check := range x.atEnd {
		if w.checks.violation == nil {
			check(w)
		}
	}
}

// decided returns when it was decided that an expectation that is not met would
// not be: for those of the whole run, that is earlier than now where a call is what
// they are about.
func (e *Expect) decided(w *World) time.Duration {
	now, c := w.time.now, w.CallNamed(e.text)
	if c == nil {
		return now
	}
	switch e.kind {
	case expectDone:
		return min(c.Started+e.within, now)
	case expectRan:
		if r := w.services.runs[run{uint64(c.ID), w.Node(e.b)}]; r.n > e.n {
			return r.latest
		}
	case expectRow:
		if r := c.Row(e.b); r != nil {
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
	switch e.kind {
	case expectLinked:
		if !w.Linked(e.a, e.b) {
			return "they are not: " + describePair(w, e.a, e.b)
		}
	case expectUnlinked:
		if w.Linked(e.a, e.b) {
			return "they are: " + describePair(w, e.a, e.b)
		}
	case expectActive, expectInactive:
		if is := w.Node(e.a).Active(e.b); is != (e.kind == expectActive) {
			return fmt.Sprintf("active is %v: %s", is, describePair(w, e.a, e.b))
		}
	case expectBackoff:
		if st, _ := w.Node(e.a).Status(e.b); st.Backoff != e.n {
			return fmt.Sprintf("it is %d", st.Backoff)
		}
	case expectMark:
		for m, name := range markNames {
			if name == e.text && w.marks.counts[m] == 0 {
				return "it was never hit"
			}
		}
	case expectDrop:
		return e.checkDrop(w)
	default:
		return e.checkCall(w)
	}
	return ""
}

// checkDrop looks at the counters of drops, of the present life of the node.
func (e *Expect) checkDrop(w *World) string {
	n := w.Node(e.a)
	if n.Machine == nil {
		return "an old peer counts nothing"
	}
	stats := n.Machine.Stats()
	for d := range stats.Drops {
		if core.Drop(d).String() == e.text {
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
	c := w.CallNamed(e.text)
	if c == nil {
		return "it was never made: the node was not running"
	}
	switch e.kind {
	case expectDone:
		if !c.Done {
			return "it has not ended"
		}
		if took := c.Ended - c.Started; took > e.within {
			return "it took " + text.FormatDuration(took)
		}
	case expectRan:
		n := w.Node(e.b)
		if n == nil {
			return "there is no such peer"
		}
		if ran := w.services.runs[run{uint64(c.ID), n}].n; ran != e.n {
			return fmt.Sprintf("it ran %d times", ran)
		}
	case expectRow:
		r := c.Row(e.b)
		if r == nil {
			return fmt.Sprintf("there is no outcome of %s (done: %v)", e.b, c.Done)
		}
		if r.Outcome != e.outcome {
			return fmt.Sprintf("it is %v %s", r.Outcome, r.Err)
		}
	}
	return ""
}
