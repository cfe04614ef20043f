package sim

import (
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// shrinkRuns bounds how often Explain runs a scenario to shrink it.
const shrinkRuns = 2000

// Explain writes what a reader of a failure needs, in this order: the property
// in English, the seed and the smallest scenario that shows it, the last lines
// of its trace, a sequence diagram, and the command that replays it. The result
// must have a violation.
func Explain(r *Result, command string) string {
	small := r.Scenario
	if r.Violation.Property != report.Expected { // without its lines an expectation says nothing
		small = Shrink(small, r.Violation.Property, shrinkRuns, nil)
	}
	var trace report.Tail
	o := RunOptions{Trace: trace.Add, NoDigest: true}
	var drawing diagram
	o.Customise = func(w *World) { w.Observe(drawing.see) }
	v := small.Run(o).Violation
	if v == nil { // can't be: the scenario was shrunk by what it violates
		v = r.Violation
	}
	note := "It needs no more than the physical model of a link."
	if small.Model == Adversarial {
		note = "It was found in the adversarial model of a link; the physical one does not show it with these faults."
	}
	e := report.Explanation{
		Violation: v, Seed: r.Scenario.Seed, Note: note, Scenario: Format(small), Trace: &trace,
		Diagram: drawing.mermaid(v), Command: command,
	}
	return e.String()
}
