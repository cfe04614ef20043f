package zmtpnet

import (
	"testing"
	"time"
)

// Several hot links rest, so that they have half of the processors; one never does.
func TestRestOfHotLinks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		worked     time.Duration
		hot        int64
		processors int
		want       time.Duration
	}{
		{time.Millisecond, 1, 1, 0},
		{time.Millisecond, 1, 2, 0},
		{time.Millisecond, 2, 2, time.Millisecond},
		{time.Millisecond, 6, 2, 5 * time.Millisecond},
		{time.Millisecond, 4, 16, 0},
		{time.Second, 6, 2, paceMax},
	} {
		if got := restOf(c.worked, c.hot, c.processors); got != c.want {
			t.Errorf("%d hot links on %d processors rest %v after %v, want %v", c.hot, c.processors, got, c.worked, c.want)
		}
	}
}

// A link is hot after full reads for a while, and no longer after one that was not.
func TestHotLinks(t *testing.T) {
	t.Parallel()
	var p pace
	for begun := time.Now(); !p.hot; p.after(true) {
		if time.Since(begun) > patience {
			t.Fatal("a link whose reads are full is never hot")
		}
	}
	if p.after(false); p != (pace{}) {
		t.Errorf("after a read that was not full: %+v", p)
	}
}
