package dice

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestADelayStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "min"))
		d := Delay{Min: least, Max: least + time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "span")), Shape: Shape(rapid.IntRange(0, 2).Draw(t, "shape"))}
		if got := d.Pick(rapid.Uint64().Draw(t, "hash")); got < d.Min || got > d.Max {
			t.Fatalf("%+v picked %v", d, got)
		}
	})
}
