package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// token is a word, a quoted string or a symbol of a scenario.
type token struct {
	text   string
	quoted bool
}

// A SyntaxError says what is wrong with a line of a scenario.
type SyntaxError struct {
	Line int
	What string
}

func (e *SyntaxError) Error() string { return "line " + strconv.Itoa(e.Line) + ": " + e.What }

var symbols = [...]string{"<->", "->", "..", "{", "}", "|", ",", "#", "/", "-", "+"}

// lexLine splits a line into tokens and the comment at its end. A '#' begins a
// comment unless a digit follows it.
func lexLine(line string) (toks []token, comment string, hasComment bool, wrong string) {
	for i := 0; i < len(line); {
		rest := line[i:]
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#' && (len(rest) == 1 || rest[1] < '0' || rest[1] > '9'):
			return toks, strings.TrimSpace(rest[1:]), true, ""
		case c == '"':
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, "", false, "a string without its closing quote"
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, "", false, "a string that can't be read: " + quoted
			}
			toks = append(toks, token{text, true})
			i += len(quoted)
		default:
			n := symbolAt(rest)
			if n == 0 {
				n = wordAt(rest)
			}
			if n == 0 {
				return nil, "", false, "unexpected character " + strconv.QuoteRune([]rune(rest)[0])
			}
			toks = append(toks, token{rest[:n], false})
			i += n
		}
	}
	return toks, "", false, ""
}

func symbolAt(s string) int {
	for _, sym := range symbols {
		if strings.HasPrefix(s, sym) {
			return len(sym)
		}
	}
	return 0
}

// wordAt returns the length of the word that s begins with. Two dots end one.
func wordAt(s string) int {
	for i := range len(s) {
		if !plainByte(s[i]) || strings.HasPrefix(s[i:], "..") {
			return i
		}
	}
	return len(s)
}

// cursor reads the tokens of one line. Its first error stays; after it every
// read returns zero.
type cursor struct {
	toks  []token
	wrong string
}

func (c *cursor) fail(what string) {
	if c.wrong == "" {
		c.wrong = what
	}
	c.toks = nil
}

func (c *cursor) more() bool { return len(c.toks) > 0 }

// peek returns the next token if it is not quoted, else "".
func (c *cursor) peek() string {
	if len(c.toks) == 0 || c.toks[0].quoted {
		return ""
	}
	return c.toks[0].text
}

func (c *cursor) next(want string) token {
	if len(c.toks) == 0 {
		c.fail("want " + want + " at the end of the line")
		return token{}
	}
	t := c.toks[0]
	c.toks = c.toks[1:]
	return t
}

// take reads the next token if it is that word or symbol.
func (c *cursor) take(text string) bool {
	if len(c.toks) == 0 || c.toks[0].quoted || c.toks[0].text != text {
		return false
	}
	c.toks = c.toks[1:]
	return true
}

func (c *cursor) need(text string) {
	if !c.take(text) {
		c.unexpected("want " + text)
	}
}

// unexpected fails, and names the token that is there instead.
func (c *cursor) unexpected(want string) {
	if len(c.toks) == 0 {
		c.fail(want + " at the end of the line")
		return
	}
	c.fail(want + " instead of " + strconv.Quote(c.toks[0].text))
}

// name reads the name of a peer or call: a word that is no keyword, or a string.
func (c *cursor) name() string {
	if len(c.toks) > 0 && !c.toks[0].quoted && !plainName(c.toks[0].text) {
		c.unexpected("want a name")
		return ""
	}
	return c.next("a name").text
}

func (c *cursor) str() string {
	if len(c.toks) > 0 && !c.toks[0].quoted {
		c.unexpected("want a string in quotes")
		return ""
	}
	return c.next("a string in quotes").text
}

func (c *cursor) word(want string) string {
	t := c.next(want)
	if t.quoted {
		c.fail("want " + want + " without quotes")
	}
	return t.text
}

func (c *cursor) number(bits int) uint64 {
	w := c.word("a number")
	n, err := strconv.ParseUint(w, 10, bits)
	if err != nil {
		c.fail("want a number instead of " + strconv.Quote(w))
	}
	return n
}

// count reads a number that fits an int32.
func (c *cursor) count() int { return int(c.number(31)) }

// durationMax keeps sums of a few durations in range.
const durationMax = 100 * 365 * 24 * time.Hour

// duration reads 40s, 1.5h or 200ms; there are no negative ones.
func (c *cursor) duration() time.Duration {
	w := c.word("a duration such as 40s")
	d, err := time.ParseDuration(w)
	if err != nil || d < 0 || d > durationMax || strings.HasPrefix(w, "+") {
		c.fail("want a duration such as 40s, at most a hundred years, instead of " + strconv.Quote(w))
		return 0
	}
	return d
}

// delay reads 5ms, 5ms..30ms, and the shape of a distribution.
func (c *cursor) delay() Delay {
	d := Fixed(c.duration())
	if c.take("..") {
		if d.Max = c.duration(); d.Max < d.Min {
			c.fail("want the smaller duration first")
		}
	}
	switch {
	case c.take("decay"):
		d.Shape = dice.Decay
	case c.take("bursts"):
		d.Shape = dice.Bursts
	}
	return d
}

// ratio reads 1/50.
func (c *cursor) ratio() Ratio {
	r := Ratio{Num: uint32(c.number(31))}
	c.need("/")
	r.Den = uint32(c.number(31))
	if c.wrong == "" && r.Den == 0 {
		c.fail("a ratio with denominator 0")
	}
	return r
}
