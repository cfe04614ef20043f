package sim

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestAClockInvertsItself(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := clock{ppm: rapid.Int64Range(-200_000, 200_000).Draw(t, "ppm")}
		c.world = time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "point"))
		c.local = c.local.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "local")))
		i := c.local.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "ahead")))
		c.shown = c.local
		for range rapid.IntRange(0, 4).Draw(t, "steps") {
			c.step(time.Duration(rapid.Int64Range(-1e15, 1e15).Draw(t, "step")))
		}
		w := c.when(i)
		if c.at(w) < i {
			t.Fatalf("at(when(%d)) = %d is early", i, c.at(w))
		}
		if w > c.world && c.at(w-1) >= i {
			t.Fatalf("when(%d) = %v is not the first moment", i, w)
		}
	})
}
