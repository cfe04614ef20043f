package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestHistogramKeepsASixteenth(t *testing.T) {
	t.Parallel()
	for d := time.Duration(0); d < time.Hour; d = d*5/4 + 1 {
		if top := bucketTop(bucketOf(d)); top < d || top > d+d/16 {
			t.Errorf("%d is counted as %d", d, top)
		}
	}
	var h, other histogram
	for i := range 98 {
		h.add(time.Duration(i))
	}
	other.add(time.Second)
	other.add(time.Minute)
	h.merge(&other)
	if p := h.percentile(97); p > 100 {
		t.Errorf("p97 is %v", p)
	}
	if p := h.percentile(99); p < time.Minute {
		t.Errorf("p99 is %v, want the latest", p)
	}
}

func TestSlopeIsThatOfTheLine(t *testing.T) {
	t.Parallel()
	at := []time.Duration{0, time.Minute, 2 * time.Minute}
	if got := slopeOf(at, []int64{90, 100, 110}); got < 9.99 || got > 10.01 {
		t.Errorf("a slope of %v %%, want 10", got)
	}
	if got := slopeOf(at[:1], []int64{90}); got != 0 {
		t.Errorf("one sample has a slope of %v", got)
	}
}

// To ask threads costs more than most calls do, so calls that are late do not each have them asked.
func TestThreadsAreAskedSeldom(t *testing.T) {
	t.Parallel()
	var c control
	first := time.Now()
	c.ask(first, threadsPause)
	c.ask(first.Add(threadsPause-1), threadsPause)
	if c.asked != first {
		t.Error("the threads were asked again before the pause was over")
	}
	if c.ask(first.Add(threadsPause), threadsPause); c.asked == first {
		t.Error("the threads were not asked after the pause")
	}
}

func TestWaitOfANewThreadCounts(t *testing.T) {
	t.Parallel()
	var c control
	if c.waits(map[int]time.Duration{1: time.Minute}); c.waited[0] != 0 {
		t.Errorf("%v were waited before anything was asked", c.waited[0])
	}
	if c.waits(map[int]time.Duration{1: time.Minute, 2: time.Second}); c.waited[0] != time.Second {
		t.Errorf("a thread that is new waited %v, want a second", c.waited[0])
	}
}

func TestLedgerTellsWhatRanTwice(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "ledger")
	for _, n := range []uint64{1, 2, 1} { // a life each
		l, err := openLedger(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := l.enter(7, n); err != nil {
			t.Fatal(err)
		}
		_ = l.file.Close()
	}
	twice, runs, err := doubled(name)
	if err != nil || runs != 3 || len(twice) != 1 || twice[0] != "0000000000000007/1" {
		t.Errorf("twice are %q of %d, %v; want call 1 of 3", twice, runs, err)
	}
	if _, _, err := doubled(name + "none"); !os.IsNotExist(err) {
		t.Errorf("no ledger is %v", err)
	}
}
