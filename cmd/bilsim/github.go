package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// annotate prints a command of a GitHub job that shows a finding at its line of the
// pull request. What is in order has none.
func (m *machines) annotate(f *finding) {
	place, title, what := "", "", ""
	switch {
	case f.err != nil:
		line, column := 1, 0
		what = f.err.Error()
		if syntax := (*sim.SyntaxError)(nil); errors.As(f.err, &syntax) {
			line, column, what = syntax.Line, syntax.Column, syntax.What
		}
		place, title = fmt.Sprintf("file=%s,line=%d,", githubValue(f.file), line), "can't be read"
		if column > 0 {
			place += fmt.Sprintf("col=%d,", column)
		}
	case f.violated():
		v := f.result.Violation
		title = v.Property.ID + ": " + v.Property.Claim
		what = fmt.Sprintf("%v\n%s, seed %d. Replay it with: %s", v, f.name, f.seed, f.replay)
		if f.file != "" {
			place = fmt.Sprintf("file=%s,line=%d,", githubValue(f.file), f.line())
		}
	case f.lack != "":
		title, what = f.name+" says too little", f.lack
	default:
		return
	}
	fmt.Fprintf(m.c.out, "::error %stitle=%s::%s\n", place, githubValue("bilsim "+m.command+": "+title), githubText(what))
}

// githubText escapes the text of a command.
func githubText(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubValue escapes a value of a command.
func githubValue(s string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(githubText(s))
}
