package text

import (
	"strconv"
	"strings"
)

// FailWord notes that what was read last is none of some words, unless something is
// wrong already. It names the nearest of them; where none is near, it lists them.
func (c *Cursor) FailWord(what, word string, words []string) {
	c.Fail(what + " " + strconv.Quote(word) + Instead(word, words))
}

// Instead says, behind a word that is none of some words, what its writer may have
// meant: the nearest one, or what there is.
func Instead(word string, words []string) string {
	if near := Nearest(word, words); near != "" {
		return ": did you mean " + near + "?"
	}
	if len(words) == 0 {
		return ""
	}
	list := strings.Join(words[:len(words)-1], ", ")
	if list != "" {
		list += " or "
	}
	return ": want " + list + words[len(words)-1]
}

// Nearest returns the word that is the fewest slips of the keyboard away, if those are
// few for its length, or "". Of two that are equally near it is the earlier one.
func Nearest(word string, words []string) string {
	best, fewest := "", len(word)/3+1
	for _, w := range words {
		if n := slips(strings.ToLower(word), strings.ToLower(w)); n < fewest {
			best, fewest = w, n
		}
	}
	return best
}

// slips counts how many letters have to be added, taken away, changed or exchanged with
// their neighbour to make b of a.
func slips(a, b string) int {
	before, row, next := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next[0] = i + 1
		for j := range len(b) {
			changed := row[j]
			if a[i] != b[j] {
				changed++
			}
			next[j+1] = min(changed, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row, next = row, next, before
	}
	return row[len(b)]
}

// Excerpt returns the line that an error is about, with a caret below its place:
//
//	  |
//	3 | at 5s crush a
//	  |       ^^^^^
//
// It ends with a line feed, and is empty where the scenario has no such line.
func Excerpt(scenario string, e *SyntaxError) string {
	lines := strings.Split(strings.TrimPrefix(scenario, byteOrderMark), "\n")
	if e.Line < 1 || e.Line > len(lines) {
		return ""
	}
	line := strings.TrimRight(lines[e.Line-1], " \t\r")
	number := strconv.Itoa(e.Line)
	margin := strings.Repeat(" ", len(number)) + " |"
	at, width := e.Column-1, e.Width
	if at < 0 || at > len(line) { // the whole line
		at = len(line) - len(strings.TrimLeft(line, " \t"))
		width = len(line) - at
	}
	under := strings.Map(func(r rune) rune {
		if r == '\t' {
			return r
		}
		return ' '
	}, line[:at])
	carets := len([]rune(line[at:min(at+width, len(line))]))
	return margin + "\n" + number + " | " + line + "\n" + margin + " " + under + strings.Repeat("^", max(carets, 1)) + "\n"
}
