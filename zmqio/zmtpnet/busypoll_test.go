//go:build unix

package zmtpnet

import (
	"errors"
	"io"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// waits has so many waits of a link that were all short, and returns how many were polled and how
// many of them found nothing, by what found says of each poll.
func waits(p *busyPoll, n int, found func(i int) bool) (polls, misses int) {
	for i := range n {
		p.short = true
		if !p.due() {
			continue
		}
		polls++
		ok := found(i)
		if p.polled(ok); !ok {
			misses++
		}
	}
	return polls, misses
}

// Where polls find nothing, few waits are polled; where they find something, all are again.
func TestPollsInVainBecomeRare(t *testing.T) {
	t.Parallel()
	var p busyPoll
	never := func(int) bool { return false }
	always := func(int) bool { return true }
	if polls, _ := waits(&p, 1000, never); polls > 12 {
		t.Errorf("%d of the first 1000 waits were polled in vain, want 12 at most", polls)
	}
	const n = 100 * pollRestMax
	if polls, _ := waits(&p, n, never); polls > n/pollRestMax {
		t.Errorf("%d of %d waits were polled in vain, want one in %d", polls, n, pollRestMax)
	}
	if polls, _ := waits(&p, 2*pollRestMax, always); polls < pollRestMax {
		t.Errorf("%d of %d waits were polled though the polls find something, want %d at least", polls, 2*pollRestMax, pollRestMax)
	}
	if polls, _ := waits(&p, 1000, always); polls != 1000 {
		t.Errorf("%d of 1000 waits were polled, want all", polls)
	}
}

// As few are in vain where chance has some find something: one hit does not make up for all misses.
func TestSomeHitsDoNotMakePollsPay(t *testing.T) {
	t.Parallel()
	var p busyPoll
	polls := 0
	all, misses := waits(&p, 100_000, func(int) bool { polls++; return polls%3 == 0 })
	if misses > 1000 {
		t.Errorf("%d of %d polls found nothing in 100,000 waits, want 1,000 at most", misses, all)
	}
}

// A link whose waits are long does not poll.
func TestASparseLinkDoesNotPoll(t *testing.T) {
	t.Parallel()
	var p busyPoll
	for range 1000 {
		if p.short = false; p.due() {
			t.Fatal("a link polls after a long wait")
		}
	}
}

// What was polled is part of a wait, so that a link whose peer sends a little later than it
// polls for does not go on polling.
func TestAPollIsPartOfTheWait(t *testing.T) {
	t.Parallel()
	for polled, short := range map[time.Duration]bool{0: true, patience: false} {
		l, peer := polling(t, nil)
		if _, err := peer.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if n, err := l.await(l.carrier.now() - zmtp.Instant(polled)); n == 0 || err != nil {
			t.Fatalf("read %d bytes, %v", n, err)
		}
		if l.in.busy.short != short {
			t.Errorf("after a poll of %v the wait counts as short: %v, want %v", polled, l.in.busy.short, short)
		}
	}
}

// polling returns a link over TCP that is to poll before its next wait, and the other end.
func polling(t *testing.T, alter func(*zmqio.TransportConfig)) (*link, net.Conn) {
	t.Helper()
	cfg := transporttest.NewConfig("a", nil)
	cfg.BusyPoll = patience
	if alter != nil {
		alter(&cfg)
	}
	c, err := newCarrier(nil, cfg)
	if err != nil {
		t.Fatal(err)
	}
	c.pollersMax = pollers.Load() + 1<<10 // whatever else runs
	ours, theirs := tcpPair(t)
	l := &link{carrier: c}
	l.attach(ours, zmtp.Dial(&c.engine, nil, entropy(), c.now()))
	l.in.busy.short = true
	return l, theirs
}

// tcpPair returns both ends of a connection over loopback, which end with the test.
func tcpPair(t *testing.T) (ours *net.TCPConn, theirs net.Conn) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	conn, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if theirs, err = listener.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { theirs.Close() })
	return conn.(*net.TCPConn), theirs
}

func TestPollReadsWhatArrives(t *testing.T) {
	t.Parallel()
	l, peer := polling(t, nil)
	if _, err := peer.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	n, err := 0, error(nil)
	for n == 0 && err == nil { // until it has arrived
		l.in.busy = busyPoll{short: true}
		n, err = l.poll(l.carrier.now())
	}
	if n == 0 || err != nil {
		t.Errorf("read %d bytes, %v; want some", n, err)
	}
	if l.in.busy.misses != 0 || l.in.busy.rest != 0 {
		t.Errorf("%+v after a poll that has found something", l.in.busy)
	}
}

// A poll ends where nothing comes, also where the clock stands still, and is not made again at once.
func TestPollEnds(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*zmqio.TransportConfig){
		"its time is over":      func(c *zmqio.TransportConfig) { c.BusyPoll = time.Microsecond },
		"its tries are used up": func(c *zmqio.TransportConfig) { c.Clock = clock.NewMock() },
	} {
		l, _ := polling(t, alter)
		for l.in.busy.misses == 0 { // another test may want the processor
			if n, err := l.poll(l.carrier.now()); n != 0 || err != nil {
				t.Fatalf("%s: read %d bytes, %v", name, n, err)
			}
		}
		if l.in.busy.misses != 1 || l.in.busy.rest == 0 {
			t.Errorf("%s: %+v after a poll in vain", name, l.in.busy)
		}
	}
}

