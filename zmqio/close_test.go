package zmqio_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestCloseDirectlyAfterNewAndTwice(t *testing.T) {
	d, err := zmqio.New(zmqio.Config{Protocol: core.Config{Name: "node"}})
	if err != nil {
		t.Fatal(err)
	}
	d.Close()
	d.Close()
	if err := d.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown after Close: %v", err)
	}
	c := d.NewCall()
	c.Method, c.Timeout = "A.B", time.Second
	_, listenErr := d.Listen("fake://here")
	for what, err := range map[string]error{
		"Err": d.Err(), "Call": d.Call(t.Context(), c), "Cast": d.Cast(c), "Disconnect": d.Disconnect("x"),
	} {
		if !errors.Is(err, zmqio.ErrClosed) {
			t.Errorf("%s after Close: %v, want ErrClosed", what, err)
		}
	}
	if listenErr == nil {
		t.Error("Listen after Close gave no error")
	}
	<-d.Changed() // or who waits for peers would wait for ever
}

func TestPendingCallsEndWithErrClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		link := f.accept(t, "peer")
		done := make(chan error)
		for range 3 {
			go func() {
				c := d.NewCall()
				defer d.Release(c)
				c.Method, c.Timeout = "A.B", time.Hour
				done <- d.Call(t.Context(), c)
			}()
		}
		synctest.Wait()
		f.take()
		d.Close()
		for range 3 {
			if err := <-done; !errors.Is(err, zmqio.ErrClosed) {
				t.Errorf("pending call: %v, want ErrClosed", err)
			}
		}
		if len(f.sent) != 1 || f.sent[0].command != core.PART || f.sent[0].link != link {
			t.Errorf("closing sent %+v, want one PART to the peer", f.sent)
		}
		if f.closed != 1 {
			t.Errorf("the transport was closed %d times", f.closed)
		}
	})
}

func TestShutdownWaitsForHandlersAndSendsTheirReplies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
			<-finish
			return echo(dst, r)
		}})
		link := f.accept(t, "peer")
		f.frame(link, "peer", core.CALL, request(1, "A.B", "early"), false)
		done := make(chan error, 1)
		go func() { done <- d.Shutdown(t.Context()) }()
		synctest.Wait()
		f.frame(link, "peer", core.CALL, request(2, "A.B", "late"), false)
		synctest.Wait()
		s := f.take()
		if len(s) != 1 || string(parse(t, s[0]).Err) != "the node is closing" {
			t.Errorf("a request during the shutdown was answered with %+v, want an error", s)
		}
		if len(done) > 0 {
			t.Fatal("Shutdown did not wait for the handler")
		}
		close(finish)
		if err := <-done; err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if len(f.sent) != 2 || string(parse(t, f.sent[0]).Rest) != "peer A.B early" || f.sent[1].command != core.PART {
			t.Errorf("sent %+v, want the handler's reply, then PART", f.sent)
		}
	})
}

func TestCloseIsBoundedWhenAHandlerIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			<-finish
			return dst, nil
		}})
		f.frame(f.accept(t, "peer"), "peer", core.CALL, request(1, "A.B", ""), false)
		patient := make(chan error, 1)
		go func() { patient <- d.Shutdown(context.Background()) }()
		synctest.Wait()
		start := time.Now()
		d.Close()
		if took := time.Since(start); took > 50*time.Millisecond {
			t.Errorf("Close took %v, want no more than the linger time", took)
		}
		if err := <-patient; !errors.Is(err, zmqio.ErrClosed) {
			t.Errorf("a Shutdown that Close overtook: %v, want ErrClosed", err)
		}
		if err := d.Shutdown(t.Context()); err != nil && !errors.Is(err, zmqio.ErrClosed) {
			t.Errorf("Shutdown after Close: %v", err)
		}
		close(finish) // the handler ends later, and its goroutine with it
	})
}

func TestShutdownGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		finish := make(chan struct{})
		defer close(finish)
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			<-finish
			return dst, nil
		}})
		f.frame(f.accept(t, "peer"), "peer", core.CALL, request(1, "A.B", ""), false)
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := d.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown: %v, want the context's error", err)
		}
		if f.closed != 1 {
			t.Error("Shutdown gave up without closing the transport")
		}
	})
}

func TestCloseFromInsideAHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d *zmqio.Driver
		closed := make(chan struct{})
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, _ *zmqio.Request) ([]byte, error) {
			d.Close()
			close(closed)
			return dst, nil
		}})
		f.frame(f.accept(t, "peer"), "peer", core.CAST, request(1, "A.B", ""), false)
		<-closed
		if f.closed != 1 {
			t.Errorf("the transport was closed %d times", f.closed)
		}
	})
}

func TestATransportThatFailsEndsTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lines strings.Builder
		d, f, _ := node(t, zmqio.Config{Node: zmqio.TransportConfig{Logger: slog.New(slog.NewTextHandler(&lines, nil))}})
		f.accept(t, "peer")
		done := make(chan error)
		go func() {
			c := d.NewCall()
			defer d.Release(c)
			c.Method, c.Timeout = "A.B", time.Hour
			done <- d.Call(t.Context(), c)
		}()
		synctest.Wait()
		broken := errors.New("the card was pulled")
		f.sink.Lock()
		f.sink.Fail(broken) // with the lock, which is allowed
		f.sink.Fail(broken)
		f.sink.UnlockAndDispatch()
		if err := <-done; !errors.Is(err, zmqio.ErrClosed) || !errors.Is(err, broken) {
			t.Errorf("pending call: %v, want ErrClosed and why", err)
		}
		synctest.Wait()
		if err := d.Connect("x", "fake://x"); !errors.Is(err, broken) {
			t.Errorf("Connect on a failed node: %v, want why it failed", err)
		}
		d.Close()
		if f.closed != 1 || !strings.Contains(lines.String(), "the card was pulled") {
			t.Errorf("closed %d times, log:\n%s", f.closed, lines.String())
		}
	})
}

// A logger is user code: it may call the node.
func TestALoggerMayCallTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calling := &callingHandler{}
		d, f, _ := node(t, zmqio.Config{Node: zmqio.TransportConfig{Logger: slog.New(calling)}})
		calling.driver = d
		f.accept(t, "peer")
		link := f.accept(t, "other")
		f.frame(link, "other", core.STAY, nil, false) // is ignored, and logged
		d.Close()
		want := "INFO peer is active|INFO peer is active|DEBUG message dropped|INFO peer is no longer active|INFO peer is no longer active"
		if got := strings.Join(calling.lines, "|"); got != want {
			t.Errorf("lines %q, want %q", got, want)
		}
	})
}

type callingHandler struct {
	slog.Handler
	driver *zmqio.Driver
	mu     sync.Mutex
	lines  []string
}

func (h *callingHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h *callingHandler) Handle(_ context.Context, r slog.Record) error {
	h.driver.ActiveCount()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.lines = append(h.lines, r.Level.String()+" "+r.Message)
	return nil
}
