package main

import (
	"os"
	"path/filepath"
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

// kills are the bounds in which each defect is found, files of testdata/explore/kill.
var kills = map[string]string{
	"K1": "restart", "K2": "late-dial", "K3": "restart", "K4": "reply-twice", "K5": "networks", "K6": "own-name", "K7": "timeouts",
	"K8": "late-frame", "K9": "both-dial", "K10": "late-tock", "K11": "both-dial", "K11b": "not-ready", "K12": "reply-lost",
	"K13": "silent-disconnect", "K13b": "disconnect", "K14": "replaced", "K15": "both-dial", "K16": "both-dial", "K17": "shares",
	"K18": "one-end-late",
}

// longKills are the defects that are found after a thousand states and more. make proofs looks
// for them too.
var longKills = map[string]bool{"K1": true, "K4": true, "K9": true, "K11": true, "K12": true, "K16": true}

// Every defect is found by a search, and the scenario that is told shows it by itself, as
// text too. docs/PROOFS.md has how long they are.
func TestExploreKillsEveryDefect(t *testing.T) {
	if testing.Short() {
		t.Skip("searches for each defect")
	}
	all := defects.All()
	for i := range all {
		d := &all[i]
		t.Run(d.ID, func(t *testing.T) {
			if longKills[d.ID] && os.Getenv("KILLS") != "all" {
				t.Skip("takes thousands of states: make proofs looks for it, by KILLS=all")
			}
			text, err := os.ReadFile("../../testdata/explore/kill/" + kills[d.ID] + ".sim")
			if err != nil {
				t.Fatal(err)
			}
			s := parsed(t, string(text))
			r, err := explore.Search(d.In(s), explore.Options{StatesMax: 100_000})
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
			if v := parsed(t, sim.Format(r.Story)).Run(sim.RunOptions{NoDigest: true}).Violation; v != nil {
				t.Errorf("the healthy core does not pass its scenario: %v", v)
			}
			t.Logf("ROW %s %s %s %d %d", d.ID, kills[d.ID], r.Found.Property.ID, r.Length, r.States)
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

// A search that a bound has stopped is saved, and gone on with to the same end.
func TestExploreGoesOnWithASavedSearch(t *testing.T) {
	text := "bilsim 1\nlatency 50ms..100ms\npeers a b\nbound faults 1 of restart\nbound time 600ms\nat 0s connect a -> b\n"
	_, whole, _ := bilsim(t, text, "explore", "-q", "-")
	file := t.TempDir() + "/search"
	if code, out, errs := bilsim(t, text, "explore", "-q", "-states", "30", "-save", file, "-"); code != exitFine || !strings.Contains(out, "stopped") {
		t.Fatalf("status %d: %s%s", code, out, errs)
	}
	if code, out, errs := bilsim(t, text, "explore", "-q", "-states", "90", "-resume", file, "-save", file, "-"); code != exitFine || !strings.Contains(out, ": 90 states") {
		t.Fatalf("status %d: %s%s", code, out, errs)
	}
	code, out, errs := bilsim(t, text, "explore", "-q", "-resume", file, "-")
	if code != exitFine || out[:strings.LastIndex(out, ";")] != whole[:strings.LastIndex(whole, ";")] {
		t.Errorf("status %d: %s%s\nwant\n%s", code, out, errs, whole)
	}
	for _, args := range [][]string{
		{"explore", "-resume", file, "-defect", "K9", "-"},
		{"explore", "-resume", file + "none", "-"},
		{"explore", "-resume", file, "-", "-"},
		{"explore", "-states", "30", "-save", file + "/none", "-"},
	} {
		if code, out, errs := bilsim(t, text, args...); code != exitUsage || errs == "" {
			t.Errorf("%q: status %d: %s%s", args, code, out, errs)
		}
	}
	names, err := os.ReadDir(filepath.Dir(file))
	if err != nil || len(names) != 1 {
		t.Errorf("left behind: %v, %v", names, err)
	}
}
