package stream

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// scenarioFiles reads the scenario files of this world.
func scenarioFiles(t *testing.T) map[string]*Scenario {
	t.Helper()
	names, err := filepath.Glob("../../testdata/scenario/zmtp/*.bytes")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scenario files: %v", err)
	}
	files := map[string]*Scenario{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(string(text), s.String()); diff != "" {
			t.Errorf("%s is not in canonical form: %s", name, diff)
		}
		files[filepath.Base(name)] = s
	}
	return files
}

func TestScenarioFilesHold(t *testing.T) {
	for name, s := range scenarioFiles(t) {
		t.Run(name, func(t *testing.T) {
			if len(s.Marks) == 0 {
				t.Error("it expects no mark: nothing says that what it is about happens")
			}
			if r := s.Run(Options{}); r.Violation != nil {
				t.Error(Explain(r, "go run ./cmd/bilsim bytes testdata/scenario/zmtp/"+name))
			}
		})
	}
}

// A scenario whose mark is not hit fails: what it expects is looked at.
func TestMarksAreExpected(t *testing.T) {
	s := smallMessages(true)
	s.Marks = []string{"flipped bit rejected"}
	if r := s.Run(Options{}); r.Violation == nil || r.Violation.Property != report.Expected {
		t.Errorf("a mark that was not hit passed: %v", r.Violation)
	}
}
