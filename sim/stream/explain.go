package stream

import "github.com/bitmark-inc/bilateralrpc/sim/report"

// shrinkRuns bounds how often Explain runs a scenario to shrink it.
const shrinkRuns = 2000

// Explain says what a run has found: the property in English, the smallest
// scenario that shows it, the end of its trace, and the command that replays it.
func Explain(r *Result, command string) string {
	small, runs := r.Scenario, 0
	if r.Violation.Property != report.Expected { // that a mark is missed shows for nothing with less
		small, runs = shrunk(small, r.Violation.Property, shrinkRuns)
	}
	var trace report.Tail
	v := small.Run(Options{Trace: trace.Add, NoDigest: true}).Violation
	if v == nil {
		v = r.Violation
	}
	e := report.Explanation{
		Violation: v, Seed: r.Scenario.Seed, Scenario: small.String(), Smaller: small != r.Scenario, Runs: runs,
		Trace: &trace, Command: command,
	}
	return e.String()
}
