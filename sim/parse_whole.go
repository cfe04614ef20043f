package sim

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// What only a whole scenario shows: whether its lines agree with each other. A line
// that can't come about, or says nothing of the run, is an error; else a scenario with
// a slip in it would hold for ever.

// callLine is a line that makes a call or a cast with a name.
type callLine struct {
	number int     // of the line
	from   string  // the caller
	r      Request // what it asks for
	cast   bool    // nobody hears what comes of it
}

// named notes a call or a cast. Two can't have one name.
func (p *parser) named(c *text.Cursor, from string, r Request, verb string) {
	if r.Name == "" || !c.OK() {
		return
	}
	if other, has := p.calls[r.Name]; has {
		c.Fail(fmt.Sprintf("line %d makes a call %s already: give this one another name", other.number, text.FormatName(r.Name)))
		return
	}
	p.calls[r.Name] = callLine{p.line, from, r, verb == "cast"}
}

// canceled has the name of a call that a line gives up checked once all are known.
func (p *parser) canceled(name string) {
	line := p.line
	p.later = append(p.later, func() error {
		if _, wrong := p.call(name, true); wrong != "" {
			return &SyntaxError{Line: line, What: wrong}
		}
		return nil
	})
}

// call returns the line that makes a call, or what is wrong with its name.
func (p *parser) call(name string, outcome bool) (l callLine, wrong string) {
	l, has := p.calls[name]
	switch {
	case !has:
		return l, fmt.Sprintf("no line makes a call %s: write \"as %[1]s\" at the end of one", text.FormatName(name))
	case outcome && l.cast:
		return l, fmt.Sprintf("%s is a cast: nobody hears what comes of it; want a call, or \"expect ran\"", text.FormatName(name))
	}
	return l, ""
}

// paused has it checked, once everything is read, that some line pauses a node.
func (p *parser) paused(node string) {
	line := p.line
	p.later = append(p.later, func() error {
		for f := range p.s.Faults() {
			if x, ok := f.(Pause); ok && x.Node == node {
				return nil
			}
		}
		return &SyntaxError{Line: line, What: "no line pauses " + text.FormatName(node) + `: want "at 5s pause ` + text.FormatName(node) + `" before it resumes`}
	})
}

// Faults are what lines plan, and what follows on a frame.
func (s *Scenario) Faults() func(yield func(Fault) bool) {
	return func(yield func(Fault) bool) {
		for i := range s.Lines {
			f := s.Lines[i].Fault
			if r := s.Lines[i].Rule; r != nil {
				f = r.Then
			}
			if f != nil && !yield(f) {
				return
			}
		}
	}
}

// whole checks that the lines agree with each other, and with the length of the run.
func (p *parser) whole() error {
	for i := range p.s.Lines {
		l := &p.s.Lines[i]
		wrong := p.behindTheEnd(l)
		if wrong == "" && l.Expect != nil {
			wrong = p.impossible(l.Expect)
		}
		if wrong == "" && l.Expect != nil {
			wrong = p.contradicted(l.Expect, p.s.Lines[:i])
		}
		if wrong != "" {
			return &SyntaxError{Line: l.Number, What: wrong}
		}
	}
	return nil
}

// behindTheEnd says what is wrong with a line that speaks of a time at which the run
// is over. A run that settles goes on for as long as that takes; what it does not come
// to is reported at its end.
func (p *parser) behindTheEnd(l *Line) string {
	end := p.s.RunFor
	if end == 0 {
		return "" // the run is as long as its lines need
	}
	at, of := max(l.At, l.Until), ""
	if e := l.Expect; e != nil {
		if p.s.Settle {
			return ""
		}
		switch at = max(e.At, e.Within); {
		case e.Kind == ExpectDone:
			return ""
		case e.OfHeal:
			at, of = p.lastHeal()+e.Within, ", counted from the last heal"
		}
	}
	if at <= end {
		return ""
	}
	return fmt.Sprintf("the run is over at %s, by line %d, before %s%s: want an earlier time here, or a longer run",
		text.FormatDuration(end), p.set["run"], text.FormatDuration(at), of)
}

