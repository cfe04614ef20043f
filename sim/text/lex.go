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
	place  Place  // in the line, its quotes included
}

var symbols = [...]string{"<->", "->", "..", "{", "}", "|", ",", "#", "/", "-", "+"}

// lexLine splits a line into tokens and the comment at its end. A '#' begins a
// comment unless a digit follows it. What can't be read is an error without a line.
func lexLine(line string) (toks []token, comment string, hasComment bool, wrong *SyntaxError) {
	end := -1 // of the token before
	for i := 0; i < len(line); {
		rest, joined := line[i:], i == end
		switch c := rest[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			i++
		case c == '#' && (len(rest) == 1 || !isDigit(rest[1])):
			return toks, strings.TrimSpace(rest[1:]), true, nil
		case c == '"':
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				return nil, "", false, &SyntaxError{What: "a string without its closing quote", Place: Place{i + 1, len(strings.TrimRight(rest, " \t\r"))}}
			}
			text, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, "", false, &SyntaxError{What: "a string that can't be read: " + quoted, Place: Place{i + 1, len(quoted)}}
			}
			toks = append(toks, token{text, true, joined, Place{i + 1, len(quoted)}})
			i += len(quoted)
			end = i
		default:
			n := symbolAt(rest)
			if n == 0 {
				n = wordAt(rest)
			}
			if n == 0 {
				r := []rune(rest)[0]
				return nil, "", false, &SyntaxError{
					What:  "unexpected character " + strconv.QuoteRune(r) + ": a name that has it in it stands in quotes",
					Place: Place{i + 1, len(string(r))},
				}
			}
			toks = append(toks, token{rest[:n], false, joined, Place{i + 1, n}})
			i += n
			end = i
		}
	}
	return toks, "", false, nil
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
