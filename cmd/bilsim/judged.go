package main

import (
	"strconv"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// judgedFields returns, for JSON, how often each property had something to judge.
func judgedFields(judged report.Marks) map[string]uint64 {
	fields := map[string]uint64{}
	for _, m := range judged {
		fields[m.Name] = m.Count
	}
	return fields
}

// judgedText returns the same in one line.
func judgedText(judged report.Marks) string {
	words := make([]string, len(judged))
	for i, m := range judged {
		words[i] = m.Name + " " + strconv.FormatUint(m.Count, 10)
	}
	return strings.Join(words, ", ")
}
