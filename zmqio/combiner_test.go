package zmqio

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// patience is how long a test waits for what should take milliseconds.
const patience = time.Minute

// flushing is a transport that takes everything and tells of its flushes.
type flushing struct {
	Carrier
	sink    Sink
	peer    core.Link // of the active peer
	flushed func()
}

func (f *flushing) Listen(address string) (string, error)              { return address, nil }
func (f *flushing) Send(core.Link, core.Command, []byte, []byte) error { return nil }
func (f *flushing) Flush()                                             { f.flushed() }
func (f *flushing) Close(time.Duration) error                          { return nil }

// Schemes and Open make it the transport of a node, too.
func (f *flushing) Schemes() []string { return []string{"test"} }
func (f *flushing) Open(sink Sink, _ TransportConfig) (Carrier, error) {
	f.sink = sink
	return f, nil
}

// nodeWithPeer makes a node with one active peer.
func nodeWithPeer(t testing.TB, f *flushing, config Config) *Driver {
	t.Helper()
	return nodeOver(t, f, f, config)
}

// nodeOver is nodeWithPeer for a transport with f in it.
func nodeOver(t testing.TB, transport Transport, f *flushing, config Config) *Driver {
	t.Helper()
	f.flushed = func() {}
	config.Protocol.Name, config.Protocol.Network, config.Protocol.Seed = "node", "network", 1
	config.Transports = []Transport{transport}
	d, err := New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(d.Close)
	if _, err := d.Listen("test://here"); err != nil {
		t.Fatal(err)
	}
	f.sink.Lock()
	defer f.sink.UnlockAndDispatch()
	f.peer = f.sink.NextLink()
	f.sink.LinkUp(f.peer, "peer", "")
	f.sink.Frame(f.peer, "peer", []byte("JOIN"), []byte("network"), false)
	return d
}

func callToAll(d *Driver) *Call {
	c := d.NewCall()
	c.Timeout = time.Hour
	return c
}

// However much others publish, a caller gets to wait for its own reply.
func TestPassesForOthersAreBounded(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
	var passes atomic.Int32
	returned, done := make(chan struct{}), make(chan struct{})
	enough := int32(100 * tuning.passesMax)
	f.flushed = func() {
		switch n := passes.Add(1); {
		case n < enough:
			d.submitCall(opCall, callToAll(d))
		case n == enough: // never reached by the caller itself, which could not return meanwhile
			select {
			case <-returned:
			case <-time.After(patience):
				t.Errorf("a caller made %d passes in a row, want at most %d", n, tuning.passesMax)
			}
			close(done)
		}
	}
	d.submitCall(opCall, callToAll(d))
	close(returned)
	<-done
}

// An operation that is published during a pass is applied by the next one.
func TestNoOperationIsLeftBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flushing
		d := nodeWithPeer(t, &f, Config{})
		const callers, calls = 16, 500
		var wg sync.WaitGroup
		for range callers {
			wg.Go(func() {
				for range calls {
					d.submitCall(opCall, callToAll(d))
				}
			})
		}
		wg.Wait()
		synctest.Wait() // for goroutines that go on combining
		if !d.combiner.published.empty() || d.combiner.passing.Load() || d.combiner.waiting.Load() {
			t.Error("something is published, and nobody makes a pass")
		}
		if n := d.Stats().CallsPending; n != callers*calls {
			t.Errorf("%d calls are pending, want %d", n, callers*calls)
		}
	})
}

// A logger may call the node, also where a pass finds something to log.
func TestALoggerMayCallFromAPass(t *testing.T) {
	var f flushing
	late := &lateClock{Clock: SystemClock()}
	calling := &callingLogger{called: make(chan error, 1)}
	d := nodeWithPeer(t, &f, Config{Node: TransportConfig{Clock: late, Logger: slog.New(calling)}})
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
	d := nodeWithPeer(t, &f, Config{Node: TransportConfig{Clock: late, Logger: slog.New(logger)}})
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

// A call that is cancelled before a pass has begun it is over, too.
func TestACallIsCancelledBeforeItHasBegun(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
	d.combiner.threshold.Store(2)
	d.combiner.waiting.Store(true) // as by a goroutine that does not get the processor back
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

// The lines of a pass are written by a goroutine of the driver, so Close waits.
func TestCloseWaitsForALogger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var f flushing
		late := &lateClock{Clock: SystemClock()}
		logger := &slowLogger{logging: make(chan struct{}), goOn: make(chan struct{})}
		d := nodeWithPeer(t, &f, Config{Node: TransportConfig{Clock: late, Logger: slog.New(logger)}})
		logger.slow.Store(true)
		late.by.Store(int64(time.Hour)) // the peer's time is over, and no timer has rung yet
		if err := d.Call(t.Context(), callToAll(d)); err != nil {
			t.Error(err)
		}
		<-logger.logging
		closed := make(chan struct{})
		go func() {
			d.Close()
			close(closed)
		}()
		synctest.Wait()
		select {
		case <-closed:
			t.Error("Close returned while a line was being logged")
		default:
		}
		close(logger.goOn)
		<-closed
	})
}

// A cancellation that comes when the call is over does not end another call, which
// has its id by then.
func TestALateCancellationEndsNoOtherCall(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
	over, other := callToAll(d), callToAll(d)
	d.submitCall(opCall, over)
	d.submit(&op{kind: opCancel, call: over})
	<-over.wake
	d.submitCall(opCall, other)
	d.submit(&op{kind: opCancel, call: over})
	if over.id != other.id {
		t.Errorf("the calls have the ids %d and %d, want the same", over.id, other.id)
	}
	if n := d.Stats().CallsPending; n != 1 {
		t.Errorf("%d calls are pending, want the other one", n)
	}
}

// panickyContext is a context whose code fails.
type panickyContext struct{ context.Context }

func (panickyContext) Done() <-chan struct{} { panic("no Done") }

// The context of a call is the user's code. It must not run between the call's
// beginning and its end, or those who wait with it would wait for ever.
func TestAContextThatPanicsLeavesNoCallBehind(t *testing.T) {
	var f flushing
	d := nodeWithPeer(t, &f, Config{})
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic of the context was lost")
			}
		}()
		c := callToAll(d)
		defer d.Release(c)
		_ = d.Call(panickyContext{t.Context()}, c)
	}()
	if s := d.Stats(); s.Calls != 0 || s.CallsPending != 0 {
		t.Errorf("%d calls were begun, %d are pending, want none", s.Calls, s.CallsPending)
	}
}

// Requests that have no goroutine yet when the pool is closed are not run.
func TestAClosedPoolStartsNoHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ran atomic.Int32
		p := pool{run: func(*Request) { ran.Add(1) }}
		var queued requests
		for range 3 {
			queued.push(new(Request))
		}
		p.close()
		p.start(queued)
		synctest.Wait()
		if n := ran.Load(); n != 0 {
			t.Errorf("%d handlers were started after the close", n)
		}
	})
}

// Of a peer that sends many requests at once, the second one is begun after the first
// one of every other.
func TestRequestsOfPeersTakeTurns(t *testing.T) {
	p := pool{waking: true} // as if a goroutine were on its way, so that nobody else takes any
	for _, peers := range []string{"aaaa", "b", "cc"} {
		var queued requests
		for _, peer := range peers {
			queued.push(&Request{Peer: string(peer)})
		}
		p.start(queued)
	}
	got := ""
	for !p.queue.Empty() {
		got += p.next(&worker{went: time.Now()}, false).Peer
	}
	if want := "abcacaa"; got != want {
		t.Errorf("requests are begun in the order %q, want %q", got, want)
	}
}
