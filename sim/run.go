package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// RunOptions says how to run a scenario.
type RunOptions struct {
	// Checkers watch the run. Nil means all of ours; an empty list none.
	Checkers []Checker
	// Trace is called with every line of the trace.
	Trace func(line []byte)
	// NoDigest leaves the digest out, which is faster.
	NoDigest bool
	// Steps keeps a sum of every step, for FirstDifference.
	Steps bool
	// Record keeps what befell frames, for shrinking.
	Record bool
	// Customise is called with the world before it starts, to add faults,
	// expectations or frame rules of one's own.
	Customise func(w *World)
}

// A Result is what came of a run.
type Result struct {
	Scenario  *Scenario
	Violation *Violation // nil if nothing was found
	Digest    string
	Events    uint64
	Elapsed   time.Duration // of the world's time
	Marks     report.Marks
	Taken     []Taken // with RunOptions.Record
	World     *World  // as the run left it

	sums []uint64
}

// Run runs the scenario: a phase under faults with checkers on every step and,
// if the scenario settles, the healing, the convergence of every pair within
// its bound, a call to every peer, and the stop of every node.
func (s *Scenario) Run(o RunOptions) *Result {
	if o.Checkers == nil {
		o.Checkers = Checkers()
	}
	w := New(Options{
		Seed: s.Seed, Model: s.Model, Network: s.Network, Latency: s.Latency, Handler: s.Handler,
		Wake: s.Wake, Timing: s.timing(), Limits: s.Limits, Rates: s.Rates, Keys: s.Keys,
		Heartbeat: s.heartbeat(), Queue: s.Queue, Checkers: o.Checkers, Digest: !o.NoDigest, Trace: o.Trace,
		Double: s.Double,
	})
	w.recording, w.digest.keep = o.Record, o.Steps
	if err := w.Add(s.Peers...); err != nil {
		w.fail(PropExpected, "the scenario can't be built: "+err.Error())
	}
	end := w.load(s)
	if o.Customise != nil {
		o.Customise(w)
	}
	w.RunUntil(end)
	if s.Settle && w.violation == nil {
		w.settle()
	}
	w.finish(s)
	return &Result{
		Scenario: s, Violation: w.violation, Digest: w.Digest(), Events: w.events, Elapsed: w.now,
		Marks: w.Marks(), Taken: w.taken, World: w, sums: w.digest.sums,
	}
}

// load plans the lines of a scenario and returns when its faults end.
func (w *World) load(s *Scenario) time.Duration {
	var end time.Duration
	for i := range s.Lines {
		l := &s.Lines[i]
		switch {
		case l.Fault != nil:
			w.At(l.At, l.Fault)
		case l.Rule != nil:
			w.On(*l.Rule)
		}
		end = max(end, l.lasts())
	}
	healed := end
	for i := range s.Lines {
		if e := s.Lines[i].Expect; e != nil {
			end = max(end, w.expect(e, s.Lines[i].Number, healed))
		}
	}
	if s.RunFor > 0 {
		return s.RunFor
	}
	return end + time.Second
}

// expect plans the check of an expectation, and returns when it happens.
func (w *World) expect(e *Expect, number int, healed time.Duration) time.Duration {
	wrong := func(w *World) {
		if what := e.check(w); what != "" {
			w.fail(PropExpected, fmt.Sprintf("line %d, %s: %s", number, e, what))
		}
	}
	switch e.kind {
	case expectLinked, expectUnlinked, expectActive, expectInactive, expectBackoff:
		at := e.at
		switch {
		case e.ofHeal:
			w.onHeal = append(w.onHeal, healCheck{e.within, wrong})
			return healed + e.within
		case e.within > 0:
			at = e.within
		}
		w.At(at, Do{e.String(), wrong})
		return at
	}
	w.atEnd = append(w.atEnd, wrong)
	return 0
}

// healCheck is an expectation that counts from the last heal.
type healCheck struct {
	within time.Duration
	check  func(w *World)
}

// healed notes that a fault of the network has ended.
func (w *World) healed() {
	w.lastHeal = w.now
	at := w.now
	for _, h := range w.onHeal {
		w.At(at+h.within, Do{"expectation of the last heal", func(w *World) {
			if w.lastHeal == at {
				h.check(w)
			}
		}})
	}
}

// finish checks what is expected of the whole run.
func (w *World) finish(s *Scenario) {
	for _, check := range w.atEnd {
		if w.violation == nil {
			check(w)
		}
	}
}

// check returns what is wrong, or "".
func (e *Expect) check(w *World) string {
	switch e.kind {
	case expectLinked:
		if !w.Linked(e.a, e.b) {
			return "they are not: " + w.pairState(e.a, e.b)
		}
	case expectUnlinked:
		if w.Linked(e.a, e.b) {
			return "they are: " + w.pairState(e.a, e.b)
		}
	case expectActive, expectInactive:
		if is := w.Node(e.a).Active(e.b); is != (e.kind == expectActive) {
			return fmt.Sprintf("active is %v: %s", is, w.pairState(e.a, e.b))
		}
	case expectBackoff:
		if st, _ := w.Node(e.a).Status(e.b); st.Backoff != e.n {
			return fmt.Sprintf("it is %d", st.Backoff)
		}
	case expectMark:
		for m, name := range markNames {
			if name == e.text && w.marks[m] == 0 {
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

func (e *Expect) checkDrop(w *World) string {
	n := w.Node(e.a)
	if n.core == nil {
		return "an old peer counts nothing"
	}
	stats := n.core.Stats()
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
		if ran := w.ran[run{uint64(c.ID), n.index}]; ran != e.n {
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

// Linked says whether both ends run and list each other as active.
func (w *World) Linked(a, b string) bool {
	x, y := w.Node(a), w.Node(b)
	return x != nil && y != nil && x.Active(b) && y.Active(a)
}

// FirstDifference returns the first step in which two runs made with
// RunOptions.Steps differ, or 0 if they are the same.
func FirstDifference(a, b *Result) uint64 {
	for i := range a.sums {
		if i >= len(b.sums) || a.sums[i] != b.sums[i] {
			return uint64(i + 1)
		}
	}
	if len(b.sums) > len(a.sums) {
		return uint64(len(a.sums) + 1)
	}
	return 0
}
