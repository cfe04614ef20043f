package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/shrink"
)

// Shrink takes away what is not necessary for the violation that a run of the
// scenario shows, and returns what is left. It runs scenarios up to budget times.
func Shrink(s *Scenario, want report.Property, budget int) *Scenario {
	small, _ := shrunk(s, want, budget)
	return small
}

// shrunk is Shrink; it says how many scenarios it has run too.
func shrunk(s *Scenario, want report.Property, budget int) (small *Scenario, runs int) {
	z := &shrinker{shrink.Search[Scenario]{
		Budget: budget,
		Clone: func(s *Scenario) *Scenario {
			c := *s
			c.Conns, c.Faults = slices.Clone(s.Conns), slices.Clone(s.Faults)
			return &c
		},
		Fails: func(s *Scenario) bool {
			v := s.Run(Options{NoDigest: true}).Violation
			return v != nil && v.Property == want
		},
	}}
	small = z.Rounds(s, z.round)
	return small, budget - z.Budget
}

// shrinker looks for the smallest scenario that still shows a violation.
type shrinker struct{ shrink.Search[Scenario] }

// round tries every way to make s smaller once.
func (z *shrinker) round(s *Scenario) *Scenario {
	s = shrink.Without(&z.Search, s, func(s *Scenario) *[]Fault { return &s.Faults })
	for i := range s.Conns {
		s = z.conn(s, i)
	}
	return z.last(s)
}

// last takes away connections at the end that are absent and that no fault names.
func (z *shrinker) last(s *Scenario) *Scenario {
	for last := len(s.Conns) - 1; last > 0 && s.Conns[last].Peer == Absent; last-- {
		if slices.ContainsFunc(s.Faults, func(f Fault) bool { return f.Conn == last || f.Like == last }) {
			break
		}
		smaller := z.Try(s, func(c *Scenario) bool { c.Conns = c.Conns[:last]; return true })
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
			s = z.Try(s, func(c *Scenario) bool {
				was := c.Conns[i].String()
				change(&c.Conns[i])
				return c.Conns[i].String() != was
			})
		}
	}
	return s
}
