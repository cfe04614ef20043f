package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Bounds are how far a search through everything that may happen in a scenario goes.
type Bounds struct {
	Faults int           // how many of Kinds may happen, in all
	Kinds  []FaultKind   // empty: every one that the model has
	Calls  int           // calls to everybody that some node's user makes, at any time
	Time   time.Duration // how long it goes on; zero: it was not said
}

// A FaultKind is a kind of fault that a search may have happen.
type FaultKind struct {
	Word string        // one of FaultWords
	For  time.Duration // how long it lasts, or how late a frame is; zero: the search says
}

// boundKind is what a scenario may say of a kind of fault.
type boundKind struct {
	word        string // as scenarios call it
	lasts       bool   // a duration may stand behind it
	adversarial bool   // it needs that model
}

// boundKinds are the kinds of faults that a search knows.
var boundKinds = [...]boundKind{
	{"drop", false, true}, {"dup", false, true}, {"delay", true, false}, {"reorder", true, true}, {"refuse", false, false},
	{"break", false, false}, {"cut", true, false}, {"crash", false, false}, {"restart", false, false}, {"pause", true, false},
}

// FaultWords are the kinds of faults that a search knows in a model.
func FaultWords(m Model) []string {
	var words []string
	for _, k := range boundKinds {
		if m == Adversarial || !k.adversarial {
			words = append(words, k.word)
		}
	}
	return words
}

// bound reads what stands behind "bound":
//
//	faults 2 of drop, cut 20s
//	calls 1
//	time 60s
func (p *parser) bound(c *text.Cursor) {
	b := &p.s.Bounds
	word := c.Word("faults, calls or time")
	p.once(c, "bound "+word)
	switch word {
	case "faults":
		b.Faults = p.positive(c)
		if c.Take("of") {
			b.Kinds = append(b.Kinds, p.faultKind(c))
			for c.Take(",") {
				b.Kinds = append(b.Kinds, p.faultKind(c))
			}
		}
	case "calls":
		b.Calls = p.positive(c)
	case "time":
		b.Time = c.Positive()
	default:
		c.FailWord("no bound is called", word, []string{"faults", "calls", "time"})
	}
}

// faultKind reads "drop" or "cut 20s".
func (p *parser) faultKind(c *text.Cursor) FaultKind {
	kind := FaultKind{Word: c.Word("a kind of fault")}
	for _, k := range boundKinds {
		if k.word != kind.Word {
			continue
		}
		for _, other := range p.s.Bounds.Kinds {
			if other.Word == kind.Word {
				c.Fail(kind.Word + " is named twice")
			}
		}
		if k.lasts && c.AtNumber() {
			kind.For = c.Positive()
		}
		if k.adversarial {
			p.needsAdversary(kind.Word)
		}
		return kind
	}
	c.FailWord("no kind of fault is called", kind.Word, FaultWords(Adversarial))
	return kind
}

// turnMost bounds how many things are due at one moment.
const turnMost = 1 << 16

// turns reads "0 2 1".
func (p *parser) turns(c *text.Cursor) {
	p.once(c, "turns")
	for first := true; first || c.More(); first = false {
		p.s.Turns = append(p.s.Turns, c.Within(0, turnMost))
	}
}

// moment reads "40s", or "0s..40s" for what a search tries at each time between.
func (p *parser) moment(c *text.Cursor, l *Line) {
	l.At = c.Duration()
	if !c.Take("..") {
		return
	}
	if l.Until = c.Duration(); l.Until <= l.At {
		c.Fail("want the smaller time first")
	}
}

// moment writes when a line happens.
func (l *Line) moment() string {
	if l.Until > 0 {
		return text.FormatDuration(l.At) + ".." + text.FormatDuration(l.Until)
	}
	return text.FormatDuration(l.At)
}

// formatBounds writes bounds and turns, a statement a line.
func formatBounds(b *strings.Builder, s *Scenario) {
	if n := s.Bounds.Faults; n > 0 {
		kinds := ""
		for i, k := range s.Bounds.Kinds {
			kinds = text.Words(kinds+text.If(i > 0, ","), text.If(i == 0, "of"), k.Word)
			if k.For > 0 {
				kinds += " " + text.FormatDuration(k.For)
			}
		}
		text.WriteLine(b, "bound faults", strconv.Itoa(n), kinds)
	}
	if n := s.Bounds.Calls; n > 0 {
		text.WriteLine(b, "bound calls", strconv.Itoa(n))
	}
	if d := s.Bounds.Time; d > 0 {
		text.WriteLine(b, "bound time", text.FormatDuration(d))
	}
	if len(s.Turns) > 0 {
		row := "turns"
		for _, n := range s.Turns {
			row += " " + strconv.Itoa(n)
		}
		text.WriteLine(b, row)
	}
}

// boundWords are the words that may come next in a bound.
func boundWords(f []string) []string {
	switch last := f[len(f)-1]; {
	case len(f) == 1:
		return []string{"faults", "calls", "time"}
	case f[1] != "faults" || len(f) < 3:
		return nil
	case last == "of" || strings.HasSuffix(last, ","):
		return FaultWords(Adversarial)
	}
	return []string{"of"}
}
