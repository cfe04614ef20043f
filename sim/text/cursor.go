package text

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// A Cursor reads one line from left to right. Its first error stays, so that a
// parser need not look for errors between two reads: after one every read returns
// zero, and nothing is left of the line.
type Cursor struct {
	line  []token // the whole line
	toks  []token // what is left of it
	wrong string  // the first error, or ""
	place Place   // of what is wrong
}

// newCursor returns a cursor at the beginning of a line.
func newCursor(line []token) *Cursor { return &Cursor{line: line, toks: line} }

// Fail notes what is wrong with what was read last, unless something is already.
func (c *Cursor) Fail(what string) {
	at := Place{}
	if n := len(c.line) - len(c.toks); n > 0 {
		at = c.line[n-1].place
	}
	c.FailAt(at, what)
}

// FailAt notes what is wrong at a place of the line, unless something is already.
func (c *Cursor) FailAt(at Place, what string) {
	if c.wrong == "" {
		c.wrong, c.place = what, at
	}
	c.toks = nil
}

// FailNext notes what is wrong with what comes next, unless something is already.
func (c *Cursor) FailNext(what string) { c.FailAt(c.Next(), what) }

// Next returns the place of the next token, or the end of the line.
func (c *Cursor) Next() Place {
	if len(c.toks) > 0 {
		return c.toks[0].place
	}
	if n := len(c.line); n > 0 {
		last := c.line[n-1].place
		return Place{Column: last.Column + last.Width}
	}
	return Place{Column: 1}
}

// Find returns the place of the first token of the line with that text, as names
// are checked once all are known; the zero Place if there is none.
func (c *Cursor) Find(text string) Place {
	for _, t := range c.line {
		if t.text == text {
			return t.place
		}
	}
	return Place{}
}

// OK says whether nothing has been wrong so far.
func (c *Cursor) OK() bool { return c.wrong == "" }

// More says whether something is left of the line.
func (c *Cursor) More() bool { return len(c.toks) > 0 }

// Peek returns the next word or symbol, which stays; at a quoted string and at
// the end of the line it returns "".
func (c *Cursor) Peek() string {
	if len(c.toks) == 0 || c.toks[0].quoted {
		return ""
	}
	return c.toks[0].text
}

// AtQuoted says whether a quoted string comes next.
func (c *Cursor) AtQuoted() bool { return len(c.toks) > 0 && c.toks[0].quoted }

// AtKeyword says whether a word comes next that is no name without quotes.
func (c *Cursor) AtKeyword() bool { return keywords[c.Peek()] }

// AtNumber says whether a word comes next that begins with a digit.
func (c *Cursor) AtNumber() bool {
	w := c.Peek()
	return w != "" && isDigit(w[0])
}

// next reads the next token; want says what it should be.
func (c *Cursor) next(want string) token {
	if len(c.toks) == 0 {
		c.FailNext("want " + want + " at the end of the line")
		return token{}
	}
	t := c.toks[0]
	c.toks = c.toks[1:]
	return t
}

// Take reads the next token if it is that word or symbol, and says whether it was.
func (c *Cursor) Take(text string) bool {
	if len(c.toks) == 0 || c.toks[0].quoted || c.toks[0].text != text {
		return false
	}
	c.toks = c.toks[1:]
	return true
}

// Need reads that word or symbol.
func (c *Cursor) Need(text string) {
	if !c.Take(text) {
		c.Unexpected("want " + text)
	}
}

// Unexpected fails, and names the token that is there instead.
func (c *Cursor) Unexpected(want string) {
	if len(c.toks) == 0 {
		c.FailNext(want + " at the end of the line")
		return
	}
	hint := ""
	if name, ok := c.unquoted(); ok {
		hint = ": a name that is no plain word stands in quotes, as " + strconv.Quote(name)
	}
	c.FailNext(want + " instead of " + strconv.Quote(c.toks[0].text) + hint)
}

// unquoted returns what the next token is a part of, from one blank to the next, if
// that looks like a name that should stand in quotes: one with a dash in it, or that
// begins with a digit.
func (c *Cursor) unquoted() (name string, ok bool) {
	here := len(c.line) - len(c.toks)
	first, last := here, here+1
	for ; first > 0 && c.line[first].joined; first-- {
	}
	for ; last < len(c.line) && c.line[last].joined; last++ {
	}
	words := 0
	for _, t := range c.line[first:last] {
		switch {
		case t.quoted:
			return "", false
		case !dividers[t.text]:
			if wordAt(t.text) != len(t.text) {
				return "", false
			}
			words++
		}
		name += t.text
	}
	return name, words > 0 && last-first > 1 && !dividers[c.line[first].text]
}

