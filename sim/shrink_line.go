package sim

import (
	"cmp"
	"time"
)

// inOrder puts faults in the order of their times, and rules and expectations
// behind them.
func inOrder(a, b Line) int {
	if (a.Fault == nil) != (b.Fault == nil) {
		if a.Fault != nil {
			return -1
		}
		return 1
	}
	return cmp.Compare(a.At, b.At)
}

// roundUnits are the units of durations that are easy to read, best first.
var roundUnits = [...]time.Duration{time.Second, 100 * time.Millisecond, 10 * time.Millisecond, time.Millisecond}

// plainer tries what makes one line easier to read: a rounder time, rounder
// durations, a call without options.
func (z *shrinker) plainer(s *Scenario, i int) *Scenario {
	s = z.rounder(s, func(c *Scenario, unit time.Duration) bool {
		at := c.Lines[i].At
		c.Lines[i].At = at.Truncate(unit)
		return c.Lines[i].At != at
	})
	s = z.rounder(s, func(c *Scenario, unit time.Duration) bool { return c.Lines[i].round(unit) })
	s = z.Try(s, func(c *Scenario) bool { return c.Lines[i].anonymous() && readable(c) })
	s = z.Try(s, func(c *Scenario) bool { return c.Lines[i].brief() })
	s = z.Try(s, func(c *Scenario) bool { return c.Lines[i].headless() })
	return z.Try(s, func(c *Scenario) bool { return c.Lines[i].once() })
}

// rounder tries a change with every unit until one will do.
func (z *shrinker) rounder(s *Scenario, change func(c *Scenario, unit time.Duration) bool) *Scenario {
	for _, unit := range roundUnits {
		if next := z.Try(s, func(c *Scenario) bool { return change(c, unit) }); next != s {
			return next
		}
	}
	return s
}

// readable says whether a scenario can be read back.
func readable(s *Scenario) bool {
	_, err := Parse(Format(s))
	return err == nil
}

// headless takes away what goes with a call.
func (l *Line) headless() bool {
	f, ok := l.Fault.(Calling)
	if !ok || f.Head == 0 && !f.Tell {
		return false
	}
	f.Head, f.Tell = 0, false
	l.Fault = f
	return true
}

// anonymous takes away the name of a call.
func (l *Line) anonymous() bool {
	f, ok := l.Fault.(Calling)
	if !ok || f.Name == "" {
		return false
	}
	f.Name = ""
	l.Fault = f
	return true
}

// brief makes the arguments of a call as short as they can be.
func (l *Line) brief() bool {
	f, ok := l.Fault.(Calling)
	if !ok || f.Size == 0 {
		return false
	}
	f.Size = 0
	l.Fault = f
	return true
}

// once makes a call one that may not run twice.
func (l *Line) once() bool {
	f, ok := l.Fault.(Calling)
	if !ok || !f.Idempotent {
		return false
	}
	f.Idempotent = false
	l.Fault = f
	return true
}

// round rounds how long what the line says lasts; never to nothing. It reports
// whether that changed anything.
func (l *Line) round(unit time.Duration) bool {
	changed := false
	to := func(d time.Duration) time.Duration {
		r := d.Round(unit)
		if r == 0 || d <= 0 {
			return d
		}
		changed = changed || r != d
		return r
	}
	if l.Rule != nil {
		r := *l.Rule // a copy: the larger scenario has this rule too
		r.Fate.Delay = to(r.Fate.Delay)
		l.Rule = &r
	}
	if f, ok := l.Fault.(timedFault); ok {
		l.Fault = f.rounded(to)
	}
	return changed
}
