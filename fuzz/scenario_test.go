package fuzz

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/roundtrip"
)

// FuzzScenario holds the parser and the formatter of scenarios against each
// other: what is read and written is read back as the same, and runs the same; what
// can't be read is refused with the line.
func FuzzScenario(f *testing.F) {
	files, err := filepath.Glob("../testdata/scenario/*.sim")
	if err != nil || len(files) == 0 {
		f.Fatalf("no scenarios to begin with: %v", err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	for seed := range uint64(20) {
		f.Add(sim.Format(sim.Swarm(seed, sim.SwarmOptions{Model: sim.Adversarial})))
	}
	f.Fuzz(func(t *testing.T, text string) {
		if err := roundtrip.Check(text); err != nil {
			t.Fatal(err)
		}
	})
}
