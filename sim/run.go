package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// RunOptions says how to run a scenario.
type RunOptions struct {
	// Checkers makes those that watch one run. Nil means all of ours. It is a function
	// because a report runs what it has found again, with the same ones, made anew.
	Checkers func() []Checker
	// Trace is called with every line of the trace.
	Trace func(line []byte)
	// NoDigest leaves the digest out, which is faster.
	NoDigest bool
	// Steps keeps a sum of every step, for FirstDifference.
	Steps bool
	// EventsMax ends the run, with a violation that says so, when so many things have
	// happened in the world; zero has no bound.
	EventsMax uint64
	// Record keeps what befell frames, for shrinking.
	Record bool
	// Around runs the run: it calls run, once, with options that it may change before, and
	// returns what came of it. Each run of a search or of a report is run by it too.
	Around func(s *Scenario, o *RunOptions, run func() *Result) *Result
	// Customise is called with the world before it starts, to add faults,
	// expectations or frame rules of one's own.
	Customise func(w *World)
}

// A Result is what came of a run.
type Result struct {
	Scenario  *Scenario  // that was run
	Violation *Violation // the first of Violations; nil if nothing was found
	// Violations are expectations of the scenario that were not met, each at its time,
	// and the property that was broken: that ends a run, so that there is one at most.
	Violations []*Violation
	Digest     string        // in hex; empty with RunOptions.NoDigest
	Events     uint64        // steps that machines have taken
	Elapsed    time.Duration // of the world's time
	Marks      report.Marks  // how often things happened that have to happen sometimes
	Judged     report.Marks  // how often each property had something to judge
	Taken      []Taken       // with RunOptions.Record: what befell frames
	World      *World        // as the run left it

	options RunOptions // of the run
	sums    []uint64   // with RunOptions.Steps: of every step
}

// Run runs the scenario: a phase under faults with checkers on every step and,
// if the scenario settles, the healing, the convergence of every pair within
// its bound, a call to every peer, and the stop of every node.
func (s *Scenario) Run(o RunOptions) *Result {
	if o.Around == nil {
		return s.run(o)
	}
	asked := o
	r := o.Around(s, &o, func() *Result { return s.run(o) })
	r.Scenario, r.options = s, asked
	return r
}

// run is Run without Around.
func (s *Scenario) run(o RunOptions) *Result {
	if o.Checkers == nil {
		o.Checkers = Checkers
	}
	w := New(s.options(&o))
	w.eventsMax = o.EventsMax
	w.fates.recording, w.journal.digest.keep = o.Record, o.Steps
	if err := w.Add(s.Peers...); err != nil {
		w.checks.fail(report.Expected, "the scenario can't be built: "+err.Error())
	}
	end := s.load(w)
	w.turns = s.Turns
	if o.Customise != nil {
		o.Customise(w)
	}
	w.RunUntil(end)
	if s.Settle {
		w.Settle()
	}
	w.expected.finish(w)
	return &Result{
		Scenario: s, Violation: w.Violation(), Violations: w.Violations(), Digest: w.Digest(), Events: w.Events(), Elapsed: w.Now(),
		Marks: w.Marks(), Judged: w.Judged(), Taken: w.fates.taken, World: w, options: o, sums: w.journal.digest.sums,
	}
}

// options returns what the world of a run is made from.
func (s *Scenario) options(o *RunOptions) Options {
	return Options{
		Seed: s.Seed, Model: s.Model, Network: s.Network, Latency: s.Latency, Handler: s.Handler,
		Wake: s.Wake, Timing: s.timing(), Limits: s.Limits, FirstCall: s.FirstCall, Rates: s.Rates, Keys: s.Keys,
		Heartbeat: s.heartbeat(), Queue: s.Queue, Checkers: o.Checkers(), Digest: !o.NoDigest, Trace: o.Trace,
		Double: s.Double,
	}
}

// load plans the lines of the scenario and returns when its faults end.
func (s *Scenario) load(w *World) time.Duration {
	for i := range s.Lines {
		l := &s.Lines[i]
		switch {
		case l.Fault != nil:
			w.At(l.At, l.Fault)
		case l.Rule != nil:
			if r := w.rule(*l.Rule, l.Number); r != nil {
				w.expected.rules = append(w.expected.rules, r)
			}
		}
	}
	healed := s.healed()
	for i := range s.Lines {
		if e := s.Lines[i].Expect; e != nil {
			w.expected.add(e, s.Lines[i].Number, healed)
		}
	}
	return s.End()
}

// healed is when the last fault that a line plans has ended.
func (s *Scenario) healed() (at time.Duration) {
	for i := range s.Lines {
		at = max(at, s.Lines[i].lasts())
	}
	return at
}

// End returns when the faults of the scenario end: when its run is over, or begins to
// settle.
func (s *Scenario) End() time.Duration {
	if s.RunFor > 0 {
		return s.RunFor
	}
	healed := s.healed()
	end := healed
	for i := range s.Lines {
		if e := s.Lines[i].Expect; e != nil {
			end = max(end, e.looksAt(healed))
		}
	}
	return end + time.Second
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
