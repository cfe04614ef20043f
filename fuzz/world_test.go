package fuzz

import (
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// FuzzWorld runs the scenario that a seed stands for, with every checker.
func FuzzWorld(f *testing.F) {
	for seed := range uint64(16) {
		f.Add(seed, seed%2 == 1, byte(seed%7))
	}
	f.Fuzz(func(t *testing.T, seed uint64, adversarial bool, peers byte) {
		o := sim.SwarmOptions{Peers: int(peers % 9)}
		if o.Peers == 1 {
			o.Peers = 0
		}
		if adversarial {
			o.Model = sim.Adversarial
		}
		r := sim.Swarm(seed, o).Run(sim.RunOptions{NoDigest: true})
		if r.Violation != nil {
			t.Fatal(sim.Explain(r, fmt.Sprintf("go run ./cmd/bilsim replay -seed %d -model %v -peers %d", seed, o.Model, o.Peers)))
		}
	})
}
