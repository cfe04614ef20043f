package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/shrink"
)

// Shrink looks for the smallest scenario that still shows the violation of a run,
// under the checkers of that run: it names every fault that befell a frame, then takes
// away everything unnecessary. The result violates the same property; without any one
// of its faults it would not. An expectation stays unmet in the very same way, and what
// the users do whom it is about is not taken away. The scenario is run up to budget
// times.
func Shrink(r *Result, budget int) *Scenario {
	return newShrinker(r, budget).smallest()
}

// shrinker is a search that knows what is simpler in a scenario.
type shrinker struct {
	shrink.Search[Scenario]
	found  *Result         // where the search begins
	want   *Violation      // that a smaller scenario has to show
	users  map[string]bool // whose actions the expectation that was not met is about
	kept   int             // how many lines such actions have
	budget int             // of all runs
	last   *Violation      // that the latest run has shown, of those that are wanted
}

func newShrinker(r *Result, budget int) *shrinker {
	z := &shrinker{found: r, want: r.Violation, budget: budget, users: map[string]bool{}}
	z.Search = shrink.Search[Scenario]{Clone: clone, Fails: z.fails, Budget: budget}
	if e := unmet(r.Scenario, z.want); e != nil {
		z.users[e.A], z.users[e.B] = true, true
		for i := range r.Scenario.Lines {
			if f, ok := r.Scenario.Lines[i].Fault.(Calling); ok && f.Name != "" && f.Name == e.Text {
				z.users[f.Node] = true
			}
		}
		z.kept = z.actions(r.Scenario)
	}
	return z
}

// unmet returns the expectation that a violation is about, or nil.
func unmet(s *Scenario, v *Violation) *Expect {
	if v.Property != report.Expected {
		return nil
	}
	for i := range s.Lines {
		if l := &s.Lines[i]; l.Expect != nil && strings.HasPrefix(v.What, l.Expect.opening(l.Number)) {
			return l.Expect
		}
	}
	return nil
}

// absent says whether the violation is that something never happened: with less of a
// scenario that shows for nothing.
func (z *shrinker) absent() bool {
	if z.want.Property != report.Expected {
		return false
	}
	e := unmet(z.found.Scenario, z.want)
	return e == nil || e.Kind == ExpectMark || e.Kind == ExpectDrop || strings.Contains(z.want.What, ": "+notLooked)
}

// actions counts the lines that say what users do whom the expectation is about,
// before it is missed.
func (z *shrinker) actions(s *Scenario) int {
	n := 0
	for i := range s.Lines {
		l := &s.Lines[i]
		if f, ok := l.Fault.(userFault); ok && l.At <= z.want.At && z.users[f.user()] {
			n++
		}
	}
	return n
}

// smallest searches. It returns the scenario itself if that can't be made smaller,
// or does not show the violation a second time.
func (z *shrinker) smallest() *Scenario {
	s := z.found.Scenario
	if z.absent() {
		return s
	}
	best := z.named(s)
	if best == nil {
		return s
	}
	best = z.cut(best)
	// No line is needed only because a run ends with the last one.
	best = z.Try(best, func(c *Scenario) bool { c.RunFor = roundUp(z.want.At); return best.RunFor == 0 })
	best = z.Rounds(best, z.round)
	slices.SortStableFunc(best.Lines, inOrder)
	return best
}

// runs is how many scenarios the search has run.
func (z *shrinker) runs() int { return z.budget - z.Budget }

// fails says whether the scenario still shows the violation.
func (z *shrinker) fails(s *Scenario) bool {
	if z.actions(s) < z.kept {
		return false
	}
	return z.shown(z.found.Again(s, RunOptions{})) != nil
}

// shown returns the violation of a run that is the wanted one, or nil.
func (z *shrinker) shown(r *Result) *Violation {
	z.last = nil
	for _, v := range r.Violations {
		if v.Property.ID == z.want.Property.ID && (v.Property != report.Expected || v.What == z.want.What) {
			z.last = v
			break
		}
	}
	return z.last
}

// Again runs a scenario as another one was run: with the same checkers, and what its
// caller has added. It makes no digest.
func (r *Result) Again(s *Scenario, o RunOptions) *Result {
	o.Checkers, o.NoDigest, o.Around = r.options.Checkers, true, r.options.Around
	customise := o.Customise
	o.Customise = func(w *World) {
		if r.options.Customise != nil {
			r.options.Customise(w)
		}
		if customise != nil {
			customise(w)
		}
	}
	return s.Run(o)
}

// named turns what rates did to frames into rules that say so, and forgets the
// rates: a rule can be taken away, a decision of a rate can't. It returns nil if
// the violation does not come up again.
func (z *shrinker) named(s *Scenario) *Scenario {
	z.Budget--
	r := z.found.Again(s, RunOptions{Record: true})
	if z.shown(r) == nil {
		return nil
	}
	n := clone(s)
	if n.Rates == (Rates{}) {
		return n
	}
	n.Rates = Rates{}
	// Taken already includes the effects of rules.
	n.Lines = slices.DeleteFunc(n.Lines, func(l Line) bool { return l.Rule != nil && l.Rule.Then == nil })
	for _, t := range r.Taken {
		f := t.Frame
		n.Lines = append(n.Lines, Line{Rule: &FrameRule{
			Command: f.Command, From: f.From, To: f.To, First: f.Ordinal, Last: f.Ordinal, Fate: t.Fate,
		}})
	}
	if !z.Shows(n) {
		return clone(s) // rules and rates at once: leave both
	}
	return n
}

