package main

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever was measured, a quantile is one of the durations, but for a part in 32.
func TestQuantilesAreThoseOfTheDurations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		durations := rapid.SliceOfN(rapid.Int64Range(0, math.MaxInt64), 1, 200).Draw(t, "durations")
		var one, other histogram
		for i, d := range durations {
			if h := &one; i%2 == 0 {
				h.add(time.Duration(d))
			} else {
				other.add(time.Duration(d))
			}
		}
		one.merge(&other)
		slices.Sort(durations)
		for _, inThousand := range []int{1, 500, 990, 1000} {
			exact := durations[(len(durations)*inThousand+999)/1000-1]
			got := int64(one.quantile(inThousand))
			if got < exact || got-exact > exact/stepsInTwice {
				t.Fatalf("%d of 1000 take at most %d, want %d and a part of 32 at most", inThousand, got, exact)
			}
		}
		if one.total != len(durations) || one.most != time.Duration(durations[len(durations)-1]) {
			t.Fatalf("%d durations, the longest %d", one.total, one.most)
		}
	})
	if got := new(histogram).quantile(500); got != 0 {
		t.Errorf("the median of nothing is %v", got)
	}
}
