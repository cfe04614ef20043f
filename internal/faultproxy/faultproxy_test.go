package faultproxy_test

import (
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 60 * time.Second

// bench is a proxy and its listener.
type bench struct {
	t        *testing.T
	proxy    *faultproxy.Proxy
	listener net.Listener
}

func newBench(t *testing.T, config faultproxy.Config) *bench {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	config.To = listener.Addr().String()
	proxy, err := faultproxy.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		proxy.Close()
		listener.Close()
	})
	return &bench{t, proxy, listener}
}

func (b *bench) address() string { return strings.TrimPrefix(b.proxy.Address(), "tcp://") }

// end is one end of a connection through the proxy.
type end struct {
	t *testing.T
	net.Conn
}

func (b *bench) end(c net.Conn, err error) end {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(patience))
	b.t.Cleanup(func() { c.Close() })
	return end{b.t, c}
}

// connect returns both ends of a new connection.
func (b *bench) connect() (dialler, listener end) {
	b.t.Helper()
	dialler = b.end(net.Dial("tcp", b.address()))
	return dialler, b.end(b.listener.Accept())
}

func (e end) write(text string) {
	e.t.Helper()
	if _, err := io.WriteString(e, text); err != nil {
		e.t.Fatal(err)
	}
}

func (e end) want(text string) {
	e.t.Helper()
	got := make([]byte, len(text))
	if _, err := io.ReadFull(e, got); err != nil || string(got) != text {
		e.t.Fatalf("%q arrived, %v; want %q", got, err, text)
	}
}

// wantEnd checks that nothing arrives any more, and how that is.
func (e end) wantEnd(want error) {
	e.t.Helper()
	n, err := e.Read(make([]byte, 1))
	if n != 0 || !errors.Is(err, want) {
		e.t.Fatalf("%d bytes arrived, %v; want %v", n, err, want)
	}
}

// wantNothing checks that nothing has arrived: what was written before has passed
// elsewhere, or can't.
func (e end) wantNothing() {
	e.t.Helper()
	_ = e.SetReadDeadline(time.Now().Add(20 * time.Millisecond))
	if n, err := e.Read(make([]byte, 1)); n != 0 || err == nil {
		e.t.Fatalf("%d bytes arrived, %v; want none", n, err)
	}
	_ = e.SetReadDeadline(time.Now().Add(patience))
}

func TestBytesAndOrderlyEndsPass(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	dialler.write("there")
	listener.want("there")
	listener.write("back")
	dialler.want("back")
	dialler.write("last words")
	_ = dialler.Conn.(*net.TCPConn).CloseWrite()
	listener.want("last words")
	listener.wantEnd(io.EOF)
	listener.write("and an answer")
	dialler.want("and an answer")
	_ = listener.Close()
	dialler.wantEnd(io.EOF)
}

func TestResetOfAnEndPasses(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	dialler.write("x")
	listener.want("x")
	_ = dialler.Conn.(*net.TCPConn).SetLinger(0)
	_ = dialler.Close()
	listener.wantEnd(syscall.ECONNRESET)
}

func TestCutIsAnOrderlyEndForBoth(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	dialler.write("x")
	listener.want("x")
	stall := b.proxy.Stall(faultproxy.BothWays)
	dialler.write("on the way")
	b.proxy.Cut()
	dialler.wantEnd(io.EOF)
	listener.wantEnd(io.EOF)
	stall.End()
	dialler, listener = b.connect()
	dialler.write("y")
	listener.want("y")
}

func TestResetIsAFailureForBoth(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	dialler.write("x")
	listener.want("x")
	b.proxy.Reset()
	dialler.wantEnd(syscall.ECONNRESET)
	listener.wantEnd(syscall.ECONNRESET)
}

func TestStallHoldsAndLosesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	outer := b.proxy.Stall(faultproxy.ToListener)
	inner := b.proxy.Stall(faultproxy.BothWays)
	dialler.write("held")
	listener.write("held too")
	listener.wantNothing()
	dialler.wantNothing()
	inner.End()
	dialler.want("held too")
	listener.wantNothing() // the other one still holds
	_, _ = b.connect()     // connections can be made
	outer.End()
	outer.End()
	listener.want("held")
}

