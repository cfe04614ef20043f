package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/campaign"
)

// Ended is the property that a seed violates which ends its process.
const (
	endedID    = "ended"
	endedClaim = "Running a seed does not end the process that runs it, and comes to an end."
)

// runApart runs each seed of a range in a process of its own. One that ends its process, or
// takes longer than a stall, is a finding.
func (w *worker) runApart(ctx context.Context, r campaign.Range, told func(done uint64)) (*campaign.Result, error) {
	var total *campaign.Result
	for i := r.From; i < r.To; i++ {
		result, err := w.seedApart(ctx, i)
		if ctx.Err() != nil || err != nil {
			return nil, err
		}
		if total, err = merged(total, result); err != nil {
			return nil, err
		}
		told(i + 1 - r.From)
	}
	return total, nil
}

// seedApart runs one seed in a process of its own.
func (w *worker) seedApart(ctx context.Context, index uint64) (*campaign.Result, error) {
	bounded, cancel := context.WithTimeout(ctx, w.flags.stall-w.flags.stall/4) // before the worker takes itself for stalled
	defer cancel()
	args := append(slices.Clone(w.app.self[1:]), "seed", "-task", w.task.String(), "-index", fmt.Sprint(index))
	command := exec.CommandContext(bounded, w.app.self[0], args...)
	command.WaitDelay = time.Second
	var out, complaint bytes.Buffer
	command.Stdout, command.Stderr = &out, &complaint
	err := command.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return nil, nil
	case bounded.Err() != nil:
		return w.task.ended(index, "It did not end within "+w.flags.stall.String()+"."), nil
	case errors.As(err, &exit):
		return w.task.ended(index, fmt.Sprintf("Its process: %v\n%s", err, first(complaint.String()))), nil
	case err != nil:
		return nil, err
	}
	result := &campaign.Result{}
	if err := json.Unmarshal(out.Bytes(), result); err != nil {
		return nil, fmt.Errorf("seed %d in a process of its own: %w", index, err)
	}
	return result, nil
}

// complaintLines is how much of what a process has said on ending is kept.
const complaintLines = 20

// first returns the first lines of a text: of a crash they say what happened.
func first(text string) string {
	lines := strings.SplitAfterN(text, "\n", complaintLines+1)
	return strings.Join(lines[:min(len(lines), complaintLines)], "")
}

// ended returns the result of a seed that has ended its process: nothing but a finding.
func (t *task) ended(index uint64, what string) *campaign.Result {
	c := t.campaign()
	r := campaign.Range{From: index, To: index + 1}
	result := campaign.New(*c, r, r)
	result.Ran = campaign.NewRanges(r)
	seed := c.Seed(index)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n", endedID, t, seed))
	result.Findings = []campaign.Finding{{
		Property: endedID, Claim: endedClaim, Fingerprint: hex.EncodeToString(sum[:6]), Seeds: 1,
		Index: index, Seed: seed, What: what, Replay: c.Replay(seed),
	}}
	return result
}

// seed runs one seed and prints the result. Workers start it, people need not.
func (a *app) seed(ctx context.Context, args []string) (int, error) {
	f := a.flags("seed")
	work := f.String("task", "", "what is done with the seed")
	index := f.Uint64("index", 0, "its index")
	if err := parse(f, args); err != nil {
		return exitUsage, err
	}
	t, err := taskOf(*work)
	if err != nil {
		return exitUsage, err
	}
	t.before = a.before
	result, err := t.run(ctx, campaign.Range{From: *index, To: *index + 1}, func(uint64) {})
	if err != nil {
		return exitUsage, err
	}
	return exitFine, json.NewEncoder(a.out).Encode(result)
}
