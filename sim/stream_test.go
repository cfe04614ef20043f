package sim

import (
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

// streamFiles reads the scenario files of this world.
func streamFiles(t *testing.T) map[string]*StreamScenario {
	t.Helper()
	names, err := filepath.Glob("../testdata/scenario/zmtp/*.bytes")
	if err != nil || len(names) == 0 {
		t.Fatalf("no scenario files: %v", err)
	}
	files := map[string]*StreamScenario{}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := ParseStream(string(text))
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

func TestStreamScenarioFilesHold(t *testing.T) {
	for name, s := range streamFiles(t) {
		t.Run(name, func(t *testing.T) {
			if len(s.Marks) == 0 {
				t.Error("it expects no mark: nothing says that what it is about happens")
			}
			if r := s.Run(StreamOptions{}); r.Violation != nil {
				t.Error(ExplainStream(r, "go run ./cmd/bilsim bytes testdata/scenario/zmtp/"+name))
			}
		})
	}
}

// A scenario whose mark is not hit fails: what it expects is looked at.
func TestStreamMarksAreExpected(t *testing.T) {
	s := smallStream(true)
	s.Marks = []string{"flipped bit rejected"}
	if r := s.Run(StreamOptions{}); r.Violation == nil || r.Violation.Property != report.Expected {
		t.Errorf("a mark that was not hit passed: %v", r.Violation)
	}
}

// With one byte at a time, with a window of one byte, or all at once, the same
// messages arrive, and the ends write the same bytes.
func TestStreamPiecesDoNotMatter(t *testing.T) {
	for _, curve := range []bool{false, true} {
		var want string
		for _, piece := range []int{0, 1, 7, 64} {
			s := smallStream(curve)
			s.Conns[0].Piece = piece
			w := newStreamWorld(s, StreamOptions{})
			w.run()
			if w.violation != nil {
				t.Fatalf("pieces of %d: %v", piece, w.violation)
			}
			// Heartbeats are many; the first bytes are the handshake and the messages.
			d, l := w.conns[0].pipes[Dialler].wire, w.conns[0].pipes[Listener].wire
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
func TestStreamSameSeedSameDigest(t *testing.T) {
	const seeds = 60
	var first, second [seeds]string
	for seed := range uint64(seeds) {
		first[seed] = StreamSwarm(seed).Run(StreamOptions{}).Digest
	}
	var wg sync.WaitGroup
	for seed := range uint64(seeds) {
		wg.Go(func() {
			second[seed] = StreamSwarm(seed).Run(StreamOptions{Trace: func([]byte) {}}).Digest
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

// The digests of some seeds, of every scenario file and of one byte at a time are
// committed, so that another machine, or another version, can be compared.
func TestStreamDigests(t *testing.T) {
	const file = "testdata/stream-digests.txt"
	var b strings.Builder
	for seed := range uint64(40) {
		s := StreamSwarm(seed)
		fmt.Fprintf(&b, "%s seed %d curve %v\n", s.Run(StreamOptions{}).Digest, seed, s.Curve)
	}
	files := streamFiles(t)
	var names []string
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s %s\n", files[name].Run(StreamOptions{}).Digest, name)
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
		t.Errorf("the digests are others; if that is meant: go test ./sim -run TestStreamDigests -update\n%s", diff)
	}
}
