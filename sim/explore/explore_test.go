package explore_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/explore"
)

// scenario reads a scenario.
func scenario(t *testing.T, text string) *sim.Scenario {
	t.Helper()
	s, err := sim.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// complete searches through a scenario and fails the test unless nothing is left and
// nothing was found.
func complete(t *testing.T, s *sim.Scenario, o explore.Options) *explore.Result {
	t.Helper()
	r, err := explore.Search(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Found != nil {
		t.Fatalf("%v\n%s", r, sim.Explain(r.Confirmed, "bilsim run"))
	}
	if !r.Complete {
		t.Fatalf("it is not complete: %v", r)
	}
	return r
}

// The small proofs, which CI does each time; docs/PROOFS.md lists all.
func TestProofs(t *testing.T) {
	files := os.DirFS("../../testdata/explore/ci")
	names, err := fs.Glob(files, "*.sim")
	if err != nil || len(names) == 0 {
		t.Fatalf("no files: %v", err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".sim"), func(t *testing.T) {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(complete(t, scenario(t, string(text)), explore.Options{}))
		})
	}
}

// What a search can't do is said before it begins.
func TestSearchSaysWhatAScenarioLacks(t *testing.T) {
	for text, want := range map[string]string{
		"peers a b\n": "want a bound of time",
		"peers a b\nbound time 1s\nrate delay 1/2\n":            "rates are for hunts",
		"peers a b\nbound time 1s\nhandler 1s..2s\n":            "take one time",
		"peers a b\nbound time 1s\nlatency 1ms..200ms\n":        "want a latency with fewer",
		"peers a b\nbound time 1s\nwake 1s..2s latency 200ms\n": "take one time",
	} {
		if _, err := explore.Search(scenario(t, "bilsim 1\n"+text), explore.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
}

// A bound of memory ends a search, which says so.
func TestSearchStops(t *testing.T) {
	s := scenario(t, "bilsim 1\nlatency 50ms\npeers a b\nbound time 20s\nat 0s connect a -> b\n")
	r, err := explore.Search(s, explore.Options{StatesMax: 5})
	if err != nil || r.Complete || r.Stopped == "" || r.States != 5 {
		t.Errorf("%v, %v", r, err)
	}
	r, err = explore.Search(s, explore.Options{Stop: func(*explore.Counts) bool { return true }})
	if err != nil || r.Complete == (r.Stopped != "") {
		t.Errorf("%v, %v", r, err)
	}
}

// never is a property of a user's own: nobody gets a reply.
type never struct{}

func (never) Property() sim.Property { return sim.Property{ID: "mine", Claim: "nobody gets a reply"} }
func (never) Step(_ check.World, s *check.Step) string {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActResult && a.Outcome == core.Replied {
			return s.Node.Name + " got one"
		}
	}
	return ""
}

// A checker of a user's own watches each run, and what an expectation is about is found on
// the shortest way.
func TestChecksOfOnesOwn(t *testing.T) {
	text := "bilsim 1\nlatency 50ms\npeers a b\nbound calls 1\nbound time 3s\nat 0s connect a -> b\n"
	own := func() []sim.Checker { return append(sim.Checkers(), never{}) }
	r, err := explore.Search(scenario(t, text), explore.Options{Checkers: own})
	if err != nil || r.Found == nil || r.Found.Property.ID != "mine" || r.Confirmed.Violation.Property.ID != "mine" {
		t.Fatalf("%v, %v", r, err)
	}
	text = "bilsim 1\nlatency 50ms model adversarial\npeers a b\nbound faults 1 of drop\nbound time 3s\nat 0s connect a -> b\n" +
		"at 1s call a -> b Echo.Ping timeout 1s as k\nexpect k from b reply\n"
	r, err = explore.Search(scenario(t, text), explore.Options{})
	if err != nil || r.Found == nil || r.Confirmed.Violation == nil {
		t.Fatalf("%v, %v", r, err)
	}
	t.Logf("%v\n%s", r, sim.Format(r.Story))
}
