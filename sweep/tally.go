package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// tally is what has come of a sweep so far.
type tally struct {
	ledger *ledger.Ledger
	next   uint64           // the number of the next entry to be read
	result *campaign.Result // of the whole; what has not come yet is a gap in it
	ranges uint64           // that have an entry
	again  uint64           // of these, how many were begun more than once
	apart  uint64           // and how many had to be run in processes of their own
}

// newTally returns the tally of a sweep of which nothing has been read.
func newTally(l *ledger.Ledger, t *task) *tally {
	return &tally{ledger: l, next: 1, result: campaign.New(*t.campaign(), l.Plan().Of, l.Plan().Of)}
}

// read reads what has come since.
func (t *tally) read(ctx context.Context) (err error) {
	t.next, err = t.ledger.Read(ctx, t.next, t.take)
	return err
}

// take takes an entry in. One that is not of exactly its range is refused, and so is a seed
// that would count twice.
func (t *tally) take(e *ledger.Entry) error {
	part := &campaign.Result{}
	if err := json.Unmarshal(e.Result, part); err != nil {
		return fmt.Errorf("the result of seeds %v by %s: %w", e.Range, e.Worker, err)
	}
	if whole := campaign.NewRanges(e.Range); len(whole.Without(part.Ran)) > 0 || len(part.Ran.Without(whole)) > 0 {
		return fmt.Errorf("the result of seeds %v by %s is one of %v", e.Range, e.Worker, part.Ran)
	}
	sum, err := campaign.Merge(t.result, part)
	if err != nil {
		return err
	}
	t.result = sum
	t.ranges++
	if e.Try > 1 {
		t.again++
	}
	if e.Apart {
		t.apart++
	}
	return nil
}

// complete says whether every range has an entry.
func (t *tally) complete() bool { return t.ranges == t.ledger.Plan().Ranges() }
