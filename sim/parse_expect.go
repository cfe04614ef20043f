package sim

import (
	"slices"
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// expect reads what comes after "expect". A line that does not begin with one of its
// words begins with the name of a call:
//
//	linked a b within 10s of start      k1 from b reply
//	inactive a b at 40s                 k1 done within 5s
//	backoff a b 3 at 1h                 ran k1 at b 1
//	mark "late or second BACK"          drop stale-link at a
func (p *parser) expect(c *text.Cursor) *Expect {
	e := &Expect{}
	switch word := c.Peek(); {
	case word == "linked" || word == "unlinked":
		c.Take(word)
		e.Kind = ExpectLinked
		e.A, e.B = c.Name(), c.Name()
		p.knows(e.A, e.B)
		p.two(c, word, e.A, e.B)
		if word == "unlinked" {
			e.Kind = ExpectUnlinked
		} else if c.Take("within") {
			p.within(c, e)
			return e
		}
		c.Need("at")
		e.At = c.Duration()
	case word == "active" || word == "inactive":
		c.Take(word)
		e.Kind = ExpectActive
		if word == "inactive" {
			e.Kind = ExpectInactive
		}
		e.A, e.B = c.Name(), c.Name()
		p.knows(e.A)
		p.two(c, word, e.A, e.B)
		c.Need("at")
		e.At = c.Duration()
	case word == "backoff":
		c.Take(word)
		e.Kind = ExpectBackoff
		e.A, e.B, e.N = c.Name(), c.Name(), c.Count()
		p.knows(e.A)
		p.two(c, word, e.A, e.B)
		c.Need("at")
		e.At = c.Duration()
	case word == "mark":
		c.Take(word)
		e.Kind, e.Text = ExpectMark, p.markName(c)
	case word == "drop":
		c.Take(word)
		e.Kind = ExpectDrop
		e.Text = p.dashed(c)
		c.Need("at")
		e.A = c.Name()
		p.knows(e.A)
	case word == "ran":
		c.Take(word)
		e.Kind = ExpectRan
		e.Text = c.Name()
		c.Need("at")
		e.B = c.Name()
		e.N = c.Count()
		p.knows(e.B)
	default:
		p.expectCall(c, e)
	}
	return e
}

// within reads "10s of start" or "10s of heal".
func (p *parser) within(c *text.Cursor, e *Expect) {
	e.Within = c.Positive()
	c.Need("of")
	if e.OfHeal = c.Take("heal"); !e.OfHeal {
		c.Need("start")
	}
}

// markName reads a mark's name, in quotes since most have blanks.
func (p *parser) markName(c *text.Cursor) string {
	name := c.Quoted()
	if !slices.Contains(markNames[:], name) {
		c.Fail("no mark is called " + strconv.Quote(name) + near(text.Nearest(name, markNames[:])))
	}
	return name
}

// dashed reads a word with dashes, such as own-name.
func (p *parser) dashed(c *text.Cursor) string {
	reason := c.Word("a reason such as own-name")
	for c.Take("-") {
		reason += "-" + c.Word("a word")
	}
	for d := core.Drop(1); c.OK(); d++ {
		switch name := d.String(); {
		case name == reason:
			return reason
		case strings.HasPrefix(name, "drop("): // past the last one
			c.Fail("no reason for a drop is called " + strconv.Quote(reason))
		}
	}
	return reason
}

// expectCall reads what is expected of a call: its end, or its outcome at a peer.
func (p *parser) expectCall(c *text.Cursor, e *Expect) {
	e.Text = c.Name()
	if c.Take("done") {
		e.Kind = ExpectDone
		c.Need("within")
		e.Within = c.Positive()
		return
	}
	e.Kind = ExpectRow
	c.Need("from")
	e.B = c.Name()
	word := c.Word("an outcome")
	for _, o := range outcomeWords {
		if o.Word == word {
			e.Outcome = o.Outcome
			return
		}
	}
	c.FailWord("no outcome is called", word, outcomes())
}