func TestBlackHoleHidesEndsAndConnections(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	hole := b.proxy.BlackHole(faultproxy.ToListener)
	dialler.write("unheard")
	listener.write("heard")
	dialler.want("heard")
	_ = dialler.Close()
	listener.wantNothing()
	late := b.end(net.Dial("tcp", b.address()))
	late.write("late")
	hole.End()
	listener.want("unheard")
	listener.wantEnd(io.EOF)
	reached := b.end(b.listener.Accept())
	reached.want("late")
}

func TestForgottenConnectionsNeverPassAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	b.proxy.Forget(faultproxy.ToListener)
	dialler.write("unheard")
	b.proxy.Heal()
	listener.wantNothing()
	listener.write("heard")
	dialler.want("heard")
	dialler, listener = b.connect()
	dialler.write("anew")
	listener.want("anew")
}

func TestRefuseRefuses(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	one, two := b.proxy.Refuse(), b.proxy.Refuse()
	for _, f := range []*faultproxy.Fault{one, two} {
		if _, err := net.Dial("tcp", b.address()); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dialling says %v, want that it is refused", err)
		}
		f.End()
	}
	dialler.write("goes on")
	listener.want("goes on")
	_, _ = b.connect()
}

func TestTargetMayMove(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, listener := b.connect()
	elsewhere, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer elsewhere.Close()
	b.proxy.SetTarget("tcp://" + elsewhere.Addr().String())
	dialler.write("old")
	listener.want("old")
	second := b.end(net.Dial("tcp", b.address()))
	moved := b.end(elsewhere.Accept())
	second.write("new")
	moved.want("new")
	if n := b.proxy.Accepted(); n != 2 || len(b.proxy.Links()) != 2 {
		t.Errorf("%d connections, and now %v; want 2", n, b.proxy.Links())
	}
}

func TestNoListenerIsAReset(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	_ = b.listener.Close()
	c, err := net.Dial("tcp", b.address())
	if errors.Is(err, syscall.ECONNRESET) {
		return // so early
	}
	b.end(c, err).wantEnd(syscall.ECONNRESET)
}

func TestSplitWritesSmallPieces(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	b.proxy.Split(faultproxy.ToListener, 7)
	b.proxy.Limit(faultproxy.ToListener, 1000) // or all would have arrived before the first read
	dialler, listener := b.connect()
	dialler.write(strings.Repeat("x", 100))
	reads := 0
	for sum := 0; sum < 100; reads++ {
		n, err := listener.Read(make([]byte, 100))
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if reads < 4 {
		t.Errorf("a hundred bytes, in pieces of 7, took %d reads, want many", reads)
	}
}

func TestLimitAndDelayTakeTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	limit := b.proxy.Limit(faultproxy.ToListener, 1000)
	dialler, listener := b.connect()
	start := time.Now()
	dialler.write(strings.Repeat("x", 300))
	listener.want(strings.Repeat("x", 300))
	if took := time.Since(start); took < 200*time.Millisecond {
		t.Errorf("300 bytes took %v, at 1,000 a second", took)
	}
	limit.End()
	b.proxy.Delay(faultproxy.ToListener, 50*time.Millisecond, 100*time.Millisecond)
	start = time.Now()
	dialler.write("x")
	listener.want("x")
	if took := time.Since(start); took < 50*time.Millisecond {
		t.Errorf("a byte took %v, want 50 ms at least", took)
	}
}

func TestHealEndsEverything(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	b.proxy.Refuse()
	b.proxy.Stall(faultproxy.BothWays)
	b.proxy.BlackHole(faultproxy.ToDialler)
	b.proxy.Heal()
	dialler, listener := b.connect()
	dialler.write("x")
	listener.want("x")
}

// A proxy that is closed in the middle of everything leaves nothing behind (TestMain looks).
func TestCloseEndsWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, faultproxy.Config{})
	dialler, _ := b.connect()
	b.proxy.Limit(faultproxy.BothWays, 1)
	b.proxy.Stall(faultproxy.BothWays)
	dialler.write("x")
	b.proxy.BlackHole(faultproxy.BothWays)
	b.end(net.Dial("tcp", b.address()))
	b.proxy.Refuse().End()
}
