package zmqio

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// patience is how long a test waits for what should take milliseconds.
const patience = time.Minute

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
func nodeWithPeer(t *testing.T, f *flushing, config Config) *Driver {
	t.Helper()
	f.flushed = func() {}
	config.Name, config.Network, config.Seed = "node", "network", 1
	config.Routes = []Route{{Schemes: []string{"test"}, New: f.make}}
	d, err := New(config)
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
	d := nodeWithPeer(t, &f, Config{})
	var turns atomic.Int32
	returned, done := make(chan struct{}), make(chan struct{})
	const enough = 100 * turnsMax
	f.flushed = func() {
		switch n := turns.Add(1); {
		case n < enough:
			d.enter(callToAll(d))
		case n == enough: // never reached by the caller itself, which could not return meanwhile
			select {
			case <-returned:
			case <-time.After(patience):
				t.Errorf("a caller took %d turns in a row, want at most %d", n, turnsMax)
			}
			close(done)
		}
	}
	d.enter(callToAll(d))
	close(returned)
	<-done
}

// What is queued while somebody takes a turn is taken in by the next one.
func TestNothingStaysInTheQueue(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
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
	for deadline := time.Now().Add(patience); !d.turns.empty() || d.turns.taking.Load(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("something is queued, and nobody takes a turn")
		}
	}
	if n := d.Stats().CallsPending; n != callers*calls {
		t.Errorf("%d calls are pending, want %d", n, callers*calls)
	}
}

// A logger may call the node, also where a turn finds something to log.
func TestALoggerMayCallFromATurn(t *testing.T) {
	var f flushing
	late := &lateClock{Clock: SystemClock()}
	calling := &callingLogger{called: make(chan error, 1)}
	d := nodeWithPeer(t, &f, Config{Clock: late, Logger: slog.New(calling)})
	late.by.Store(int64(time.Hour)) // the peer's time is over, and no timer has rung yet
	calling.driver.Store(d)
	c := callToAll(d)
	if err := d.Call(t.Context(), c); err != nil || len(c.Outcomes) != 0 {
		t.Errorf("a call to nobody: %v, %v", err, c.Outcomes)
	}
	if err := <-calling.called; err != nil {
		t.Error(err)
	}
}

// lateClock says that more time has passed than its timers know of.
type lateClock struct {
	Clock
	by atomic.Int64
}

func (c *lateClock) Since(t time.Time) time.Duration {
	return c.Clock.Since(t) + time.Duration(c.by.Load())
}

// callingLogger makes a call when it first logs something and has a driver.
type callingLogger struct {
	slog.Handler
	driver atomic.Pointer[Driver]
	called chan error
}

func (l *callingLogger) Enabled(context.Context, slog.Level) bool { return true }

func (l *callingLogger) Handle(ctx context.Context, _ slog.Record) error {
	if d := l.driver.Swap(nil); d != nil {
		l.called <- d.Call(ctx, callToAll(d))
	}
	return nil
}

// A call that is over returns, whatever the logger does that its end has to do
// with: here the caller of one call finds, by cancelling it, that the time of
// another one is over, and of the peer.
func TestALoggerHoldsUpNoCall(t *testing.T) {
	var f flushing
	late := &lateClock{Clock: SystemClock()}
	logger := &slowLogger{logging: make(chan struct{}), goOn: make(chan struct{})}
	d := nodeWithPeer(t, &f, Config{Clock: late, Logger: slog.New(logger)})
	call := func(ctx context.Context, timeout time.Duration) (returned chan error) {
		begun := d.Stats().Calls
		returned = make(chan error, 1)
		go func() {
			c := callToAll(d)
			c.Timeout = timeout
			returned <- d.Call(ctx, c)
		}()
		for d.Stats().Calls == begun {
			runtime.Gosched()
		}
		return returned
	}
	ctx, cancel := context.WithCancel(t.Context())
	short, long := call(t.Context(), time.Minute), call(ctx, 10*time.Hour)
	logger.slow.Store(true)
	late.by.Store(int64(time.Hour))
	cancel()
	<-logger.logging
	for _, returned := range []chan error{short, long} {
		if err := <-returned; err != nil {
			t.Error(err)
		}
	}
	close(logger.goOn)
}

// slowLogger takes its time once it is told to.
type slowLogger struct {
	slog.Handler
	slow          atomic.Bool
	logging, goOn chan struct{}
}

func (l *slowLogger) Enabled(context.Context, slog.Level) bool { return true }

func (l *slowLogger) Handle(context.Context, slog.Record) error {
	if l.slow.CompareAndSwap(true, false) {
		l.logging <- struct{}{}
		<-l.goOn
	}
	return nil
}

// A call that is cancelled while it still waits for somebody's turn is over, too.
func TestACallIsCancelledBeforeItHasBegun(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
	d.turns.enough.Store(2)
	d.turns.gathering.Store(true) // by somebody who does not get the processor back
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	c := callToAll(d)
	if err := d.Call(ctx, c); err != nil || len(c.Outcomes) != 1 || c.Outcomes[0].How != core.Canceled {
		t.Errorf("%v, outcomes %+v, want one canceled", err, c.Outcomes)
	}
	if n := d.Stats().CallsPending; n != 0 {
		t.Errorf("%d calls are pending", n)
	}
}
