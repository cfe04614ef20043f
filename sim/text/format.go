package text

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// Words joins what is not empty with blanks.
func Words(parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		if p != "" {
			if b.Len() > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(p)
		}
	}
	return b.String()
}

// If returns the word if it is meant, and else nothing.
func If(is bool, word string) string {
	if is {
		return word
	}
	return ""
}

// WriteLine writes a line of the words that are not empty.
func WriteLine(b *strings.Builder, parts ...string) {
	b.WriteString(Words(parts...))
	b.WriteByte('\n')
}

// WriteComments writes comments, one a line.
func WriteComments(b *strings.Builder, comments []string) {
	for _, c := range comments {
		WriteLine(b, "#", c)
	}
}

// keywords are the words of a scenario that can't be plain names.
var keywords = wordSet("all for as at on expect network seed model keys latency handler wake heartbeat queue scale firstcall run settle " +
	"late peers old blind peer timing limit rate then via by of done from within")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}

// plainName says whether a name needs no quotes.
func plainName(s string) bool {
	if s == "" || keywords[s] {
		return false
	}
	for i := range len(s) {
		if !plainByte(s[i]) {
			return false
		}
	}
	return !isDigit(s[0]) && s[0] != '.' && !strings.Contains(s, "..")
}

// FormatName writes a name as a scenario has it: plain where it can be.
func FormatName(s string) string {
	if plainName(s) {
		return s
	}
	return strconv.Quote(s)
}

// FormatDuration writes a duration with the largest unit that divides it: 90s,
// 200ms, 2h.
func FormatDuration(d time.Duration) string {
	units := [...]struct {
		size time.Duration
		name string
	}{{time.Hour, "h"}, {time.Minute, "m"}, {time.Second, "s"}, {time.Millisecond, "ms"}, {time.Microsecond, "us"}, {1, "ns"}}
	if d == 0 {
		return "0s"
	}
	for _, u := range units {
		if d%u.size == 0 {
			return strconv.FormatInt(int64(d/u.size), 10) + u.name
		}
	}
	return ""
}

// FormatRatio writes a ratio as 1/50.
func FormatRatio(r dice.Ratio) string {
	return strconv.FormatUint(uint64(r.Num), 10) + "/" + strconv.FormatUint(uint64(r.Den), 10)
}

// FormatDelay writes a delay as 5ms..30ms decay.
func FormatDelay(d dice.Delay) string {
	s := FormatDuration(d.Min)
	if d.Max != d.Min {
		s += ".." + FormatDuration(d.Max)
	}
	switch d.Shape {
	case dice.Decay:
		return s + " decay"
	case dice.Bursts:
		return s + " bursts"
	}
	return s
}
