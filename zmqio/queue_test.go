package zmqio

import (
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Each goroutine's entries come out in the order in which they were pushed, and
// all of them do.
func TestAQueueKeepsTheOrderOfEachGoroutine(t *testing.T) {
	const pushers, each = 4, 1000
	var q queue
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			for i := range each {
				q.push(&entry{call: &Call{id: core.CallID(p), Timeout: time.Duration(i)}})
			}
		})
	}
	var next [pushers]time.Duration
	for taken := 0; taken < pushers*each; {
		for e := q.take(); e != nil; e = e.next {
			if c := e.call; c.Timeout != next[c.id] {
				t.Fatalf("pusher %d: entry %d came when %d was due", c.id, c.Timeout, next[c.id])
			}
			next[e.call.id]++
			taken++
		}
	}
	wg.Wait()
	if !q.empty() || q.len() != 0 {
		t.Errorf("%d entries are left", q.len())
	}
}
