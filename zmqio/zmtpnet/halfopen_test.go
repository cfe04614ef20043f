package zmtpnet

import (
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// accepted returns a connection that waits for a step, and its other end.
func accepted(t *testing.T, at net.Listener, step string, since time.Time) (*link, net.Conn) {
	t.Helper()
	far, err := net.Dial("tcp", at.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	near, err := at.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { near.Close(); far.Close() })
	return &link{socket: &socket{stream: near.(stream)}, step: step, awaited: since}, far
}

// A handshake gives way to others when its peer has kept us waiting: not when it is old,
// nor when we have yet to look at what its peer has sent, or are looking at it.
func TestOnlyThoseWhoKeepUsWaitingGiveWay(t *testing.T) {
	t.Parallel()
	at, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer at.Close()
	begin := time.Now()
	late := begin.Add(2 * patienceMax)
	var h halfOpen
	h.init()
	h.max = 3
	add := func(step string, since time.Time) (*link, net.Conn) {
		l, far := accepted(t, at, step, since)
		h.add(l)
		return l, far
	}
	moving, _ := add("greeting", begin)
	busy, _ := add("HELLO", begin)
	unread, far := add("INITIATE", begin)
	if wait := h.giveWay(begin); wait != patienceMax {
		t.Errorf("nobody is late, and the next one waits for %v, want %v", wait, patienceMax)
	}
	h.awaits(moving, "HELLO", late)
	h.works(busy)
	if _, err := far.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	for !unread.socket.unread() { // it is on its way
		time.Sleep(time.Millisecond)
	}
	if wait := h.giveWay(late); wait != patienceMin {
		t.Errorf("all have done what they should: the next one waits for %v, want %v", wait, patienceMin)
	}
	for _, l := range []*link{moving, busy, unread} {
		if l.evicted.Load() {
			t.Errorf("the one at %s was ended", l.step)
		}
	}
	h.awaits(busy, "HELLO", late) // what it had read was not the whole step
	if wait := h.giveWay(late); wait != 0 || !busy.evicted.Load() || unread.evicted.Load() || moving.evicted.Load() {
		t.Errorf("one keeps us waiting: the next one waits for %v, ended %v, want 0, and that it is ended", wait, busy.evicted.Load())
	}
}

// No node of a storm loses its handshake: as many are accepted as there are nodes.
func TestAStormOfDialsNeedsOneHandshakeEach(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		const nodes = 200
		var admitted atomic.Int64
		hub := start(t, "hub", curve, func(c *zmqio.TransportConfig) {
			c.HandshakeTimeout = patience
			c.Admit = func(string, string) bool { admitted.Add(1); return true }
		}).listen()
		w := &hub.carrier().listeners[0].waiting
		w.mu.Lock()
		w.max = 8                                  // so that most have to wait
		w.patience, w.maxWait = patience, patience // however slow the machine is
		w.mu.Unlock()
		var all []*node
		for i := range nodes {
			all = append(all, start(t, fmt.Sprint("node-", i), curve, func(c *zmqio.TransportConfig) { c.HandshakeTimeout = patience }))
		}
		for _, n := range all {
			n.Dial(hub.Name, hub.Bound)
		}
		for _, n := range all {
			n.wantUp(hub.Name)
			hub.Next()
		}
		if n := admitted.Load(); n != nodes {
			t.Errorf("%d handshakes got as far as Admit, for %d nodes", n, nodes)
		}
	})
}
