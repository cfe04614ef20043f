package main

import (
	"bytes"
	"encoding/gob"
	"slices"
	"testing"
	"time"
)

// What the deep bombs send is gob, only deeper than the node allows.
func TestForgedListIsGob(t *testing.T) {
	const n = 10
	var list Node
	if err := gob.NewDecoder(bytes.NewReader(deepList(n))).Decode(&list); err != nil {
		t.Fatal(err)
	}
	depth := 0
	for p := list.Next; p != nil; p = p.Next {
		depth++
	}
	if depth != n {
		t.Errorf("a list of %d nodes, want %d", depth, n)
	}
}

// A call that hangs stands for all that were due meanwhile.
func TestLateCallCountsForThoseBehindIt(t *testing.T) {
	var s sample
	for range 98 {
		s.add(callEvery/2, true)
	}
	s.add(2*callEvery, true) // and one that was due after the first callEvery
	slices.Sort(s.served)
	if s.calls() != 100 || s.p99() != callEvery || s.within(callEvery) != 0.99 {
		t.Errorf("%d calls, p99 %v, %v in time, want 100, %v and 0.99", s.calls(), s.p99(), s.within(callEvery), callEvery)
	}
	s.add(time.Millisecond, false)
	s.add(time.Millisecond, false)
	if s.p99() != callPatience {
		t.Errorf("p99 %v, want that of a call that was not served", s.p99())
	}
}
