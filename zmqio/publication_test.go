package zmqio

import (
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The operations of each goroutine come out in the order in which they were pushed,
// and all of them do.
func TestAPublicationListKeepsTheOrderOfEachGoroutine(t *testing.T) {
	const pushers, each = 4, 1000
	var l publicationList
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			for i := range each {
				l.push(&op{call: &Call{id: core.CallID(p), Timeout: time.Duration(i)}})
			}
		})
	}
	var next [pushers]time.Duration
	for taken := 0; taken < pushers*each; {
		for o := l.take(); o != nil; o = o.next {
			if c := o.call; c.Timeout != next[c.id] {
				t.Fatalf("pusher %d: operation %d came when %d was due", c.id, c.Timeout, next[c.id])
			}
			next[o.call.id]++
			taken++
		}
	}
	wg.Wait()
	if !l.empty() || l.len() != 0 {
		t.Errorf("%d operations are left", l.len())
	}
}
