package sim

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// shrinkRuns bounds how often Diagnose runs a scenario to shrink it, and shrinkEvents
// how many steps all of that may take: a long run is tried less often, twenty times at
// least.
const (
	shrinkRuns   = 2000
	shrinkLeast  = 20
	shrinkEvents = 20_000_000
)

// shrinkBudget returns how often a run is worth being run again.
func shrinkBudget(r *Result) int {
	return min(shrinkRuns, max(shrinkLeast, int(shrinkEvents/max(r.Events, 1))))
}

// Explain writes what a reader of a failure needs: the Explanation of its Diagnosis.
// The result must have a violation.
func Explain(r *Result, command string) string {
	return Diagnose(r, command).Explanation.String()
}

// A Diagnosis is what a search for the cause of a violation has found.
type Diagnosis struct {
	// Explanation has, in this order: the property in English, everything that was
	// seen, the seed and the smallest scenario that was found to show it, its trace up
	// to the moment it broke, a sequence diagram, and the command that replays it.
	Explanation report.Explanation
	// Scenario is that smallest one. Its lines keep the numbers that they had in the
	// file of the run: those of its faults are necessary. A frame that a rate of the run
	// has harmed is named by a rule, which has no number.
	Scenario *Scenario
	// Violation is that of a run of Scenario; nil if it did not come up once more.
	Violation *Violation
}

// Diagnose looks for the cause of a violation, which the result must have. Scenarios
// are run with the checkers, and the Customise, of the run that is explained; the command
// is one that replays it.
func Diagnose(r *Result, command string) *Diagnosis {
	return diagnose(r, ReportOptions{Command: func(*Scenario) string { return command }})
}

// ReportOptions says how to report what a run has found.
type ReportOptions struct {
	// Command returns what replays the scenario, which is the smallest one.
	Command func(small *Scenario) string
	// RunsMax bounds the scenarios that are run to find that. Zero means 2,000, and fewer
	// where a run is long.
	RunsMax int
}

// Report is Diagnose with options.
func Report(r *Result, o ReportOptions) *Diagnosis { return diagnose(r, o) }

func diagnose(r *Result, o ReportOptions) *Diagnosis {
	if o.RunsMax == 0 {
		o.RunsMax = shrinkBudget(r)
	}
	z := newShrinker(r, o.RunsMax)
	small := z.smallest()
	command := o.Command(small)
	d := &Diagnosis{Scenario: small, Explanation: report.Explanation{
		Violation: r.Violation, Others: r.Violations[1:], Seed: r.Scenario.Seed,
		Scenario: Format(small), Smaller: small != r.Scenario, Runs: z.runs(), Trace: &report.Tail{}, Command: command,
	}}
	e := &d.Explanation
	v := z.shown(r.Again(small, RunOptions{}))
	if v == nil {
		e.Note = "It did not come up when the scenario was run once more: something decides that is not in it."
		return d
	}
	d.Violation = v
	if e.Smaller {
		e.Violation = v
	}
	e.Note = z.model(small)
	e.Diagram = r.drawn(small, v, e.Trace)
	return d
}

// drawn runs a scenario once more, up to the moment it broke: what follows in a run
// explains nothing. It returns the diagram, and fills the tail of the trace.
func (r *Result) drawn(small *Scenario, v *Violation, tail *report.Tail) string {
	var drawing diagram
	var w *World
	before := func() bool {
		return w.time.now < v.At || w.time.now == v.At && w.checks.steps <= v.Step
	}
	r.Again(small, RunOptions{
		Trace: func(line []byte) {
			switch {
			case !before():
			case w.journal.idle:
				tail.AddIdle(line)
			default:
				tail.Add(line)
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
	return drawing.mermaid(v)
}

// Expectation returns the expectation that a violation is about, or nil.
func (s *Scenario) Expectation(v *Violation) *Expect { return unmet(s, v) }

// Line returns the number of the line in the scenario's file that holds the expectation
// which a violation is about; 0 if it is about none.
func (s *Scenario) Line(v *Violation) int {
	if e := unmet(s, v); e != nil {
		for i := range s.Lines {
			if s.Lines[i].Expect == e {
				return s.Lines[i].Number
			}
		}
	}
	return 0
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
		if v := z.shown(z.found.Again(weaker, RunOptions{})); v != nil {
			return fmt.Sprintf("The physical model of a link shows it too, at %s.", report.AppendTime(nil, v.At))
		}
		return found + "does not show it with these faults."
	}
}
