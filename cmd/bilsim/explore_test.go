package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/defects"
	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

func parsed(t *testing.T, text string) *sim.Scenario {
	t.Helper()
	s, err := sim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// One fault is enough for each of these defects of the original package, or of an earlier
// version of this one; the scenario that is told shows it by itself.
func TestExploreFindsDefects(t *testing.T) {
	text := `bilsim 1
model adversarial latency 50ms..100ms
peers a b
bound faults 1 of refuse, restart
bound calls 1
bound time 2s
at 0s connect a -> b
at 0s connect b -> a
`
	all := defects.All()
	for i := range all {
		d := &all[i]
		if !slices.Contains([]string{"K3", "K9", "K15", "K16"}, d.ID) {
			continue
		}
		t.Run(d.ID, func(t *testing.T) {
			r, err := explore.Search(d.In(parsed(t, text)), explore.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if !d.Shows(r.Found) {
				t.Fatalf("it is not found: %v", r)
			}
			if !d.Shows(r.Confirmed.Violation) {
				t.Fatalf("its scenario does not show it: %v\n%s", r.Confirmed.Violation, sim.Format(r.Story))
			}
			again := d.In(parsed(t, sim.Format(r.Story))).Run(sim.RunOptions{NoDigest: true})
			if !d.Shows(again.Violation) {
				t.Fatalf("its scenario as text does not show it: %v\n%s", again.Violation, sim.Format(r.Story))
			}
		})
	}
}

// What a search has found is a scenario that run confirms; how many work at it makes no
// difference.
func TestExploreCommand(t *testing.T) {
	text := "bilsim 1\nlatency 50ms..100ms\npeers a b\nbound faults 1 of restart\nbound time 600ms\nat 0s connect a -> b\n"
	var outs []string
	for _, workers := range []string{"1", "3"} {
		code, out, errs := bilsim(t, text, "explore", "-q", "-workers", workers, "-")
		if code != exitFine || !strings.Contains(out, "complete: ") {
			t.Fatalf("status %d: %s%s", code, out, errs)
		}
		outs = append(outs, out[:strings.LastIndex(out, ";")])
	}
	if outs[0] != outs[1] {
		t.Errorf("with one worker\n%s\nwith three\n%s", outs[0], outs[1])
	}
	code, out, _ := bilsim(t, text, "explore", "-q", "-states", "9", "-")
	if code != exitFine || !strings.Contains(out, "stopped") {
		t.Errorf("status %d: %s", code, out)
	}
	both := strings.Replace(text, "at 0s", "at 0s connect b -> a\nat 0s", 1)
	file := t.TempDir() + "/found.sim"
	code, out, _ = bilsim(t, both, "explore", "-q", "-defect", "K9", "-o", file, "-")
	if code != exitViolation || !strings.Contains(out, "found P16") {
		t.Errorf("status %d: %s", code, out)
	}
	if code, out, errs := bilsim(t, "", "run", file); code != exitFine {
		t.Errorf("the healthy core does not pass: %d: %s%s", code, out, errs)
	}
	if code, _, errs := bilsim(t, text, "explore", "-defect", "K99", "-"); code != exitUsage || !strings.Contains(errs, "K99") {
		t.Errorf("status %d: %s", code, errs)
	}
}
