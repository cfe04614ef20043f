// Package text reads and writes scenarios: it has what the languages of all
// simulated worlds have in common.
//
// A scenario is a text of lines. Its first line that is not a comment is a
// [Header], which names the language and its version; every other one is a
// statement of words, names, numbers, durations and symbols, which a [Parser]
// reads from a [Cursor]. A '#' begins a comment unless a digit follows it. What
// is wrong is reported as a [SyntaxError], with its line and its place there;
// [Excerpt] shows both.
package text

import (
	"strconv"
	"strings"
)

// A SyntaxError says what is wrong with a line of a scenario.
type SyntaxError struct {
	Line  int    // from 1
	What  string // what is wrong, and what was expected
	Place        // where in the line; the zero Place if it is about the whole of it
}

// A Place is a part of a line.
type Place struct {
	Column int // its first byte, from 1; 0 is nowhere
	Width  int // in bytes; 0 at the end of the line
}

func (e *SyntaxError) Error() string { return "line " + strconv.Itoa(e.Line) + ": " + e.What }

// A Header is the first line of a scenario: the language that it is written in.
type Header struct {
	Word    string // that the line begins with
	Version int    // the number behind it
}

func (h Header) String() string { return Words(h.Word, strconv.Itoa(h.Version)) }

// A Parser reads the lines of a scenario in one of the languages.
type Parser interface {
	// Comment records a comment, without its '#' and the blanks around it. If
	// heading is set, it stands on a line of its own above the header. A comment at
	// the end of a line comes before the line's statement.
	Comment(text string, heading bool)
	// Statement reads one line below the header. A rest of the line is an error.
	Statement(line int, c *Cursor)
}

// byteOrderMark is what some editors put before the first line.
const byteOrderMark = "\ufeff"

// Parse reads the lines of a scenario and hands them to p. It returns how many
// there are; the error is a *SyntaxError and ends the reading.
func Parse(scenario string, h Header, p Parser) (lines int, err error) {
	headed := false
	scenario = strings.TrimPrefix(scenario, byteOrderMark)
	for line := range strings.SplitSeq(scenario, "\n") {
		lines++
		toks, comment, has, wrong := lexLine(line)
		if wrong != nil {
			wrong.Line = lines
			return lines, wrong
		}
		if has {
			p.Comment(comment, !headed && len(toks) == 0)
		}
		if len(toks) == 0 {
			continue
		}
		c := newCursor(toks)
		if headed {
			p.Statement(lines, c)
		} else {
			h.read(c)
			headed = true
		}
		if c.More() {
			c.Unexpected("want the end of the line")
		}
		if !c.OK() {
			return lines, &SyntaxError{lines, c.wrong, c.place}
		}
	}
	if !headed {
		return lines, &SyntaxError{Line: 1, What: "want " + strconv.Quote(h.String()) + " as the first line that is not a comment"}
	}
	return lines, nil
}

func (h Header) read(c *Cursor) {
	c.Need(h.Word)
	if c.Count() != h.Version {
		c.Fail("this program reads version " + strconv.Itoa(h.Version) + " of the language")
	}
}