// What was found so late that the processor must have done something else does not count.
func TestWhatComesLateIsAMiss(t *testing.T) {
	t.Parallel()
	l, peer := polling(t, func(c *zmqio.TransportConfig) { c.BusyPoll = time.Millisecond })
	if _, err := peer.Write([]byte("hello")); err != nil {
		t.Fatal(err)
	}
	n, err := 0, error(nil)
	for n == 0 && err == nil { // until it has arrived
		l.in.busy = busyPoll{short: true}
		n, err = l.poll(l.carrier.now() - zmtp.Instant(time.Millisecond))
	}
	if err != nil || l.in.busy.misses != 1 {
		t.Errorf("%v, %+v, want a miss", err, l.in.busy)
	}
}

// A link does not poll where others do already, and one that is told not to does not.
func TestWhoDoesNotPoll(t *testing.T) {
	t.Parallel()
	for name, alter := range map[string]func(*link){
		"no processor is left": func(l *link) { l.carrier.pollersMax = 0 },
		"it was switched off":  func(l *link) { l.carrier.cfg.BusyPoll = 0 },
		"it waits for long":    func(l *link) { l.in.busy.short = false },
	} {
		l, peer := polling(t, nil)
		if alter(l); l.in.busy.misses != 0 {
			t.Fatal("the link has polled")
		}
		if _, err := peer.Write([]byte("hello")); err != nil {
			t.Fatal(err)
		}
		if n, err := l.poll(l.carrier.now()); n != 0 || err != nil {
			t.Errorf("%s: read %d bytes, %v", name, n, err)
		}
		if n, err := l.receive(true); n == 0 || err != nil { // so it had arrived, perhaps
			t.Errorf("%s: read %d bytes without polling, %v", name, n, err)
		}
	}
}

// Nobody polls for a peer that has not been admitted.
func TestAHandshakeIsNotPolled(t *testing.T) {
	t.Parallel()
	l, peer := polling(t, nil)
	const rest = 5
	l.in.busy.rest = rest
	if _, err := peer.Write([]byte{0xff}); err != nil { // the first byte of a greeting
		t.Fatal(err)
	}
	if err := l.readOnce(); err != nil {
		t.Fatal(err)
	}
	if l.in.busy.rest != rest {
		t.Error("a link polls, or would have, before its handshake is done")
	}
}

// A poll says how a connection has ended, as the system does so once.
func TestPollOfAnEnd(t *testing.T) {
	t.Parallel()
	for _, want := range []error{io.EOF, syscall.ECONNRESET} {
		l, peer := polling(t, nil)
		if errors.Is(want, syscall.ECONNRESET) {
			if err := peer.(*net.TCPConn).SetLinger(0); err != nil {
				t.Fatal(err)
			}
		}
		peer.Close()
		n, err := 0, error(nil)
		for n == 0 && err == nil { // until that has arrived
			l.in.busy = busyPoll{short: true}
			n, err = l.poll(l.carrier.now())
		}
		if n != 0 || !errors.Is(err, want) {
			t.Errorf("read %d bytes, %v, want %v", n, err, want)
		}
	}
}

// A link that polls has Go look at the network now and then: to give way to others does not.
func TestALinkThatPollsYields(t *testing.T) { // not parallel: other tests want it to yield, too
	b, yields := startTicking(t, patience)
	p := rawJoin(t, b, "raw")
	for deadline := time.Now().Add(patience); yields.Load() < 3; {
		if time.Now().After(deadline) {
			t.Fatalf("it has yielded %d times", yields.Load())
		}
		p.write([]byte("\x01\x04TICK\x00\x01x"))
		b.wantFrame("raw", core.TICK, "x")
	}
}

// Half as many links poll as there are processors, and each gives its place back.
func TestPlacesOfPollers(t *testing.T) { // not parallel: the places are the process's
	l, _ := polling(t, func(c *zmqio.TransportConfig) { c.BusyPoll = time.Microsecond })
	for deadline := time.Now().Add(patience); pollers.Load() != 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d places are taken, and no test runs beside this one", pollers.Load())
		}
	}
	l.carrier.pollersMax = 1
	for _, taken := range []int32{1, 0} {
		pollers.Store(taken)
		l.in.busy = busyPoll{short: true}
		if n, err := l.poll(l.carrier.now()); n != 0 || err != nil {
			t.Fatalf("read %d bytes, %v", n, err)
		}
		if polled := l.in.busy.misses > 0; polled != (taken == 0) {
			t.Errorf("with %d places taken of one it is %v that the link polls", taken, polled)
		}
		if n := pollers.Load(); n != taken {
			t.Errorf("%d places are taken behind it, and there were %d", n, taken)
		}
	}
	c, err := newCarrier(nil, transporttest.NewConfig("a", nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := int32(runtime.GOMAXPROCS(0) / 2); c.pollersMax != want {
		t.Errorf("%d links may poll, want %d", c.pollersMax, want)
	}
}
