package fuzz

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
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
		if a, b := beginning(s), beginning(again); a.Digest != b.Digest || a.Events != b.Events {
			t.Fatalf("it runs otherwise when it is read back: step %d differs\n%s", sim.FirstDifference(a, b), once)
		}
	})
}

// beginning runs a scenario for a few steps: it may ask for a hundred years.
func beginning(s *sim.Scenario) *sim.Result {
	short := *s
	short.Settle = false
	return short.Run(sim.RunOptions{Steps: true, Checkers: func() []sim.Checker { return []sim.Checker{&fewSteps{}} }})
}

// fewSteps ends a run, whatever has happened in it.
type fewSteps struct{}

func (*fewSteps) Property() sim.Property { return check.PropNoPanic } // which holds for lies too

func (*fewSteps) Step(_ check.World, s *sim.Step) string {
	const most = 100
	if s.N < most {
		return ""
	}
	return "enough"
}
