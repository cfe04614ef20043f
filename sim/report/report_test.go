package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestADigestIsOfItsBytesHoweverTheyCome(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := NewDigest()
		var all []byte
		for range rapid.IntRange(0, 20).Draw(t, "pieces") {
			piece := make([]byte, rapid.SampledFrom([]int{0, 1, 100, digestBatch - 1, digestBatch, 3 * digestBatch}).Draw(t, "size"))
			for i := range piece {
				piece[i] = byte(len(all) + i)
			}
			all = append(all, piece...)
			if rapid.Bool().Draw(t, "write") {
				d.Write(piece)
			} else {
				d.Commit(append(d.Buffer(), piece...))
			}
		}
		want := sha256.Sum256(all)
		for range 2 { // asking changes nothing
			if got := d.Sum(); got != hex.EncodeToString(want[:]) {
				t.Fatalf("the digest of %d bytes is %s, want %x", len(all), got, want)
			}
		}
	})
	var off Digest
	if off.On() || off.Sum() != "" {
		t.Errorf("the zero Digest is on: %q", off.Sum())
	}
}

func TestATailKeepsTheLastLines(t *testing.T) {
	var tail Tail
	line := []byte("line 00")
	for i := range 100 {
		line = fmt.Appendf(line[:0], "line %02d", i)
		tail.Add(line)
	}
	lines := tail.Lines()
	if len(lines) != tailLines || lines[0] != "line 60" || lines[tailLines-1] != "line 99" || !slices.IsSorted(lines) {
		t.Errorf("%d lines are left: %q", len(lines), lines)
	}
	tail.Add([]byte(strings.Repeat("x", tailLineBytes+1)))
	if last := tail.Lines()[tailLines-1]; last != strings.Repeat("x", tailLineBytes)+" ..." {
		t.Errorf("a long line is kept as %q", last)
	}
}

func TestATailLeavesOutWhatSaysLittleFirst(t *testing.T) {
	var tail Tail
	add := func(line string, n int, idle bool) {
		for i := range n {
			if text := fmt.Appendf(nil, "%s %d", line, i); idle {
				tail.AddIdle(text)
			} else {
				tail.Add(text)
			}
		}
	}
	add("tick", 10, true)
	add("call", 30, false)
	if lines := tail.Lines(); len(lines) != tailLines || lines[0] != "tick 0" {
		t.Errorf("with room for all there are %d lines: %q", len(lines), lines)
	}
	add("tock", 5, true)
	if lines := tail.Lines(); len(lines) != tailLines || lines[0] != "tick 5" {
		t.Errorf("five more leave %d lines: %q", len(lines), lines)
	}
	add("call", 9, false)
	add("tock", 300, true)
	lines := tail.Lines()
	if want := []string{"call 29", "(5 lines of heartbeats)", "call 0"}; !slices.Equal(lines[29:32], want) {
		t.Errorf("in their place stands %q, want %q", lines[29:32], want)
	}
	if want := []string{"call 8", "(299 lines of heartbeats)", "tock 299"}; !slices.Equal(lines[39:], want) {
		t.Errorf("at the end stands %q, want %q", lines[39:], want)
	}
	add("call", 100, false)
	add("tock", 300, true)
	lines = tail.Lines()
	if len(lines) != tailLines+1 || lines[0] != "call 60" || lines[tailLines-1] != "call 99" || lines[tailLines] != "(300 lines of heartbeats)" {
		t.Errorf("with nothing else to leave out: %q", lines)
	}
}

func TestMarks(t *testing.T) {
	run := Marks{{Name: "a", Count: 1}, {Name: "b"}, {Name: "c", Adversarial: true}}
	var sum Marks
	sum.Add(run)
	sum.Add(run)
	if sum[0].Count != 2 || run[0].Count != 1 {
		t.Errorf("two runs with one hit each have %d in all, and the first has %d", sum[0].Count, run[0].Count)
	}
	if got := sum.Missed(false); !slices.Equal(got, []string{"b"}) {
		t.Errorf("%q are missed, want b", got)
	}
	if got := sum.Missed(true); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("%q are missed in the adversarial model, want b and c", got)
	}
}

func ExampleExplanation() {
	var trace Tail
	trace.Add([]byte("1.000000000s a stops"))
	trace.Add([]byte("2.000000000s b stops"))
	fmt.Print(&Explanation{
		Violation: &Violation{Property: Expected, At: 2*time.Second + 5, Step: 7, What: "nothing is left:\nno a, no b"},
		Seed:      42, Note: "It is a dull one.", Scenario: "bilsim 1\npeers a b\n", Smaller: true, Runs: 12, Trace: &trace, Command: "go run ./cmd/bilsim",
	})
	// Output:
	// E: What the scenario expects happens.
	//
	//   E at 2.000000005s: nothing is left:
	//   no a, no b
	//   Seed 42. It is a dull one.
	//
	// The smallest scenario that shows it, of 12 that were run:
	//
	//   bilsim 1
	//   peers a b
	//
	// The last 2 lines of its trace, up to the moment it broke:
	//
	//   1.000000000s a stops
	//   2.000000000s b stops
	//
	// Replay it with:  go run ./cmd/bilsim
}
