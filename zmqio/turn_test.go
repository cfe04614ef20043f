package zmqio

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// flushing is a transport that takes everything and tells of its flushes.
type flushing struct {
	Transport
	sink    Sink
	flushed func()
}

func (f *flushing) Listen(address string) (string, error)              { return address, nil }
func (f *flushing) Send(core.Link, core.Command, []byte, []byte) error { return nil }
func (f *flushing) Flush()                                             { f.flushed() }
func (f *flushing) Close(time.Duration) error                          { return nil }
func (f *flushing) make(sink Sink, _ TransportConfig) (Transport, error) {
	f.sink = sink
	return f, nil
}

// nodeWithPeer makes a node with one active peer.
func nodeWithPeer(t *testing.T, f *flushing) *Driver {
	t.Helper()
	f.flushed = func() {}
	d, err := New(Config{Name: "node", Network: "network", Seed: 1, Routes: []Route{{Schemes: []string{"test"}, New: f.make}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.Listen("test://here"); err != nil {
		t.Fatal(err)
	}
	f.sink.Lock()
	defer f.sink.Unlock()
	link := f.sink.NextLink()
	f.sink.LinkUp(link, "peer")
	f.sink.Frame(link, "peer", []byte("JOIN"), []byte("network"), false)
	return d
}

func callToAll(d *Driver) *Call {
	c := d.NewCall()
	c.Timeout = time.Hour
	return c
}

// However much others queue, a caller gets to wait for its own reply.
func TestTurnsForOthersAreBounded(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f)
	var returned atomic.Bool
	var turns atomic.Int32
	done := make(chan struct{})
	caughtUp := sync.OnceFunc(func() { close(done) })
	const enough = 100 * turnsMax
	f.flushed = func() {
		switch {
		case returned.Load():
			caughtUp()
		case turns.Add(1) < enough:
			d.enter(callToAll(d))
		}
	}
	d.enter(callToAll(d))
	returned.Store(true)
	if n := turns.Load(); n >= enough {
		t.Fatalf("a caller took %d turns in a row, want at most %d", n, turnsMax)
	}
	<-done
}

// What is queued while somebody takes a turn is taken in by the next one.
func TestNothingStaysInTheQueue(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f)
	const callers, calls = 16, 500
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				d.enter(callToAll(d))
			}
		})
	}
	wg.Wait()
	// The last turn may be that of a goroutine that has yet to take it.
	for deadline := time.Now().Add(10 * time.Second); !d.waiting.empty() || d.waiting.taking.Load(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("something is queued, and nobody takes a turn")
		}
	}
	if n := d.Stats().CallsPending; n != callers*calls {
		t.Errorf("%d calls are pending, want %d", n, callers*calls)
	}
}

// Each goroutine's elements come out in the order in which they were pushed.
func TestAStackIsAQueueForWhoTakesItWhole(t *testing.T) {
	const pushers, each = 4, 1000
	var s stack[Call, *Call]
	var wg sync.WaitGroup
	for p := range pushers {
		wg.Go(func() {
			for i := range each {
				s.push(&Call{id: core.CallID(p), Timeout: time.Duration(i)})
			}
		})
	}
	var next [pushers]time.Duration
	for taken := 0; taken < pushers*each; {
		for c := s.take(); c != nil; c = c.next {
			if c.Timeout != next[c.id] {
				t.Fatalf("pusher %d: element %d came when %d was due", c.id, c.Timeout, next[c.id])
			}
			next[c.id]++
			taken++
		}
	}
	wg.Wait()
}
