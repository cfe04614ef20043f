package explore

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// tell makes the scenario of a path that has led to what was found, and runs it. settled
// says that it was found when the faults had stopped at the end of the path.
func (e *search) tell(path []uint8, settled bool) {
	r := &run{}
	if err := e.begin(r); err != nil {
		return
	}
	r.lead(path)
	r.keep = &diary{}
	for range e.r.Length {
		r.step()
	}
	end := r.w.Now()
	if !settled && e.r.Found.At > end {
		end = e.r.Found.At
	}
	s := e.story(r.keep, end, settled)
	s.Turns = e.turns(s, r.keep.taken)
	e.r.Story, e.r.Confirmed = s, e.again(s)
	if shown(e.r.Confirmed, e.r.Found) && len(s.Turns) > 0 {
		plain := *s
		plain.Turns = nil
		if c := e.again(&plain); shown(c, e.r.Found) {
			e.r.Story, e.r.Confirmed = &plain, c
		}
	}
}

// shown says whether a run has found the same.
func shown(r *sim.Result, v *sim.Violation) bool {
	return r.Violation != nil && r.Violation.Property.ID == v.Property.ID
}

// again runs a scenario by itself.
func (e *search) again(s *sim.Scenario) *sim.Result {
	return s.Run(sim.RunOptions{NoDigest: true, Checkers: e.o.Checkers, Customise: e.o.Customise})
}

// story returns the scenario of what was kept of a run, which ends at a time.
func (e *search) story(d *diary, end time.Duration, settled bool) *sim.Scenario {
	s := *e.plan.scenario
	s.Bounds, s.Settle, s.RunFor = sim.Bounds{}, settled, max(end, 1)
	s.Lines = nil
	for _, l := range e.plan.scenario.Lines {
		late := l.Fault != nil && l.At > end
		if l.Until == 0 && !late && (settled || l.Expect == nil || e.r.Found.Property == report.Expected) {
			s.Lines = append(s.Lines, l)
		}
	}
	s.Lines = append(s.Lines, d.lines...)
	slices.SortStableFunc(s.Lines, byTime)
	for _, t := range d.fates {
		f := t.Frame
		s.Lines = append(s.Lines, sim.Line{Rule: &sim.FrameRule{
			Command: f.Command, From: f.From, To: f.To, First: f.Ordinal, Last: f.Ordinal, Fate: t.Fate,
		}})
	}
	return &s
}

// byTime orders faults by their times, and leaves other lines behind them.
func byTime(a, b sim.Line) int {
	switch {
	case a.Fault == nil && b.Fault == nil:
		return 0
	case a.Fault == nil:
		return 1
	case b.Fault == nil:
		return -1
	}
	return int(max(min(a.At-b.At, 1), -1))
}

// turns returns the turns that lead a scenario's run by itself along what was taken.
func (e *search) turns(s *sim.Scenario, taken []string) []int {
	w, err := s.Open(sim.RunOptions{NoDigest: true, Checkers: e.o.Checkers, Customise: e.o.Customise})
	if err != nil {
		return nil
	}
	var turns []int
	last := 0
	var due []sim.Due
	for _, name := range taken {
		if due = w.AppendDue(due[:0]); len(due) == 0 {
			break
		}
		i := 0
		for j := range due {
			if w.DueName(&due[j]) == name {
				i = j
				break
			}
		}
		if len(due) > 1 {
			if turns = append(turns, i); i > 0 {
				last = len(turns)
			}
		}
		w.Take(&due[i])
	}
	return turns[:last]
}
