package faultproxy

import (
	"slices"
	"testing"
	"time"
)

// cuts returns where a stream of a thousand bytes is split, that comes in reads of n bytes.
func cuts(seed uint64, n int) (at []int) {
	p := &Proxy{config: Config{Seed: seed}, changed: make(chan struct{})}
	p.Split(BothWays, 50)
	l := newLink(p, 1, nil)
	defer l.cancel()
	f, _ := newFlows(l, nil, nil)
	for sent := 0; sent < 1000; sent += n {
		f.send(make([]byte, n), 0)
	}
	sum := 0
	for _, it := range f.queue.items {
		sum += len(it.bytes)
		at = append(at, sum)
	}
	return at
}

// The same seed splits at the same places, and besides where a read has ended.
func TestSplitsHangOnTheSeed(t *testing.T) {
	once := cuts(1, 1000)
	if len(once) < 20 {
		t.Errorf("a thousand bytes in pieces of 50 at most are %d", len(once))
	}
	if !slices.Equal(once, cuts(1, 1000)) {
		t.Error("the same seed has split at other places")
	}
	if slices.Equal(once, cuts(2, 1000)) {
		t.Error("another seed has split at the same places")
	}
	read := cuts(1, 100)
	for _, at := range once {
		if !slices.Contains(read, at) {
			t.Errorf("in reads of a hundred bytes nothing is split at %d: %v", at, read)
		}
	}
}

// What is due later comes later, and equals stay in order.
func TestQueueIsInOrder(t *testing.T) {
	q := newQueue(nil)
	start := time.Now().Add(-time.Hour)
	for i, due := range []int{3, 1, 2, 1, 3} {
		q.put(item{due: start.Add(time.Duration(due)), bytes: []byte{byte(i)}})
	}
	for _, want := range []byte{1, 3, 2, 0, 4} {
		it, _ := q.take()
		if it.bytes[0] != want {
			t.Errorf("item %d comes, want %d", it.bytes[0], want)
		}
	}
}
