package sim

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// through is a double that changes nothing.
type through struct{ *core.Machine }

func TestADoubleThatChangesNothingLeavesTheRunAsItIs(t *testing.T) {
	for seed := range uint64(30) {
		s := Swarm(seed, SwarmOptions{Model: Adversarial})
		doubled := clone(s)
		doubled.Double = func(m *core.Machine) Machine { return through{m} }
		a, b := s.Run(RunOptions{Steps: true}), doubled.Run(RunOptions{Steps: true})
		if a.Digest != b.Digest {
			t.Fatalf("seed %d: digests differ, first at step %d", seed, FirstDifference(a, b))
		}
	}
}
