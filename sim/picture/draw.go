package picture

import (
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// stepsMost is how many steps a Picture shows, where the caller does not say.
const stepsMost = 10_000

// Options say what a Picture shows.
type Options struct {
	// StepsMax bounds the steps that are shown; zero means 10,000. Of a longer run those
	// around the violation are, or the first ones if there is none.
	StepsMax uint64
	// From is the number of the first step to show; zero lets StepsMax decide.
	From uint64
	// Needed is the smallest scenario that shows the violation, from sim.Diagnose: its
	// faults are marked. Nil marks none.
	Needed *sim.Scenario
}

// Draw returns the picture of a run. The scenario is run once more for it, with the
// checkers of that run.
func Draw(r *sim.Result, o Options) *Picture {
	if o.StepsMax == 0 {
		o.StepsMax = stepsMost
	}
	p := &Picture{
		Version: Version, Scenario: sim.Format(r.Scenario), Seed: strconv.FormatUint(r.Scenario.Seed, 10), Model: r.Scenario.Model.String(),
		Digest: r.Digest, Steps: r.Events, End: int64(r.Elapsed), States: States(), Lines: lines(r.Scenario, o.Needed),
		// A page reads lists, where nil would be something else.
		Nodes: []Node{}, Names: []string{}, Beliefs: []Belief{}, Frames: []Frame{}, Calls: []Call{}, Violations: []Violation{},
		Moments: Moments{At: []int64{}, Step: []uint64{}, Node: []int{}, Text: []string{}},
	}
	p.First, p.Last = window(r, &o)
	rec := newRecorder(p, r.Scenario)
	end := r.Again(r.Scenario, sim.RunOptions{Trace: rec.line, Customise: rec.watch})
	rec.finish(end.World)
	for _, v := range r.Violations {
		p.Violations = append(p.Violations, p.violation(r.Scenario, v))
	}
	return p
}

// window returns the first and the last step to show. Of what comes after the violation
// little is needed to understand it.
func window(r *sim.Result, o *Options) (first, last uint64) {
	first = 1
	switch {
	case o.From > 0:
		first = min(o.From, max(r.Events, 1))
	case r.Events > o.StepsMax && r.Violation != nil:
		last = min(r.Violation.Step+o.StepsMax/10, r.Events)
		if last > o.StepsMax {
			first = last - o.StepsMax + 1
		}
	}
	return first, min(first+o.StepsMax-1, r.Events)
}

// violation returns a violation as the page shows it.
func (p *Picture) violation(s *sim.Scenario, v *report.Violation) Violation {
	x := Violation{Property: v.Property.ID, Claim: v.Property.Claim, Means: v.Property.Means, What: v.What, At: int64(v.At), Step: v.Step, Line: -1}
	if expect := s.Expectation(v); expect != nil {
		x.Line = p.lineOf(expect.String())
	}
	return x
}

// lineOf returns the index of the line with that text, or -1.
func (p *Picture) lineOf(text string) int {
	for i := range p.Lines {
		if p.Lines[i].Text == text {
			return i
		}
	}
	return -1
}

// tidy takes what a line of the trace begins with away: its time, which is kept as a
// number.
func tidy(line []byte) string {
	_, text, _ := strings.Cut(string(line), " ")
	const most = 300
	if len(text) > most {
		text = text[:most] + " ..."
	}
	return text
}
