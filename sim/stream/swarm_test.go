package stream

import (
	"flag"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	seeds     = flag.Uint64("seeds", 1000/byteStride, "how many seeds of the world of bytes to run")
	firstSeed = flag.Uint64("first", 0, "the first of them")
)

// No seed of a batch violates a property, and every mark is hit in it. A violation
// is shrunk and explained.
func TestSeedsHold(t *testing.T) {
	var totals Totals
	for seed := *firstSeed; seed < *firstSeed+*seeds; seed++ {
		r := Swarm(seed).Run(Options{NoDigest: true})
		if totals.Add(r); r.Violation != nil {
			t.Fatal(Explain(r, fmt.Sprint("go run ./cmd/bilsim bytes -seed ", seed)))
		}
	}
	t.Logf("%d seeds, %d events, %d bytes", totals.Runs, totals.Events, totals.Bytes)
	if missed := totals.Marks.Missed(true); len(missed) > 0 && *seeds >= 1000 {
		t.Errorf("never happened, though it should sometimes: %q", missed)
	}
}

func TestSwarmsAreReadBackAsTheyAre(t *testing.T) {
	for seed := range uint64(500) {
		s := Swarm(seed)
		again, err := Parse(s.String())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, s)
		}
		if diff := cmp.Diff(s.String(), again.String()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if seed%25 == 0 && s.Run(Options{}).Digest != again.Run(Options{}).Digest {
			t.Errorf("seed %d, read back, gives another digest", seed)
		}
	}
}

func BenchmarkSwarm(b *testing.B) {
	var totals Totals
	for b.Loop() {
		totals.Add(Swarm(totals.Runs).Run(Options{}))
	}
	b.ReportMetric(float64(totals.Events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(totals.Runs)/b.Elapsed().Seconds(), "seeds/s")
}
