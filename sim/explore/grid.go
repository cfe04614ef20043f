package explore

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// latenciesMost bounds how many different latencies a frame can have on the grid.
const latenciesMost = 64

// plan is a scenario made ready for a search.
type plan struct {
	scenario  *sim.Scenario   // what worlds are made of: as given, with the least latency
	grid      time.Duration   // times between the least latency and the longest are multiples of it apart
	latencies int             // how many different ones a frame can have
	until     time.Duration   // bound time
	faults    int             // bound faults
	calls     int             // bound calls
	timeout   time.Duration   // of these calls
	frames    []sim.FaultKind // those that befall frames
	others    []sim.FaultKind // those that befall nodes and ways
	free      []sim.Line      // lines whose time is free
	liveness  bool            // the scenario settles
}

// newPlan returns the plan of a scenario, or what it lacks for a search.
func newPlan(s *sim.Scenario) (*plan, error) {
	c := *s
	p := &plan{scenario: &c, until: s.Bounds.Time, faults: s.Bounds.Faults, calls: s.Bounds.Calls, liveness: s.Settle}
	switch {
	case p.until == 0:
		return nil, fmt.Errorf(`want a bound of time, as "bound time 60s": without one a search need not end`)
	case s.Rates != (sim.Rates{DelayBy: s.Rates.DelayBy}):
		return nil, fmt.Errorf(`rates are for hunts: want "bound faults 1 of drop", say, in their place`)
	case s.Handler.Min != s.Handler.Max, s.Wake.Min != s.Wake.Max:
		return nil, fmt.Errorf("handlers and wake-ups take one time in a search: want no range")
	}
	latency := s.Latency
	if latency == (sim.Delay{}) {
		latency = sim.Fixed(time.Millisecond)
	}
	c.Latency, c.RunFor, c.Settle, c.Turns = sim.Fixed(latency.Min), p.until, false, nil
	timing := timingOf(s)
	p.grid = gridOf(s, latency, &timing)
	if p.latencies = int((latency.Max-latency.Min)/p.grid) + 1; p.latencies > latenciesMost {
		return nil, fmt.Errorf("on a grid of %s, the common divisor of all durations, a frame takes one of %d times: want a latency with fewer, as %s..%s",
			text.FormatDuration(p.grid), p.latencies, text.FormatDuration(10*p.grid), text.FormatDuration(20*p.grid))
	}
	p.timeout = timing.Join
	p.kinds(s, &timing)
	for i := range s.Lines {
		if s.Lines[i].Until > 0 {
			p.free = append(p.free, s.Lines[i])
		}
	}
	if len(p.free) > 32 {
		return nil, fmt.Errorf("%d lines have a range of times: want 32 at most", len(p.free))
	}
	return p, nil
}

// kinds sorts the kinds of faults, and gives those a duration that have been given none:
// cuts and pauses last for LIVE_TIME, delayed frames are JOIN_TIME late.
func (p *plan) kinds(s *sim.Scenario, t *core.Timing) {
	kinds := s.Bounds.Kinds
	if len(kinds) == 0 && p.faults > 0 {
		for _, word := range sim.FaultWords(s.Model) {
			kinds = append(kinds, sim.FaultKind{Word: word})
		}
	}
	for _, k := range kinds {
		switch k.Word {
		case "delay", "reorder":
			k.For = orElse(k.For, t.Join)
			p.frames = append(p.frames, k)
		case "drop", "dup", "refuse":
			p.frames = append(p.frames, k)
		default:
			k.For = orElse(k.For, t.Live)
			p.others = append(p.others, k)
		}
	}
}

func orElse(d, otherwise time.Duration) time.Duration {
	if d == 0 {
		return otherwise
	}
	return d
}

// timingOf returns the constants of the protocol in a scenario.
func timingOf(s *sim.Scenario) core.Timing {
	c := *s
	c.Lines, c.Peers = nil, nil
	w, err := c.Open(sim.RunOptions{NoDigest: true, Checkers: func() []sim.Checker { return nil }})
	if err != nil {
		return core.DefaultTiming()
	}
	return *w.Timing()
}

// gridOf returns the greatest common divisor of every duration of a scenario.
func gridOf(s *sim.Scenario, latency sim.Delay, t *core.Timing) time.Duration {
	grid := gcd(latency.Min, latency.Max)
	for _, d := range [...]time.Duration{
		t.FirstStart, t.FirstJoin, t.Join, t.Live, t.Retry, t.Serve, t.BasePart, t.Answer, t.Resume, t.LimboTick,
		t.RedialMin, t.RedialMax, s.Handler.Min, s.Wake.Min, max(s.Heartbeat, 0), s.Bounds.Time,
	} {
		grid = gcd(grid, d)
	}
	for _, k := range s.Bounds.Kinds {
		grid = gcd(grid, k.For)
	}
	for i := range s.Lines {
		l := &s.Lines[i]
		grid = gcd(gcd(grid, l.At), l.Until)
		if l.Fault != nil {
			grid = gcd(grid, sim.Lasts(l.Fault))
		}
		if l.Rule != nil {
			grid = gcd(grid, l.Rule.Fate.Delay)
		}
	}
	return grid
}

// gcd is the greatest common divisor; that of zero and b is b.
func gcd(a, b time.Duration) time.Duration {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
