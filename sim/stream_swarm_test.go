package sim

import (
	"flag"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var (
	streamSeeds = flag.Uint64("stream.seeds", 1000/streamStride, "how many seeds of the world of bytes to run")
	streamFirst = flag.Uint64("stream.first", 0, "the first of them")
)

// What a batch of seeds violates is shrunk and explained; what should happen
// sometimes and never does in it is a failure too.
func TestStreamSeedsHold(t *testing.T) {
	var totals StreamTotals
	for seed := *streamFirst; seed < *streamFirst+*streamSeeds; seed++ {
		r := StreamSwarm(seed).Run(StreamOptions{NoDigest: true})
		if totals.Add(r); r.Violation != nil {
			t.Fatal(ExplainStream(r, fmt.Sprint("go run ./cmd/bilsim bytes -seed ", seed)))
		}
	}
	t.Logf("%d seeds, %d events, %d bytes", totals.Runs, totals.Events, totals.Bytes)
	if missed := totals.Marks.Missed(true); len(missed) > 0 && *streamSeeds >= 1000 {
		t.Errorf("never happened, though it should sometimes: %q", missed)
	}
}

func TestStreamSwarmsAreReadBackAsTheyAre(t *testing.T) {
	for seed := range uint64(500) {
		s := StreamSwarm(seed)
		again, err := ParseStream(s.String())
		if err != nil {
			t.Fatalf("seed %d: %v\n%s", seed, err, s)
		}
		if diff := cmp.Diff(s.String(), again.String()); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		if seed%25 == 0 && s.Run(StreamOptions{}).Digest != again.Run(StreamOptions{}).Digest {
			t.Errorf("seed %d, read back, gives another digest", seed)
		}
	}
}

func BenchmarkStreamSwarm(b *testing.B) {
	var totals StreamTotals
	for b.Loop() {
		totals.Add(StreamSwarm(totals.Runs).Run(StreamOptions{}))
	}
	b.ReportMetric(float64(totals.Events)/b.Elapsed().Seconds(), "events/s")
	b.ReportMetric(float64(totals.Runs)/b.Elapsed().Seconds(), "seeds/s")
}
