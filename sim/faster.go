package sim

import "time"

// Faster returns the scenario with every time in it divided by n, those of the protocol
// too: the same story in an n-th of the time. What counts is not divided: frames, sizes,
// shares, and by how much a clock is wrong in parts per million.
func (s *Scenario) Faster(n int64) *Scenario {
	by := time.Duration(max(n, 1))
	c := *s
	c.Timing = s.timing().Scaled(1, int64(by))
	c.Heartbeat = s.heartbeat()
	if c.Heartbeat == 0 {
		c.Heartbeat = heartbeatDefault
	}
	if c.Heartbeat > 0 {
		c.Heartbeat /= by
	}
	c.Scale = Ratio{}
	for _, d := range []*Delay{&c.Latency, &c.Handler, &c.Wake, &c.Rates.DelayBy} {
		d.Min, d.Max = d.Min/by, d.Max/by
	}
	if c.Latency == (Delay{}) {
		c.Latency = Fixed(latencyDefault / by)
	}
	c.RunFor = s.End() / by
	c.Lines = make([]Line, len(s.Lines))
	for i := range s.Lines {
		c.Lines[i] = s.Lines[i].faster(by)
	}
	return &c
}

// faster returns the line with every time in it divided.
func (l *Line) faster(by time.Duration) Line {
	divided := func(d time.Duration) time.Duration { return d / by }
	c := *l
	c.At /= by
	c.Fault = divideFault(l.Fault, divided)
	if l.Rule != nil {
		r := *l.Rule
		r.Fate.Delay /= by
		r.Then = divideFault(r.Then, divided)
		c.Rule = &r
	}
	if l.Expect != nil {
		e := *l.Expect
		e.At /= by
		e.Within /= by
		c.Expect = &e
	}
	return c
}

// divideFault returns a fault with its own times divided; nil for none.
func divideFault(f Fault, divided rounding) Fault {
	if x, ok := f.(timedFault); ok {
		return x.rounded(divided)
	}
	return f
}
