package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A task is what is done with each seed.
type task struct {
	Model    string `json:"model"`
	Peers    int    `json:"peers"`
	Campaign string `json:"campaign"`

	before func(index uint64) // for tests; may be nil
}

// String returns the task in the words of a plan.
func (t *task) String() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err) // strings and numbers always can be
	}
	return string(text)
}

// words returns the task as people read it.
func (t *task) words() string {
	words := t.Model + " model"
	if t.Peers > 0 {
		words += fmt.Sprintf(", %d peers", t.Peers)
	}
	if t.Campaign != "" {
		words += ", campaign " + t.Campaign
	}
	return words
}

// taskOf reads the words of a plan.
func taskOf(work string) (*task, error) {
	t := &task{}
	if err := json.Unmarshal([]byte(work), t); err != nil {
		return nil, fmt.Errorf("the sweep is not one of seeds: %w", err)
	}
	return t, t.check()
}

// peersMax bounds the peers of a scenario, as bilsim does.
const peersMax = 1000

func (t *task) check() error {
	if t.Model != sim.Physical.String() && t.Model != sim.Adversarial.String() {
		return fmt.Errorf("-model is physical or adversarial, not %q", t.Model)
	}
	if t.Peers < 0 || t.Peers == 1 || t.Peers > peersMax {
		return fmt.Errorf("-peers is 2 to %d, or 0, not %d", peersMax, t.Peers)
	}
	return nil
}

// campaign returns the campaign that the seeds are of.
func (t *task) campaign() *campaign.Campaign {
	c := &campaign.Campaign{Name: t.Campaign, Peers: t.Peers, Build: campaign.Build()}
	if t.Model == sim.Adversarial.String() {
		c.Model = sim.Adversarial
	}
	return c
}

// few is how many seeds run between two looks at the context.
const few = 8

// run runs a range on this goroutine, and calls told with how many seeds are done. If the
// context is done first, it returns nil. What it returns is the same, to the byte, whoever
// runs the range.
func (t *task) run(ctx context.Context, r campaign.Range, told func(done uint64)) (*campaign.Result, error) {
	c := t.campaign()
	var total *campaign.Result
	for from := r.From; from < r.To; from += few {
		part := campaign.Range{From: from, To: min(from+few, r.To)}
		if t.before != nil {
			for i := part.From; i < part.To; i++ {
				t.before(i)
			}
		}
		// Without a context: a part that was begun is finished, so that it is whole.
		result := c.Run(context.WithoutCancel(ctx), part, campaign.RunOptions{Workers: 1})
		if ctx.Err() != nil && part.To < r.To {
			return nil, nil
		}
		var err error
		if total, err = merged(total, result); err != nil {
			return nil, err
		}
		told(part.To - r.From)
	}
	total.Took = 0 // it differs from worker to worker
	return total, nil
}

// merged returns what both results give; a nil one is that of no seeds.
func merged(a, b *campaign.Result) (*campaign.Result, error) {
	if a == nil {
		return b, nil
	}
	return campaign.Merge(a, b)
}

// probed are the seeds of each model by which programs are told apart.
const probed = 16

// program returns the fingerprint of this program: what some seeds give, with all that is
// counted in them, and the version that the build recorded. A program with another fingerprint
// would give other results.
func program() string {
	sum := sha256.New()
	for _, model := range []string{sim.Physical.String(), sim.Adversarial.String()} {
		c := (&task{Model: model}).campaign()
		r := c.Run(context.Background(), campaign.Range{To: probed}, campaign.RunOptions{})
		r.Took = time.Duration(0)
		text, err := json.Marshal(r)
		if err != nil {
			panic(err) // of strings and numbers, it always can be
		}
		sum.Write(text)
	}
	return hex.EncodeToString(sum.Sum(nil))
}