// lastHeal returns the latest time at which the plan ends a fault of the network, or
// 0 if only what follows on a frame does.
func (p *parser) lastHeal() (at time.Duration) {
	for i := range p.s.Lines {
		if l := &p.s.Lines[i]; l.Fault != nil && heals(l.Fault) {
			at = max(at, l.lasts())
		}
	}
	return at
}

// heals says whether a fault is a heal, or ends in what counts as one.
func heals(f Fault) bool {
	switch f := f.(type) {
	case Heal:
		return true
	case Partition:
		return f.For > 0
	case Isolate:
		return f.For > 0
	case Cut:
		return f.For > 0
	}
	return false
}

// impossible says what is wrong with an expectation that nothing can meet, whatever
// happens in the run.
func (p *parser) impossible(e *Expect) string {
	switch e.Kind {
	case ExpectLinked:
		if !e.OfHeal || p.s.Settle {
			return ""
		}
		for f := range p.s.Faults() {
			if heals(f) {
				return ""
			}
		}
		return `nothing heals here: want "heal", "settle", or a partition, bridge, isolate or cut "for" some time`
	case ExpectDone, ExpectRan:
		_, wrong := p.call(e.Text, e.Kind == ExpectDone)
		return wrong
	case ExpectRow:
		l, wrong := p.call(e.Text, true)
		switch {
		case wrong != "":
			return wrong
		case len(l.r.To) > 0 && !slices.Contains(l.r.To, e.B):
			return fmt.Sprintf("line %d does not call %s: want one of those that it does", l.number, text.FormatName(e.B))
		case len(l.r.To) == 0 && (!p.present(e.B) || e.B == l.from):
			return fmt.Sprintf("line %d calls every other peer, and %s is none: want the name of one", l.number, text.FormatName(e.B))
		}
	}
	return ""
}

// present says whether anybody may go by a name: a peer, or one who is made up.
func (p *parser) present(name string) bool {
	for f := range p.s.Faults() {
		if x, ok := f.(Forge); ok && x.As == name {
			return true
		}
	}
	return p.names[name]
}

// contradicted says what is wrong with an expectation if an earlier one excludes it.
func (p *parser) contradicted(e *Expect, earlier []Line) string {
	for i := range earlier {
		if x := earlier[i].Expect; x != nil && x.excludes(e) {
			return "line " + strconv.Itoa(earlier[i].Number) + " says the opposite: leave one of the two"
		}
	}
	return ""
}

// excludes says whether two expectations can't both be met: they are about the same
// thing at the same time, and want something else of it.
func (e *Expect) excludes(other *Expect) bool {
	same := func(a, b ExpectKind) bool {
		return (e.Kind == a && other.Kind == b || e.Kind == b && other.Kind == a) && e.moment() == other.moment() && e.OfHeal == other.OfHeal
	}
	here, turned := e.A == other.A && e.B == other.B, e.A == other.B && e.B == other.A
	switch {
	case same(ExpectLinked, ExpectUnlinked):
		return here || turned
	case same(ExpectActive, ExpectInactive):
		return here
	case same(ExpectLinked, ExpectInactive): // linked is active at both ends
		return here || turned
	case same(ExpectBackoff, ExpectBackoff):
		return here && e.N != other.N
	case e.Kind == ExpectRow && other.Kind == ExpectRow:
		return here && e.Text == other.Text && e.Outcome != other.Outcome
	case e.Kind == ExpectRan && other.Kind == ExpectRan:
		return here && e.Text == other.Text && e.N != other.N
	}
	return false
}

// moment is when the expectation is looked at: within the start is at that time.
func (e *Expect) moment() time.Duration { return max(e.At, e.Within) }
