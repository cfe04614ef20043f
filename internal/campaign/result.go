package campaign

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Result is what some indices of a campaign gave. It is JSON, and two are put together
// by Merge.
type Result struct {
	Campaign Campaign
	Of       Range         // the whole that this is a part of
	Asked    Ranges        // the parts of it that were to be run
	Ran      Ranges        // the parts of those that were: less, if time was up
	Events   uint64        // steps that nodes have taken
	Took     time.Duration // by the clock on the wall, of all machines together
	Digest   Digest        // of the digests of all seeds
	Marks    report.Marks  // how often things happened that have to happen sometimes
	Judged   report.Marks  // how often each property had something to judge
	Drawn    report.Marks  // in how many seeds each rare thing was drawn
	Findings []Finding     // in the order of their first indices
}

// New returns the result of no seeds yet, of which some are to be run.
func New(c Campaign, of, asked Range) *Result {
	world := sim.New(sim.Options{Checkers: sim.Checkers()})
	return &Result{
		Campaign: c, Of: of, Asked: NewRanges(asked),
		Marks: none(world.Marks()), Judged: none(world.Judged()), Drawn: none(new(sim.Scenario).Rare()),
	}
}

// none returns the marks with nothing counted.
func none(m report.Marks) report.Marks {
	for i := range m {
		m[i].Count = 0
	}
	return m
}

// Seeds returns how many seeds were run.
func (r *Result) Seeds() uint64 { return r.Ran.Len() }

// Violations returns how many of them violate something.
func (r *Result) Violations() (n uint64) {
	for i := range r.Findings {
		n += r.Findings[i].Seeds
	}
	return n
}

// Merge returns what two results give together; they stay as they are. In whatever order
// and groups results are merged, the outcome is the same. It fails if they are of two
// campaigns, or if both have run an index.
func Merge(a, b *Result) (*Result, error) {
	if err := a.Campaign.differs(&b.Campaign); err != nil {
		return nil, err
	}
	if twice := a.Ran.Both(b.Ran); len(twice) > 0 {
		return nil, fmt.Errorf("seeds %v are in both results: they would count twice", twice)
	}
	m := &Result{
		Campaign: a.Campaign, Of: Range{min(a.Of.From, b.Of.From), max(a.Of.To, b.Of.To)},
		Asked: a.Asked.Union(b.Asked), Ran: a.Ran.Union(b.Ran),
		Events: a.Events + b.Events, Took: a.Took + b.Took, Digest: a.Digest,
		Marks: slices.Clone(a.Marks), Judged: slices.Clone(a.Judged), Drawn: slices.Clone(a.Drawn),
		Findings: mergeFindings(a.Findings, b.Findings),
	}
	m.Digest.Merge(b.Digest)
	m.Marks.Add(b.Marks)
	m.Judged.Add(b.Judged)
	m.Drawn.Add(b.Drawn)
	return m, nil
}
