package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sweep/internal/ledger"
)

// tally is what has come of a sweep so far.
type tally struct {
	ledger *ledger.Ledger
	next   uint64           // the number of the next entry to be read
	result *campaign.Result // of the whole; what has not come yet is a gap in it
	parts  []campaign.Part  // of it, by the workers that brought them
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
	if err := t.credit(e.Worker, part); err != nil {
		return err
	}
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

// credit adds a part to what a worker has brought.
func (t *tally) credit(worker string, part *campaign.Result) (err error) {
	for i := range t.parts {
		if p := &t.parts[i]; p.Name == worker {
			p.Result, err = campaign.Merge(p.Result, part)
			return err
		}
	}
	t.parts = append(t.parts, campaign.Part{Name: worker, Result: part})
	return nil
}

// note says what workers that did not come back have cost, and nothing if all did.
func (t *tally) note() string {
	if t.again == 0 {
		return ""
	}
	return fmt.Sprintf("%d of %d ranges were begun again, as a worker had not come back; %d were run seed by seed", t.again, t.ranges, t.apart)
}

// page writes the page of what has come.
func (t *tally) page(file string, fine bool, lacks []string) error {
	p := &campaign.Page{Result: t.result, Fine: fine, Lacks: lacks, Note: t.note(), By: "worker", Parts: t.parts}
	var out strings.Builder
	if err := p.Write(&out); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(out.String()), 0o644)
}
