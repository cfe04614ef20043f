package main

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// The honest peer's measure.
const (
	// callEvery is the time from one call's beginning to the next one's. A call that
	// takes longer stands for those that were due meanwhile too, each with what was
	// left for it to wait; otherwise one that hangs for seconds would count as one
	// among thousands (coordinated omission).
	callEvery = 2 * time.Millisecond
	// callPatience is how long it waits for a reply.
	callPatience = 2 * time.Second
	// quietFloor is the least that counts as the quiet p99. Below it the scheduler of
	// a busy machine has more say than the node.
	quietFloor = time.Millisecond
	// withinFactor times the quiet p99 is what a call may take under attack.
	withinFactor = 5
)

// sample is what the honest peer saw over some time.
type sample struct {
	served []time.Duration // sorted
	failed int             // calls that were not served
}

// calls returns how many there were.
func (s *sample) calls() int { return len(s.served) + s.failed }

// p99 returns the 99th percentile, in which a call that was not served is later than all.
func (s *sample) p99() time.Duration {
	if s.calls() == 0 {
		return 0
	}
	i := (s.calls()*99 - 1) / 100
	if i >= len(s.served) {
		return callPatience
	}
	return s.served[i]
}

// servedShare returns the share of calls that were served, whenever.
func (s *sample) servedShare() float64 { return s.within(math.MaxInt64 - 1) }

// within returns the share of calls that were served within limit.
func (s *sample) within(limit time.Duration) float64 {
	if s.calls() == 0 {
		return 0
	}
	n, _ := slices.BinarySearch(s.served, limit+1)
	return float64(n) / float64(s.calls())
}

// add counts a call that took d.
func (s *sample) add(d time.Duration, served bool) {
	for ; ; d -= callEvery {
		if served {
			s.served = append(s.served, d)
		} else {
			s.failed++
		}
		if d <= callEvery {
			return
		}
	}
}

// peer is an honest peer of the node.
type peer struct {
	node   *bilateralrpc.Bilateral
	target string // the name of the node under attack
}

// newPeer makes the peer that plays role and connects it.
func newPeer(ctx context.Context, role, transport string, curve bool, address string) (*peer, error) {
	node, err := bilateralrpc.New(configOf(role, transport, curve))
	if err != nil {
		return nil, err
	}
	p := &peer{node: node, target: named(roleNode, curve).claim}
	if err = node.ConnectTo(p.target, address); err == nil {
		err = node.WaitPeers(ctx, 1)
	}
	if err != nil {
		node.Close()
		return nil, fmt.Errorf("%s: connect to the node: %w", role, err)
	}
	return p, nil
}

// call makes one call, and says why it was not served.
func (p *peer) call(ctx context.Context) error {
	word := []byte("an honest word")
	var rows []struct {
		From  string
		Reply []byte
		Err   error
	}
	outcomes, err := p.node.CallContext(ctx, []string{p.target}, "Service.Echo", word, &rows, bilateralrpc.WithTimeout(callPatience))
	switch {
	case err != nil:
		return err
	case len(outcomes) != 1:
		return fmt.Errorf("%d outcomes", len(outcomes))
	case outcomes[0].Err != nil:
		return outcomes[0].Err
	case len(rows) != 1 || !bytes.Equal(rows[0].Reply, word):
		return fmt.Errorf("a wrong reply: %v", rows)
	}
	return nil
}

// measure makes calls, one at a time, until done is closed or, if that is nil, for d.
func (p *peer) measure(done <-chan struct{}, d time.Duration) (s sample, lastErr error) {
	end := time.Now().Add(d)
	for {
		start := time.Now()
		err := p.call(context.Background())
		took := time.Since(start)
		s.add(took, err == nil)
		if err != nil {
			lastErr = err
		}
		select {
		case <-done:
			slices.Sort(s.served)
			return s, lastErr
		case <-time.After(max(callEvery-took, 0)):
		}
		if done == nil && time.Now().After(end) {
			slices.Sort(s.served)
			return s, lastErr
		}
	}
}
