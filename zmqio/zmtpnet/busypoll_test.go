//go:build unix

package zmtpnet

import (
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	ours, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := listener.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ours.Close(); theirs.Close() })
	l := &link{carrier: c}
	l.attach(ours.(*net.TCPConn), zmtp.Dial(&c.engine, nil, entropy(), c.now()))
	l.in.busy.short = true
	return l, theirs
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

// The end of a connection that is polled is found by the wait behind it.
func TestPollOfAnEnd(t *testing.T) {
	t.Parallel()
	l, peer := polling(t, func(c *zmqio.TransportConfig) { c.BusyPoll = time.Millisecond })
	peer.Close()
	n, err := l.poll(l.carrier.now())
	for n == 0 && err == nil {
		n, err = l.receive(true)
	}
	if n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("read %d bytes, %v, want the end", n, err)
	}
}
