package sim

import (
	"slices"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// rareThing is something that a swarm draws rarely, and a hunt has to draw sometimes.
type rareThing struct {
	name string                 // for people
	in   func(s *Scenario) bool // whether a scenario has it
}

// rareThings are looked for in scenarios, and not noted where they are drawn: one that
// was drawn and could not be put in does not count.
var rareThings = [...]rareThing{
	{"names that begin alike", func(s *Scenario) bool {
		return len(s.Peers) > 1 && strings.HasPrefix(s.Peers[1].Name, s.Peers[0].Name)
	}},
	{"keys", func(s *Scenario) bool { return s.Keys }},
	{"no heartbeats", func(s *Scenario) bool { return s.Heartbeat < 0 }},
	{"other heartbeats", func(s *Scenario) bool { return s.Heartbeat > 0 }},
	{"short queues", func(s *Scenario) bool { return s.Queue != 0 }},
	{"call ids equal everywhere", func(s *Scenario) bool { return s.FirstCall != 0 }},
	{"call ids near their end", func(s *Scenario) bool { return s.FirstCall > 1<<31 }},
	{"calls beyond SERVE_TIME", func(s *Scenario) bool {
		return s.hasCall(func(q *Request) bool { return q.Timeout > s.timing().Serve })
	}},
	{"handlers beyond SERVE_TIME", func(s *Scenario) bool {
		return hasFault(s, func(f Slow) bool { return f.By > s.timing().Serve })
	}},
	{"a name twice in a call", func(s *Scenario) bool { return s.hasCall(repeats) }},
	{"an unknown name in a call", func(s *Scenario) bool {
		return s.hasCall(func(q *Request) bool { return slices.Contains(q.To, nobody) })
	}},
	{"the caller in a call", func(s *Scenario) bool {
		return hasFault(s, func(f Calling) bool { return slices.Contains(f.To, f.Node) })
	}},
	{"a method of 128 bytes", func(s *Scenario) bool {
		return s.hasCall(func(q *Request) bool { return len(q.Method) >= 128 })
	}},
	{"an error text of 128 bytes", func(s *Scenario) bool {
		return s.hasCall(func(q *Request) bool { return q.Method == echo.Fail && q.Size >= 128 })
	}},
	{"a head", func(s *Scenario) bool { return s.hasCall(func(q *Request) bool { return q.Head > 0 }) }},
	{"a deadline that is told", func(s *Scenario) bool { return s.hasCall(func(q *Request) bool { return q.Tell }) }},
	{"timeouts out of order", (*Scenario).outOfOrder},
	{"one of two equal call ids taken back", (*Scenario).takesBack},
	{"time that runs back", func(s *Scenario) bool { return hasFault(s, func(f Clock) bool { return f.Rewind }) }},
	{"restart with the same incarnation", func(s *Scenario) bool { return hasFault(s, func(f Restart) bool { return f.Same }) }},
	{"redial", func(s *Scenario) bool { return hasFault(s, func(Redial) bool { return true }) }},
	{"bridge between groups", func(s *Scenario) bool { return hasFault(s, func(f Partition) bool { return s.bridged(f) }) }},
	{"address of another", func(s *Scenario) bool {
		return hasFault(s, func(f Connect) bool { return f.Address != "" && s.present(f.Address) })
	}},
	{"address of nobody", func(s *Scenario) bool {
		return hasFault(s, func(f Connect) bool { return !s.present(f.Address) && !(f.Address == "" && s.present(f.To)) })
	}},
}

// Rare says what the scenario has of that which swarms draw rarely: each counts once or
// not at all.
func (s *Scenario) Rare() report.Marks {
	var all report.Marks
	count := func(name string, is bool) {
		m := report.MarkCount{Name: name}
		if is {
			m.Count = 1
		}
		all = append(all, m)
	}
	for _, r := range rareThings {
		count(r.name, r.in(s))
	}
	for _, f := range limitFields {
		count("limit "+f.name, *f.of(s) != 0)
	}
	return all
}

// hasFault says whether a line plans such a fault.
func hasFault[F Fault](s *Scenario, is func(F) bool) bool {
	for f := range s.Faults() {
		if x, ok := f.(F); ok && is(x) {
			return true
		}
	}
	return false
}

// hasCall says whether a line makes such a call.
func (s *Scenario) hasCall(is func(*Request) bool) bool {
	return hasFault(s, func(f Calling) bool { return is(&f.Request) })
}

// outOfOrder says whether a node makes three calls at a time of which the last is due
// between the others.
func (s *Scenario) outOfOrder() bool {
	for i := 2; i < len(s.Lines); i++ {
		var calls [3]Calling
		for j := range calls {
			l := &s.Lines[i-2+j]
			c, is := l.Fault.(Calling)
			if !is || l.At != s.Lines[i].At || j > 0 && c.Node != calls[0].Node {
				break
			}
			calls[j] = c
		}
		if calls[0].Timeout < calls[2].Timeout && calls[2].Timeout < calls[1].Timeout {
			return true
		}
	}
	return false
}

// takesBack says whether one of two callers of equal ids, which call one peer at a time,
// gives its call up.
func (s *Scenario) takesBack() bool {
	for i := range s.Lines {
		x, is := s.Lines[i].Fault.(Cancel)
		if !is || s.FirstCall == 0 || i < 2 {
			continue
		}
		b, second := s.Lines[i-1].Fault.(Calling)
		a, first := s.Lines[i-2].Fault.(Calling)
		if first && second && b.Name == x.Call && a.Node != b.Node && slices.Equal(a.To, b.To) {
			return true
		}
	}
	return false
}

// repeats says whether a call names somebody more than once.
func repeats(q *Request) bool {
	for i, name := range q.To {
		if slices.Contains(q.To[:i], name) {
			return true
		}
	}
	return false
}

// bridged says whether a partition has a group of several, and leaves somebody out who
// reaches all groups.
func (s *Scenario) bridged(f Partition) bool {
	n := 0
	for _, g := range f.Groups {
		n += len(g)
	}
	return n > len(f.Groups) && n < len(s.Peers)
}

// present says whether a peer has that name.
func (s *Scenario) present(name string) bool {
	return slices.ContainsFunc(s.Peers, func(p Peer) bool { return p.Name == name })
}
