package sim

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// streamShrinker looks for the smallest scenario that still shows a violation.
type streamShrinker struct {
	want   report.Property
	budget int
}

// ShrinkStream takes away what is not necessary for the violation that a run of
// the scenario shows. It runs it up to budget times.
func ShrinkStream(s *StreamScenario, want report.Property, budget int) *StreamScenario {
	z := &streamShrinker{want, budget}
	for {
		was := s
		for i := len(s.Faults) - 1; i >= 0; i-- {
			s = z.try(s, func(c *StreamScenario) { c.Faults = slices.Delete(c.Faults, i, i+1) })
		}
		for i := range s.Conns {
			s = z.conn(s, i)
		}
		s = z.last(s)
		if s == was || z.budget <= 0 {
			return s
		}
	}
}

// try returns the changed scenario if it still fails, and s if not.
func (z *streamShrinker) try(s *StreamScenario, change func(c *StreamScenario)) *StreamScenario {
	c := *s
	c.Conns, c.Faults = slices.Clone(s.Conns), slices.Clone(s.Faults)
	change(&c)
	if z.budget <= 0 || c.String() == s.String() {
		return s
	}
	z.budget--
	if r := c.Run(StreamOptions{NoDigest: true}); r.Violation == nil || r.Violation.Property != z.want {
		return s
	}
	return &c
}

// last takes away connections at the end that are absent and that no fault names.
func (z *streamShrinker) last(s *StreamScenario) *StreamScenario {
	for last := len(s.Conns) - 1; last > 0 && s.Conns[last].Peer == Absent; last-- {
		if slices.ContainsFunc(s.Faults, func(f StreamFault) bool { return f.Conn == last || f.Like == last }) {
			break
		}
		smaller := z.try(s, func(c *StreamScenario) { c.Conns = c.Conns[:last] })
		if smaller == s {
			break
		}
		s = smaller
	}
	return s
}

// conn makes a connection simpler. It keeps its number, so that every decision
// about the others stays as it was.
func (z *streamShrinker) conn(s *StreamScenario, i int) *StreamScenario {
	changes := [...]func(c *StreamConn){
		func(c *StreamConn) { *c = StreamConn{Peer: Absent} },
		func(c *StreamConn) { c.Sends = 0 },
		func(c *StreamConn) { c.Gets = 0 },
		func(c *StreamConn) { c.Sends /= 2 },
		func(c *StreamConn) { c.Gets /= 2 },
		func(c *StreamConn) { c.Sizes = c.Sizes[:min(1, len(c.Sizes))] },
		func(c *StreamConn) { c.Window = 0 },
		func(c *StreamConn) { c.Piece = 0 },
		func(c *StreamConn) { c.Every = 0 },
		func(c *StreamConn) { c.Breaks = 0 },
		func(c *StreamConn) { c.Admit = 0 },
		func(c *StreamConn) { c.Latency = dice.Fixed(time.Millisecond) },
		func(c *StreamConn) { c.At = 0 },
	}
	for _, change := range changes {
		if s.Conns[i].Peer != Absent {
			s = z.try(s, func(c *StreamScenario) { change(&c.Conns[i]) })
		}
	}
	return s
}

// streamShrinkRuns bounds how often ExplainStream runs a scenario to shrink it.
const streamShrinkRuns = 2000

// ExplainStream says what a run has found: the property in English, the smallest
// scenario that shows it, the end of its trace, and the command that replays it.
func ExplainStream(r *StreamResult, command string) string {
	small := r.Scenario
	if r.Violation.Property != report.Expected {
		small = ShrinkStream(small, r.Violation.Property, streamShrinkRuns)
	}
	var trace report.Tail
	v := small.Run(StreamOptions{Trace: trace.Add, NoDigest: true}).Violation
	if v == nil {
		v = r.Violation
	}
	e := report.Explanation{Violation: v, Seed: r.Scenario.Seed, Scenario: small.String(), Trace: &trace, Command: command}
	return e.String()
}
