package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// shrinker looks for the smallest scenario that still shows a violation.
type shrinker struct {
	want   report.Property
	budget int
}

// Shrink takes away what is not necessary for the violation that a run of
// the scenario shows. It runs it up to budget times.
func Shrink(s *Scenario, want report.Property, budget int) *Scenario {
	z := &shrinker{want, budget}
	for {
		was := s
		for i := len(s.Faults) - 1; i >= 0; i-- {
			s = z.try(s, func(c *Scenario) { c.Faults = slices.Delete(c.Faults, i, i+1) })
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
func (z *shrinker) try(s *Scenario, change func(c *Scenario)) *Scenario {
	c := *s
	c.Conns, c.Faults = slices.Clone(s.Conns), slices.Clone(s.Faults)
	change(&c)
	if z.budget <= 0 || c.String() == s.String() {
		return s
	}
	z.budget--
	if r := c.Run(Options{NoDigest: true}); r.Violation == nil || r.Violation.Property != z.want {
		return s
	}
	return &c
}

// last takes away connections at the end that are absent and that no fault names.
func (z *shrinker) last(s *Scenario) *Scenario {
	for last := len(s.Conns) - 1; last > 0 && s.Conns[last].Peer == Absent; last-- {
		if slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Conn == last || f.Like == last }) {
			break
		}
		smaller := z.try(s, func(c *Scenario) { c.Conns = c.Conns[:last] })
		if smaller == s {
			break
		}
		s = smaller
	}
	return s
}

// conn makes a connection simpler. It keeps its number, so that every decision
// about the others stays as it was.
func (z *shrinker) conn(s *Scenario, i int) *Scenario {
	changes := [...]func(c *Conn){
		func(c *Conn) { *c = Conn{Peer: Absent} },
		func(c *Conn) { c.Sends = 0 },
		func(c *Conn) { c.Gets = 0 },
		func(c *Conn) { c.Sends /= 2 },
		func(c *Conn) { c.Gets /= 2 },
		func(c *Conn) { c.Sizes = c.Sizes[:min(1, len(c.Sizes))] },
		func(c *Conn) { c.Window = 0 },
		func(c *Conn) { c.Piece = 0 },
		func(c *Conn) { c.Every = 0 },
		func(c *Conn) { c.Breaks = 0 },
		func(c *Conn) { c.Admit = 0 },
		func(c *Conn) { c.Latency = dice.Fixed(time.Millisecond) },
		func(c *Conn) { c.At = 0 },
	}
	for _, change := range changes {
		if s.Conns[i].Peer != Absent {
			s = z.try(s, func(c *Scenario) { change(&c.Conns[i]) })
		}
	}
	return s
}