// clone copies a scenario, so that its lines and peers can be taken away.
func clone(s *Scenario) *Scenario {
	c := *s
	c.Lines, c.Peers = slices.Clone(s.Lines), slices.Clone(s.Peers)
	return &c
}

// round tries every way to make s smaller once, those that take away the most
// first. One success may make another possible, hence there are several rounds.
func (z *shrinker) round(s *Scenario) *Scenario {
	s = z.cut(s)
	s = shrink.Without(&z.Search, s, func(s *Scenario) *[]Line { return &s.Lines })
	s = z.solo(s)
	s = z.peers(s)
	return z.simpler(s)
}

// cut leaves away what comes after the violation: the second half of the run, the
// faults planned for later, and the time. It saves time in every run that follows.
func (z *shrinker) cut(s *Scenario) *Scenario {
	s = z.Try(s, func(c *Scenario) bool { c.Settle = false; return s.Settle })
	if !z.Shows(s) {
		return s
	}
	at := z.last.At
	if s.Settle || at >= s.RunFor && s.RunFor > 0 {
		return s
	}
	return z.Try(s, func(c *Scenario) bool {
		changed := false
		if end := roundUp(at); end < c.RunFor {
			c.RunFor, changed = end, true
		}
		kept := c.Lines[:0:0]
		for _, l := range c.Lines {
			late := l.Fault != nil && l.At > at
			if e := l.Expect; e != nil && e.timed() && !e.OfHeal {
				late = c.RunFor > 0 && e.moment() > c.RunFor
			}
			if !late {
				kept = append(kept, l)
			}
		}
		changed = changed || len(kept) < len(c.Lines)
		c.Lines = kept
		return changed
	})
}

// roundUp returns the next time that is easy to read.
func roundUp(t time.Duration) time.Duration {
	if s := t.Truncate(time.Second) + time.Second; s > t {
		return s
	}
	return t
}

// soloFrom is how many rules it takes before solo is worth its runs, and
// soloOrdinals how far it looks.
const soloFrom, soloOrdinals = 4, 12

// solo tries to get by with one rule alone. Without the others there are fewer
// frames, so that the same frame has a smaller ordinal.
func (z *shrinker) solo(s *Scenario) *Scenario {
	rules := 0
	for _, l := range s.Lines {
		if l.Rule != nil {
			rules++
		}
	}
	if rules < soloFrom {
		return s
	}
	for i := len(s.Lines) - 1; i >= 0; i-- {
		rule := s.Lines[i].Rule
		if rule == nil {
			continue
		}
		for n := range uint32(soloOrdinals) {
			// Each ordinal from the first on: the smallest that still shows it is the easiest
			// to believe.
			next := z.Try(s, func(c *Scenario) bool {
				only := *rule
				only.First, only.Last = n+1, n+1
				c.Lines[i].Rule = &only
				c.Lines = slices.DeleteFunc(c.Lines, func(l Line) bool { return l.Rule != nil && l.Rule != &only })
				return true
			})
			if next != s {
				return next
			}
		}
	}
	return s
}

// peers takes away peers that no line speaks of: with one that a line speaks of, the
// scenario could not be read back.
func (z *shrinker) peers(s *Scenario) *Scenario {
	if z.hasPrograms() {
		return s // which know each other by name
	}
	for i := len(s.Peers) - 1; i >= 0; i-- {
		s = z.Try(s, func(c *Scenario) bool {
			c.Peers = slices.Delete(c.Peers, i, i+1)
			return readable(c) && len(c.Peers) > 0
		})
	}
	return s
}

// hasPrograms says whether nodes may run programs: whoever runs the runs knows them.
func (z *shrinker) hasPrograms() bool { return z.found.options.Around != nil }

// simpler tries settings and values that are easier to read. It comes last, since
// none of that makes a run shorter.
func (z *shrinker) simpler(s *Scenario) *Scenario {
	changes := []func(c *Scenario) bool{
		func(c *Scenario) bool { c.Wake = Delay{}; return s.Wake != Delay{} },
		func(c *Scenario) bool { c.Handler = Delay{}; return s.Handler != Delay{} },
		func(c *Scenario) bool { c.Latency = Delay{}; return s.Latency != Delay{} },
		func(c *Scenario) bool { c.Rates.DelayBy = Delay{}; return s.Rates.DelayBy != Delay{} },
		func(c *Scenario) bool { c.Keys = false; return s.Keys },
		func(c *Scenario) bool { c.Heartbeat = 0; return s.Heartbeat != 0 },
		func(c *Scenario) bool { c.Queue = 0; return s.Queue != 0 },
		func(c *Scenario) bool { c.FirstCall = 0; return s.FirstCall != 0 },
		func(c *Scenario) bool { c.Limits = core.Limits{}; return s.Limits != core.Limits{} },
		func(c *Scenario) bool { c.Model = Physical; return s.Model != Physical && physical(s) },
	}
	if !z.hasPrograms() { // of which these are a part
		changes = append(changes,
			func(c *Scenario) bool { c.RunFor = 0; return s.RunFor != 0 },
			func(c *Scenario) bool { c.Seed = 0; return s.Seed != 0 })
	}
	for _, change := range changes {
		s = z.Try(s, change)
	}
	for i := range s.Peers {
		s = z.Try(s, func(c *Scenario) bool {
			was := c.Peers[i]
			c.Peers[i].Blind, c.Peers[i].Old, c.Peers[i].As = false, false, ""
			return was != c.Peers[i]
		})
	}
	for i := range s.Lines {
		s = z.plainer(s, i)
	}
	return s
}

// physical says whether no line needs the adversarial model.
func physical(s *Scenario) bool {
	c := clone(s)
	c.Model = Physical
	return readable(c)
}
