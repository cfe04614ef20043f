package stream

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
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

// With one byte at a time, with a window of one byte, or all at once, the same
// messages arrive, and the ends write the same bytes.
func TestPiecesDoNotMatter(t *testing.T) {
	for _, curve := range []bool{false, true} {
		var want string
		for _, piece := range []int{0, 1, 7, 64} {
			s := smallMessages(curve)
			s.Conns[0].Piece = piece
			w := newWorld(s, Options{})
			w.run()
			if w.violation != nil {
				t.Fatalf("pieces of %d: %v", piece, w.violation)
			}
			// Heartbeats are many; the first bytes are the handshake and the messages.
			d, l := w.conns[0].pipes[Dialling].wire, w.conns[0].pipes[Listening].wire
			got := fmt.Sprintf("%x %x", d[:1400], l[:1400])
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("curve %v: other bytes with pieces of %d", curve, piece)
			}
		}
	}
}

// The same seed gives the same digest: in other goroutines, at the same time,
// with a trace and with what else ran before.
func TestSameSeedSameDigest(t *testing.T) {
	const seeds = 60
	var first, second [seeds]string
	for seed := range uint64(seeds) {
		first[seed] = Swarm(seed).Run(Options{}).Digest
	}
	var wg sync.WaitGroup
	for seed := range uint64(seeds) {
		wg.Go(func() {
			second[seed] = Swarm(seed).Run(Options{Trace: func([]byte) {}}).Digest
		})
	}
	wg.Wait()
	for seed := range first {
		if first[seed] != second[seed] {
			t.Errorf("seed %d gave the digests %s and %s", seed, first[seed], second[seed])
		}
	}
	if slices.Compact(slices.Sorted(slices.Values(first[:])))[0] == "" || first[0] == first[1] {
		t.Error("digests say nothing")
	}
}

var update = flag.Bool("update", false, "write testdata/digests.txt anew")

// The digests of some seeds, of every scenario file and of one byte at a time are
// committed, so that another machine, or another version, can be compared.
func TestDigests(t *testing.T) {
	const file = "testdata/digests.txt"
	var b strings.Builder
	for seed := range uint64(40) {
		s := Swarm(seed)
		fmt.Fprintf(&b, "%s seed %d curve %v\n", s.Run(Options{}).Digest, seed, s.Curve)
	}
	files := scenarioFiles(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s %s\n", files[name].Run(Options{}).Digest, name)
	}
	if *update {
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("the digests are others; if that is meant: go test ./sim/stream -run TestDigests -update\n%s", diff)
	}
}
