package text

import (
	"strconv"
	"strings"
)

// token is a word, a quoted string or a symbol of a scenario.
type token struct {
	text   string // without its quotes
	quoted bool   // it stood in quotes
	joined bool   // no blank stands between it and the token before
}

var symbols = [...]string{"<->", "->", "..", "{", "}", "|", ",", "#", "/", "-", "+"}

// lexLine splits a line into tokens and the comment at its end. A '#' begins a
// comment unless a digit follows it. If wrong is not empty, it says what can't be
// read.
func lexLine(line string) (toks []token, comment string, hasComment bool, wrong string) {
	end := -1 // of the token before
	for i := 0; i < len(line); {
		rest, joined := line[i:], i == end
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#' && (len(rest) == 1 || !isDigit(rest[1])):
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
			toks = append(toks, token{text, true, joined})
			i += len(quoted)
			end = i
		default:
			n := symbolAt(rest)
			if n == 0 {
				n = wordAt(rest)
			}
			if n == 0 {
				return nil, "", false, "unexpected character " + strconv.QuoteRune([]rune(rest)[0]) + ": a name that has it in it stands in quotes"
			}
			toks = append(toks, token{rest[:n], false, joined})
			i += n
			end = i
		}
	}
	return toks, "", false, ""
}

// symbolAt returns the length of the symbol that s begins with, or 0.
func symbolAt(s string) int {
	for _, sym := range symbols {
		if strings.HasPrefix(s, sym) {
			return len(sym)
		}
	}
	return 0
}

// wordAt returns the length of the word that s begins with. Two dots end one, and so
// does a percent sign behind a digit, which is read so that an error can say what to
// write instead.
func wordAt(s string) int {
	for i := range len(s) {
		if s[i] == '%' && i > 0 && isDigit(s[i-1]) {
			return i + 1
		}
		if !plainByte(s[i]) || strings.HasPrefix(s[i:], "..") {
			return i
		}
	}
	return len(s)
}

// plainByte says whether a byte can be in a word.
func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '_' || c == '.'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