// dividers are the symbols that names have in them.
var dividers = map[string]bool{"-": true, "+": true, "/": true}

// Name reads the name of a peer or call: a word that is no keyword, or a quoted
// string.
func (c *Cursor) Name() string {
	if len(c.toks) > 0 && !c.toks[0].quoted && !plainName(c.toks[0].text) {
		switch w := c.toks[0].text; {
		case keywords[w]:
			c.FailNext("want a name instead of " + strconv.Quote(w) + ": a name that is a word of the language stands in quotes")
		case isDigit(w[0]):
			name := w
			if whole, ok := c.unquoted(); ok {
				name = whole
			}
			c.FailNext("want a name instead of " + strconv.Quote(w) + ": a name that is no plain word stands in quotes, as " + strconv.Quote(name))
		default:
			c.Unexpected("want a name")
		}
		return ""
	}
	return c.next("a name").text
}

// Quoted reads a quoted string.
func (c *Cursor) Quoted() string {
	if len(c.toks) > 0 && !c.toks[0].quoted {
		c.Unexpected("want a string in quotes")
		return ""
	}
	return c.next("a string in quotes").text
}

// Word reads a word or symbol; want says what it should be, for the error.
func (c *Cursor) Word(want string) string {
	t := c.next(want)
	if t.quoted {
		c.Fail("want " + want + " without quotes")
		return ""
	}
	return t.text
}

// Number reads a number that fits so many bits.
func (c *Cursor) Number(bits int) uint64 {
	w := c.Word("a number")
	n, err := strconv.ParseUint(w, 10, bits)
	if err != nil {
		c.Fail("want a number instead of " + strconv.Quote(w))
		return 0
	}
	return n
}

// Count reads a number that fits an int32.
func (c *Cursor) Count() int { return int(c.Number(31)) }

// Within reads a number from least to most.
func (c *Cursor) Within(least, most int) int {
	n := c.Count()
	if n < least || n > most {
		c.Fail("want a number from " + strconv.Itoa(least) + " to " + strconv.Itoa(most) + " instead of " + strconv.Itoa(n))
	}
	return n
}

// durationMax keeps sums of a few durations in range.
const durationMax = 100 * 365 * 24 * time.Hour

// Duration reads 40s, 1.5h or 200ms; there are no negative ones.
func (c *Cursor) Duration() time.Duration {
	w := c.Word("a duration such as 40s")
	d, err := time.ParseDuration(w)
	if err != nil || d < 0 || d > durationMax || strings.HasPrefix(w, "+") {
		c.Fail("want a duration such as 40s, at most a hundred years, instead of " + strconv.Quote(w))
		return 0
	}
	return d
}

// Positive reads a duration above 0s.
func (c *Cursor) Positive() time.Duration {
	d := c.Duration()
	if d == 0 {
		c.Fail("want a duration above 0s")
	}
	return d
}

// Delay reads 5ms, 5ms..30ms, and the shape of a distribution.
func (c *Cursor) Delay() dice.Delay {
	d := dice.Fixed(c.Duration())
	if c.Take("..") {
		if d.Max = c.Duration(); d.Max < d.Min {
			c.Fail("want the smaller duration first")
		}
	}
	switch {
	case c.Take("decay"):
		d.Shape = dice.Decay
	case c.Take("bursts"):
		d.Shape = dice.Bursts
	}
	return d
}

// Ratio reads 1/50.
func (c *Cursor) Ratio() dice.Ratio {
	if w := c.Peek(); strings.HasSuffix(w, "%") || strings.Contains(w, ".") && c.AtNumber() {
		instead := "5/100 for 5%"
		if n := strings.TrimSuffix(w, "%"); n != w && !strings.Contains(n, ".") {
			instead = n + "/100"
		}
		c.FailNext("want a ratio instead of " + strconv.Quote(w) + ": write " + instead)
	}
	r := dice.Ratio{Num: uint32(c.Number(31))}
	c.Need("/")
	if r.Den = uint32(c.Number(31)); r.Den == 0 {
		c.Fail("a ratio with denominator 0")
	}
	return r
}
