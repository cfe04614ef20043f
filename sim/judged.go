package sim

import (
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// judged counts what the world itself has judged, beside its checkers.
type judged struct {
	pairs uint64 // that had to come together (L1)
	calls uint64 // that had to succeed (L4)
}

// Judged counts how often each property had something to judge: those of the protocol
// in their order, then those of checkers of one's own that are a check.Judge. One
// that never had holds for no reason.
func (w *World) Judged() report.Marks {
	var counts report.Marks
	add := func(p Property, n uint64) { counts = append(counts, report.MarkCount{Name: p.ID, Count: n}) }
	for _, p := range check.Properties() {
		switch p {
		case check.PropNoPanic:
			add(p, w.steps.count)
		case check.PropConverge:
			add(p, w.checks.judged.pairs)
		case check.PropWorks:
			add(p, w.checks.judged.calls)
		default:
			if c := w.checks.of(p); c != nil {
				add(p, c.Judged())
			}
		}
	}
	for i := range w.checks.all {
		if c := &w.checks.all[i]; c.judge != nil && !ofTheProtocol(c.Property()) {
			add(c.Property(), c.judge.Judged())
		}
	}
	return counts
}

// of returns the checker of a property, nil if it is not used or does not count.
func (cs *checks) of(p Property) check.Judge {
	for i := range cs.all {
		if c := &cs.all[i]; c.judge != nil && c.Property() == p {
			return c.judge
		}
	}
	return nil
}

// ofTheProtocol says whether a property is one of package check.
func ofTheProtocol(p Property) bool {
	for _, q := range check.Properties() {
		if p == q {
			return true
		}
	}
	return false
}
