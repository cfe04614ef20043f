package sim

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSwarmScenariosAreReadBackAsTheyAre(t *testing.T) {
	for seed := range uint64(300) {
		for _, model := range []Model{Physical, Adversarial} {
			text := Format(Swarm(seed, SwarmOptions{Model: model}))
			s, err := Parse(text)
			if err != nil {
				t.Fatalf("seed %d: %v\n%s", seed, err, text)
			}
			if diff := cmp.Diff(text, Format(s)); diff != "" {
				t.Fatalf("seed %d: %s", seed, diff)
			}
		}
	}
}

func TestSwarmSeedsHold(t *testing.T) {
	for _, model := range []Model{Physical, Adversarial} {
		for seed := range uint64(60) {
			s := Swarm(seed, SwarmOptions{Model: model})
			if r := s.Run(RunOptions{}); r.Violation != nil {
				t.Errorf("%v seed %d: %v", model, seed, r.Violation)
			}
		}
	}
}

func TestAScenarioReadBackRunsTheSame(t *testing.T) {
	for seed := range uint64(20) {
		s := Swarm(seed, SwarmOptions{Model: Adversarial})
		again, err := Parse(Format(s))
		if err != nil {
			t.Fatal(err)
		}
		a, b := s.Run(RunOptions{Steps: true}), again.Run(RunOptions{Steps: true})
		if a.Digest != b.Digest {
			t.Fatalf("seed %d: digests differ, first at step %d", seed, FirstDifference(a, b))
		}
	}
}
