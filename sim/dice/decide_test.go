package dice

import (
	"encoding/hex"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Every run of every seed hangs on these numbers.
func TestADecisionIsTheSameForEver(t *testing.T) {
	for _, want := range []struct {
		got  uint64
		hash uint64
	}{
		{Mix(1), 0x5692161d100b05e5},
		{Decide(7, 1), 0x88110891af5b60c2},
		{Decide(7, 1, 2, 3), 0x3a9c96a5d500b2c8},
		{Decide(7, 256, 2, 3), 0xda9520d2bce83546},
		{HashName("a"), 0xaf63dc4c8601ec8c},
	} {
		if want.got != want.hash {
			t.Errorf("got %#x, want %#x", want.got, want.hash)
		}
	}
	var bytes [11]byte
	if Fill(bytes[:], 7, 1, 2); hex.EncodeToString(bytes[:]) != "e5499c74abba0e0ed0e878" {
		t.Errorf("Fill gave %x", bytes)
	}
	s := NewSequence(7)
	if a, b := s.Roll(1000), s.Between(time.Second, 2*time.Second); a != 704 || b != 1529957*time.Microsecond {
		t.Errorf("a sequence begins with %d, %v", a, b)
	}
}

func TestASequenceStaysWithinItsBounds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := NewSequence(rapid.Uint64().Draw(t, "seed"))
		n := rapid.IntRange(1, 1000).Draw(t, "n")
		least := time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "least"))
		most := least + time.Duration(rapid.Int64Range(0, 1e10).Draw(t, "span"))
		if got := s.Roll(n); got < 0 || got >= n {
			t.Fatalf("Roll(%d) gave %d", n, got)
		}
		if got := s.Between(least, most); got < least || got > most {
			t.Fatalf("Between(%v, %v) gave %v", least, most, got)
		}
	})
}
