package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// settling is the second half of a run, in which no fault happens any more. It is
// part of the world: it reads its parts, but acts as users do.
type settling struct {
	w        *World        // the world that settles
	healedAt time.Duration // when the faults stopped
	pairs    []*configured // all that have to come together
	looked   uint64        // the events of the world when they were last looked at, and one
}

// Settle is the second half of a run: faults stop, and now everything has to
// come right within what the protocol's constants allow. Every configured pair
// comes together within its bound and stays so, calls to every peer succeed at
// the first try, and when every node is stopped nothing is left.
func (w *World) Settle() *Violation {
	if w.checks.violation != nil {
		return w.checks.violation
	}
	w.fates.calm = true
	w.journal.fault(w, Heal{})
	Heal{}.Do(w)
	if w.RunUntil(w.time.now) != nil { // what paused nodes have yet to do
		return w.checks.violation
	}
	s := settling{w: w, healedAt: w.time.now}
	if w.lies.corrupted { // what remains true speaks of single nodes
		s.stopEverybody()
		return w.checks.violation
	}
	s.pairs = s.configured()
	w.checks.judged.pairs += uint64(len(s.pairs))
	if s.converge() && s.stayTogether() && w.checks.quiet() && s.callEverybody() && w.guests.look(w) {
		s.stopEverybody()
	}
	return w.checks.violation
}

// converge waits until every pair is linked, and fails the run with the first
// one whose bound has passed. Frames lost before the faults stopped can bring
// a link down until the longest silence has passed; such a pair has its bound
// from then on.
func (s *settling) converge() bool {
	t := &s.w.opts.Timing
	late := s.healedAt + max(t.Serve, 2*t.Live)*9/8 + s.w.opts.Heartbeat + s.w.frames.latest
	for {
		open := 0
		s.look()
		for _, p := range s.pairs {
			if p.linked {
				p.since = min(p.since, s.w.time.now)
				continue
			}
			if p.since != forever && s.w.time.now <= late {
				p.bound = max(p.bound, s.w.time.now+s.bound(p.a, p.b))
			}
			p.since = forever
			open++
			if s.w.time.now > p.bound {
				s.w.checks.fail(check.PropConverge, fmt.Sprintf("%s and %s have not come together %v after the faults stopped: %s%s",
					p.a.Name, p.b.Name, s.w.time.now-s.healedAt, describePair(s.w, p.a.Name, p.b.Name), p.loop()))
				return false
			}
		}
		// Until then a link that is lost already may still count as up.
		if open == 0 && s.w.time.now > late {
			return true
		}
		if s.w.RunUntil(s.w.time.now+s.slice()) != nil {
			return false
		}
	}
}

// look looks at every pair, unless nothing has happened since it last did: they look as
// they did then. What programs do is no event of the world.
func (s *settling) look() {
	w := s.w
	if s.looked == w.events+1 && w.guests.drive == nil {
		return
	}
	s.looked = w.events + 1
	for _, p := range s.pairs {
		p.linked = p.look(w.time.now)
	}
}

// slice is how often the second half of a run looks around: often enough to see
// each state of a pair, and the order in which they come.
func (s *settling) slice() time.Duration { return max(s.w.opts.Timing.Join/4, time.Millisecond) }

// stayTogether waits for the longest drain, in which no pair may come apart, and then
// demands one orientation of each.
func (s *settling) stayTogether() bool {
	t := &s.w.opts.Timing
	until := s.w.time.now + t.Serve + t.Serve/8 + t.Join + 2*t.Live
	for s.w.time.now < until {
		if s.w.RunUntil(s.w.time.now+s.slice()) != nil {
			return false
		}
		s.look()
		for _, p := range s.pairs {
			if !p.linked && !p.a.Old && !p.b.Old {
				s.w.checks.fail(check.PropConverge, fmt.Sprintf("%s and %s came together and fell apart again, with no fault about: %s%s",
					p.a.Name, p.b.Name, describePair(s.w, p.a.Name, p.b.Name), p.loop()))
				return false
			}
		}
	}
	for _, p := range s.pairs {
		if wrong := s.orientation(p); wrong != "" {
			s.w.checks.fail(check.PropConverge, wrong)
			return false
		}
	}
	return true
}

// orientation says what is wrong with who dials whom: one end has a healthy
// dial and the other one serves it, and no other half is up. An old peer shows too
// little of itself for that.
func (s *settling) orientation(p *configured) string {
	if p.a.Old || p.b.Old {
		return ""
	}
	x, _ := p.a.Machine.Status(p.b.Name)
	y, _ := p.b.Machine.Status(p.a.Name)
	forth := check.Healthy(x.Dialling) && y.Listening == core.Serving
	back := check.Healthy(y.Dialling) && x.Listening == core.Serving
	if forth == back || forth && (x.Listening != core.Idle || y.Dialling != core.Idle) || back && (y.Listening != core.Idle || x.Dialling != core.Idle) {
		return "there is not exactly one orientation: " + describePair(s.w, p.a.Name, p.b.Name)
	}
	return ""
}

// callEverybody has every node call all its peers, one node after the other:
// each call succeeds at the first try. The timeout is that of a round trip and a
// handler on a network without faults, so that no second try fits into it.
func (s *settling) callEverybody() bool {
	timeout := 8*(s.w.opts.Latency.Max+s.w.opts.Wake.Max) + 2*s.w.opts.Handler.Max + time.Second
	for _, n := range s.w.Nodes() {
		if !n.Up() || n.Repeats { // whose call ids an earlier life may have used up
			continue
		}
		c := s.w.Call(n.Name, Request{Method: echo.Ping, Timeout: timeout})
		if s.w.RunUntil(s.w.time.now+timeout+timeout/8) != nil {
			return false
		}
		for _, p := range s.pairs {
			other := p.b
			switch n {
			case p.a:
			case p.b:
				other = p.a
			default:
				continue
			}
			if s.w.lies.between(n, other) {
				continue // it has used up call ids in the name of a peer
			}
			s.w.checks.judged.calls++
			if r := c.Row(other.Name); r == nil || r.Outcome != core.Replied {
				what := "has no outcome"
				if r != nil {
					what = "ended with " + r.Outcome.String() + " " + r.Err
				}
				s.w.checks.fail(check.PropWorks, fmt.Sprintf("with no fault about, a call of %s to %s %s: %s", n.Name, other.Name, what, describePair(s.w, n.Name, other.Name)))
				return false
			}
		}
	}
	return true
}

// stopEverybody stops every node; nothing is left of those of ours. An original
// leaves its connections to its process.
func (s *settling) stopEverybody() {
	for _, n := range s.w.Nodes() {
		Stop{n.Name}.Do(s.w)
	}
	s.w.RunUntil(s.w.time.now + s.w.opts.Timing.Serve)
	for _, n := range s.w.Nodes() {
		if s.w.checks.violation == nil && n.Machine != nil && (!n.down && !n.stopped || len(n.sockets.open) > 0) {
			s.w.checks.fail(check.PropBounded, fmt.Sprintf("%s was stopped and has %d connections left", n.Name, len(n.sockets.open)))
		}
	}
}
