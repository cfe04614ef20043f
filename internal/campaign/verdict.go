package campaign

import (
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Exit statuses that a result can ask for, as bilsim has them.
const (
	exitFine      = 0
	exitViolation = 1
	exitMissing   = 2
)

// Exit returns the exit status of a program that has this result: 2 if a part of the whole
// is missing, 1 if something was violated or too little was tried, 0 otherwise.
func (r *Result) Exit(vacuous uint64) int {
	switch {
	case len(r.Missing()) > 0:
		return exitMissing
	case r.Violations() > 0 || len(r.Lacks(vacuous)) > 0:
		return exitViolation
	}
	return exitFine
}

// Missing returns the indices of the whole that nobody was asked to run: a shard's result
// is not there.
func (r *Result) Missing() Ranges { return NewRanges(r.Of).Without(r.Asked) }

// Gaps returns the indices that were to be run and were not, as time was up or there were
// too many violations.
func (r *Result) Gaps() Ranges { return r.Asked.Without(r.Ran) }

// Lacks says in which respects so many seeds have tried too little: properties that never
// had anything to judge, things that should happen sometimes and did not, or were never
// drawn. Fewer seeds than vacuous lack nothing, but that there are none at all; with
// vacuous 0 no number does.
func (r *Result) Lacks(vacuous uint64) []string {
	switch {
	case r.Seeds() == 0:
		return []string{"no seed was run"}
	case vacuous == 0 || r.Seeds() < vacuous:
		return nil
	}
	var lacks []string
	for _, l := range []struct {
		what  string
		names []string
	}{
		{"never had anything to judge", r.NeverJudged()},
		{"never happened, though it should sometimes", r.NeverHappened()},
		{"never drawn, though it should be sometimes", r.NeverDrawn()},
	} {
		if len(l.names) > 0 {
			lacks = append(lacks, l.what+": "+strings.Join(l.names, ", "))
		}
	}
	return lacks
}

// NeverJudged returns the properties that had nothing to judge.
func (r *Result) NeverJudged() []string { return r.Judged.Missed(r.adversarial()) }

// NeverHappened returns what should happen sometimes in the model, and did not.
func (r *Result) NeverHappened() []string { return r.Marks.Missed(r.adversarial()) }

// NeverDrawn returns the rare things that were not drawn.
func (r *Result) NeverDrawn() []string { return r.Drawn.Missed(r.adversarial()) }

func (r *Result) adversarial() bool { return r.Campaign.Model == sim.Adversarial }

// Next returns the index behind the first range that was run, where to go on.
func (r *Result) Next() uint64 {
	if len(r.Ran) == 0 {
		return r.Of.From
	}
	return r.Ran[0].To
}
