package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each is a mistake that there is, and has bounds that there are; and each file of bounds that
// was written for them is used.
func TestHiddenMistakesHaveTheirBounds(t *testing.T) {
	_, known, err := readLists(".")
	if err != nil {
		t.Fatal(err)
	}
	const dir = "../../testdata/explore"
	used := map[string]bool{}
	for _, h := range hiddenOnes {
		if known[h.id] == nil {
			t.Errorf("no mistake is called %s", h.id)
		}
		if _, err := os.Stat(filepath.Join(dir, h.bounds+".sim")); err != nil {
			t.Error(err)
		}
		if own := strings.HasPrefix(h.bounds, "mutants/"); own != h.chosen {
			t.Errorf("%s: chosen is %v, and its bounds are %s", h.id, h.chosen, h.bounds)
		}
		used[filepath.Base(h.bounds)+".sim"] = true
	}
	files, err := os.ReadDir(filepath.Join(dir, "mutants"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !used[f.Name()] {
			t.Errorf("nothing is searched for in %s", f.Name())
		}
	}
}

func TestWhatASearchPrints(t *testing.T) {
	for _, c := range []struct {
		output string
		want   search
		ok     bool
	}{
		{"ok    testdata/explore/a.sim  complete: 813 states, 1070 steps, depth 20; 258 steps", search{states: 813, complete: true}, true},
		{"FAIL  a.sim  found P14 after 13 steps: 468 states, 609 steps", search{property: "P14", steps: 13, states: 468}, true},
		{"stop  a.sim  stopped (40 states are as many as it may keep): 40 states, 67 steps", search{states: 40}, true},
		{"bilsim explore: open a.sim: no such file\n", search{}, false},
	} {
		if got, ok := readSearch([]byte(c.output)); got != c.want || ok != c.ok {
			t.Errorf("%q: %+v and %v, want %+v and %v", c.output, got, ok, c.want, c.ok)
		}
	}
}

func TestFirstViolationOfAHunt(t *testing.T) {
	output := `{"type":"progress","next":64}
{"index":12,"property":"P4","type":"violation"}
{"index":13,"property":"P5","type":"violation"}
`
	if index, is := firstViolation([]byte(output)); index != 12 || !is {
		t.Errorf("index %d and %v, want 12 and true", index, is)
	}
	if _, is := firstViolation([]byte(`{"type":"summary"}`)); is {
		t.Error("a summary is taken for a violation")
	}
}

func TestRowOfAHiddenMistake(t *testing.T) {
	r := &explored{
		hidden:  hidden{"id", "less is done", "mutants/one", true},
		file:    "a.go",
		found:   search{property: "P4", steps: 3, states: 9},
		healthy: search{states: 12, complete: true},
		seeds:   []int{huntSeeds + 1, 7, 200, huntSeeds + 1, huntSeeds + 1},
	}
	if got, want := r.row(), "| a.go id: less is done | `mutants/one` | P4 | 3 | 9 | 12 | none (none, 7, 200, none, none) |\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	r.chosen, r.seeds[0] = false, 100
	if got := r.row(); !strings.Contains(got, "`mutants/one`, not chosen for it |") || !strings.HasSuffix(got, "| 200 (100, 7, 200, none, none) |\n") {
		t.Error(got)
	}
}
