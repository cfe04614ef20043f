package ledger

import (
	"errors"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// A Plan is what a sweep is. It is written once, and every worker reads it.
type Plan struct {
	// Work says what is done with each seed, in the words of the program; the ledger only
	// compares it.
	Work string `json:"work"`
	// Program is the fingerprint of the program. Another one gives other results.
	Program string `json:"program"`
	// Of are the seeds, From to To-1.
	Of campaign.Range `json:"of"`
	// Chunk is how many of them a range has; the last one may have fewer.
	Chunk uint64 `json:"chunk"`
	// Lease is how long a worker may be silent before its range goes to another one.
	Lease time.Duration `json:"lease_ns"`
}

// check says what is wrong with a plan.
func (p *Plan) check() error {
	switch {
	case p.Of.From >= p.Of.To || p.Of.To > 1<<63:
		return fmt.Errorf("a sweep is of seeds A..B with A < B, not %v", p.Of)
	case p.Chunk == 0:
		return errors.New("a range has one seed at least")
	case p.Lease < time.Second:
		return fmt.Errorf("a lease of %v is too short to be renewed: want 1s or more", p.Lease)
	}
	return nil
}

// Ranges returns how many ranges there are.
func (p *Plan) Ranges() uint64 { return (p.Of.Len()-1)/p.Chunk + 1 }

// Range returns the i-th of them, from 0.
func (p *Plan) Range(i uint64) campaign.Range {
	from := p.Of.From + i*p.Chunk
	return campaign.Range{From: from, To: min(from+p.Chunk, p.Of.To)}
}

// differs says in which respect a sweep of this plan would be another one. Chunk and lease
// are no such thing: the plan that was written first decides them.
func (p *Plan) differs(q *Plan) error {
	switch {
	case p.Of != q.Of:
		return fmt.Errorf("it is of seeds %v", p.Of)
	case p.Work != q.Work:
		return fmt.Errorf("its work is %s", p.Work)
	case p.Program != q.Program:
		return fmt.Errorf("it was planned with a program that behaves differently (%.12s, this one is %.12s)", p.Program, q.Program)
	}
	return nil
}

// key is the key of a range, and the last token of its message's subject.
func key(r campaign.Range) string { return fmt.Sprintf("%d-%d", r.From, r.To) }

// rangeOf reads a key.
func rangeOf(key string) (r campaign.Range, err error) {
	if _, err := fmt.Sscanf(key, "%d-%d", &r.From, &r.To); err != nil || r.From >= r.To {
		return r, fmt.Errorf("%q is no range of a sweep", key)
	}
	return r, nil
}
