package check

// A Judge is a Checker that says how often it had something to judge: where that is
// never, a run says nothing about its property.
type Judge interface{ Judged() uint64 }

// tally counts what a checker has judged.
type tally struct{ n uint64 }

// Judged returns the count.
func (t *tally) Judged() uint64 { return t.n }

// judge counts one more.
func (t *tally) judge() { t.n++ }
