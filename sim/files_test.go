package sim

import (
	"flag"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"testing"
)

// TestScenarioFiles runs every file under testdata/scenario. Each opens with a
// sentence of prose and is in its canonical form.
func TestScenarioFiles(t *testing.T) {
	files := os.DirFS("../testdata/scenario")
	names, err := fs.Glob(files, "*.sim")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d scenarios: %v", len(names), err)
	}
	for _, name := range names {
		t.Run(strings.TrimSuffix(name, ".sim"), func(t *testing.T) {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			if len(s.Prose) == 0 || !strings.HasSuffix(s.Prose[len(s.Prose)-1], ".") {
				t.Error("it does not open with a sentence that says what it is about")
			}
			if Format(s) != string(text) {
				t.Errorf("it is not in canonical form: go run ./cmd/bilsim fmt -w testdata/scenario/%s", name)
			}
			RunFile(t, files, name)
		})
	}
}

var update = flag.Bool("update", false, "write testdata/digests.txt anew")

const digestsFile = "../testdata/digests.txt"

// digestSeeds are the seeds of each model whose digests are committed. Every build
// runs the first digestsRun of them here, and make determinism runs them all.
const digestSeeds, digestsRun = 300, 25

// TestDigests guards determinism: the same seed gives the digest that is
// committed, in this process for the second time, on one processor and on two,
// and, since every build runs this test, with and without -race. A change of
// behaviour shows as a change of that file, which is read before it is committed.
func TestDigests(t *testing.T) {
	if *update {
		var b strings.Builder
		for _, model := range []Model{Physical, Adversarial} {
			for seed := range uint64(digestSeeds) {
				b.WriteString(digestLine(Swarm(seed, SwarmOptions{Model: model}).Run(RunOptions{}), seed))
			}
		}
		if err := os.WriteFile(digestsFile, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	committed, err := os.ReadFile(digestsFile)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(committed), "\n")
	if len(lines) != 2*digestSeeds+1 {
		t.Fatalf("%s has %d lines", digestsFile, len(lines)-1)
	}
	for _, model := range []Model{Physical, Adversarial} {
		for seed := range uint64(digestsRun) {
			s := Swarm(seed, SwarmOptions{Model: model})
			first := s.Run(RunOptions{Steps: true})
			for _, procs := range [...]int{1, 2} {
				was := runtime.GOMAXPROCS(procs)
				again := s.Run(RunOptions{Steps: true})
				runtime.GOMAXPROCS(was)
				if again.Digest != first.Digest {
					t.Fatalf("%v seed %d gives another digest the second time, on %d processors; the first step that differs is %d",
						model, seed, procs, FirstDifference(first, again))
				}
			}
			if want, is := lines[int(model)*digestSeeds+int(seed)], digestLine(first, seed); is != want {
				t.Fatalf("%s has %q, and the run gives %q.\nIf the protocol or the world was meant to change: go test ./sim -run TestDigests -update, and read the diff.\nSee the run with: go run ./cmd/bilsim replay -seed %d -model %v -trace",
					digestsFile, want, is, seed, model)
			}
		}
	}
}

// digestLine is what bilsim digest -each prints of a seed.
func digestLine(r *Result, seed uint64) string {
	return fmt.Sprintf("%v %d %d %s\n", r.Scenario.Model, seed, r.Events, r.Digest)
}
