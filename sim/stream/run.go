package stream

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Options says how to run a scenario.
type Options struct {
	// Trace is called with every line of the trace, without a line feed. It must not
	// keep the slice. Nil is for no trace.
	Trace func(line []byte)
	// NoDigest leaves the digest out, which is faster.
	NoDigest bool
}

// A Result is what came of a run.
type Result struct {
	Scenario  *Scenario         // that was run
	Violation *report.Violation // nil if every property held
	Digest    string            // of everything that happened and every byte written; empty if it was not asked for
	Events    uint64            // that the world has handled
	Bytes     uint64            // that arrived, on all connections
	Elapsed   time.Duration     // of the world's time
	Marks     report.Marks      // what happened of that which should happen sometimes
}

// Run runs the scenario until everything that should happen has, or should have.
// It does not change the scenario.
func (s *Scenario) Run(o Options) *Result {
	w := newWorld(s, o)
	w.run()
	return w.result()
}

// Totals sums up many runs. The zero Totals has none.
type Totals struct {
	Runs, Events, Bytes uint64       // runs added, and sums of their Events and Bytes
	Marks               report.Marks // sums of theirs
	Violation           *Result      // the first run that violates a property; nil if none does
}

// Add adds a run.
func (t *Totals) Add(r *Result) {
	t.Runs++
	t.Events += r.Events
	t.Bytes += r.Bytes
	t.Marks.Add(r.Marks)
	if r.Violation != nil && t.Violation == nil {
		t.Violation = r
	}
}
