package stream

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

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
