package fuzz

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// FuzzScenario holds the parser and the formatter of scenarios against each
// other: what is read and written is read back as the same, and what can't be
// read is refused with the line.
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
		s, err := sim.Parse(text)
		if err != nil {
			var syntax *sim.SyntaxError
			if !errors.As(err, &syntax) || syntax.Line < 1 {
				t.Fatalf("the error does not say the line: %v", err)
			}
			return
		}
		once := sim.Format(s)
		again, err := sim.Parse(once)
		if err != nil {
			t.Fatalf("what Format wrote can't be read: %v\n%s", err, once)
		}
		if diff := cmp.Diff(once, sim.Format(again)); diff != "" {
			t.Fatalf("it reads back as something else:\n%s", diff)
		}
	})
}
