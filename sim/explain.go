package sim

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// shrinkRuns bounds how often Explain runs a scenario to shrink it.
const shrinkRuns = 2000

// Explain writes what a reader of a failure needs, in this order: the property
// in English, everything that was seen, the seed and the smallest scenario that was
// found to show it, its trace up to the moment it broke, a sequence diagram, and the
// command that replays it. The result must have a violation. Scenarios are run with
// the checkers, and the Customise, of the run that is explained.
func Explain(r *Result, command string) string {
	z := newShrinker(r, shrinkRuns)
	small := z.smallest()
	e := report.Explanation{
		Violation: r.Violation, Others: r.Violations[1:], Seed: r.Scenario.Seed,
		Scenario: Format(small), Smaller: small != r.Scenario, Runs: z.runs(), Trace: &report.Tail{}, Command: command,
	}
	v := z.shown(r.again(small, RunOptions{}))
	if v == nil {
		e.Note = "It did not come up when the scenario was run once more: something decides that is not in it."
		return e.String()
	}
	if e.Smaller {
		e.Violation = v
	}
	e.Note = z.model(small)
	// Once more, up to the moment it broke: what follows in a run explains nothing.
	var drawing diagram
	var w *World
	before := func() bool {
		return w.time.now < v.At || w.time.now == v.At && w.checks.steps <= v.Step
	}
	r.again(small, RunOptions{
		Trace: func(line []byte) {
			if before() {
				e.Trace.Add(line)
			}
		},
		Customise: func(world *World) {
			w = world
			w.Observe(func(w *World, s *Step, f Fault) {
				if before() {
					drawing.see(w, s, f)
				}
			})
		},
	})
	e.Diagram = drawing.mermaid(v)
	return e.String()
}

// model says which model of a link a scenario needs, as far as that was tried.
func (z *shrinker) model(s *Scenario) string {
	const found = "It was found in the adversarial model of a link; the physical one "
	switch weaker := clone(s); {
	case s.Model == Physical:
		return "It needs no more than the physical model of a link."
	case !physical(s):
		return found + "has no such faults."
	default:
		weaker.Model = Physical
		if v := z.shown(z.found.again(weaker, RunOptions{})); v != nil {
			return fmt.Sprintf("The physical model of a link shows it too, at %s.", report.AppendTime(nil, v.At))
		}
		return found + "does not show it with these faults."
	}
}
