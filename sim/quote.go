package sim

import (
	"strconv"
	"strings"
)

// quoteName writes a name as a scenario has it: plain where it can be.
func quoteName(s string) string {
	if plainName(s) {
		return s
	}
	return strconv.Quote(s)
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
	return s[0] != '-' && !strings.HasPrefix(s, "..") && (s[0] < '0' || s[0] > '9') && s[0] != '.'
}

func plainByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '.'
}

func formatBody(s string) string {
	if s == "" {
		return ""
	}
	return strconv.Quote(s)
}

// keywords are the words of a scenario that can't be plain names.
var keywords = wordSet("all for as at on expect network seed model keys latency handler wake heartbeat queue scale run settle " +
	"late peers old blind peer timing limit rate then via by of done from within")

func wordSet(list string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(list) {
		set[w] = true
	}
	return set
}
