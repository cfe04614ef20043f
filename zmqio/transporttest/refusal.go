package transporttest

import (
	"errors"
	"net"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A dial that leads nowhere is reported lost, once, with the address and a reason.
func failedDials(s *story) {
	gone, d := s.listener("gone"), s.node("dialler")
	gone.Close(0)
	link := d.Dial(gone.Name, gone.Bound)
	d.wantDialLost(link, gone.Bound, core.CauseUnreachable)
	if err := d.TrySend(link, core.CALL, ""); !errors.Is(err, zmqio.ErrUnroutable) {
		s.Errorf("send on a lost link: %v, want ErrUnroutable", err)
	}
	if s.curve {
		l := s.listener("listener")
		d.wantDialLost(d.Dial("no key", l.Bound), l.Bound, core.CauseHandshake)
		l.WantNothing()
	}
	d.WantNothing()
}

// NULL and CURVE never meet, in either direction, and both ends are told.
func mechanismsNeverMix(s *story) {
	plain := s.nodeOf("plain", nil).Listen(s.address())
	secret := s.node("").Listen(s.address())
	plain.wantDialLost(plain.Dial(secret.Name, secret.Bound), secret.Bound, core.CauseHandshake)
	s.handshakeFailed(secret)
	secret.wantDialLost(secret.Dial(NewKeys(s.TB).Name(), plain.Bound), plain.Bound, core.CauseHandshake)
	s.handshakeFailed(plain)
	for _, n := range []*Node{plain, secret} {
		n.WantNothing()
		if got := n.numbered(); got != 0 {
			s.Errorf("%d links were numbered for connections that failed", got)
		}
	}
}

// handshakeFailed checks that n was told that an accepted connection has failed.
func (s *story) handshakeFailed(n *Node) {
	s.Helper()
	if s.options.QuietHandshakes {
		return
	}
	if t := n.WantTurnedAway(); tcp(n.Bound) && t.Address != "127.0.0.1" {
		s.Errorf("%q was told %+v of a handshake that failed, want the address in it", n.Name, t)
	}
}

// A dialler that expects another key gives up, and both ends are told.
func anotherKey(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	d.wantDialLost(d.Dial(NewKeys(s.TB).Name(), l.Bound), l.Bound, core.CauseHandshake)
	s.handshakeFailed(l)
	l.WantNothing()
	if got := l.numbered(); got != 0 {
		s.Errorf("%d links were numbered for a connection that failed", got)
	}
}

// A node that is not admitted gets no link, takes no number, and is counted.
func notAdmitted(s *story) {
	friend := s.node("friend")
	l := s.listener("listener", func(c *zmqio.TransportConfig) {
		c.Admit = func(name, _ string) bool { return name == friend.Name }
	})
	stranger := s.node("stranger")
	s.turnedAway(l, stranger, zmqio.ErrRefusedAdmit)
	friend.Join(l)
	l.WantNothing()
}

// A node that claims the name of the listener is refused like one that is not
// admitted, and Admit is not needed for it.
func ownName(s *story) {
	l := s.listener("listener")
	s.turnedAway(l, s.nodeOf(l.Name, l.Keys), zmqio.ErrRefusedOwnName)
	if asked := l.questions(); len(asked) != 0 {
		s.Errorf("Admit was asked about %q", asked)
	}
	s.node("friend").Join(l)
	l.WantNothing()
}

// turnedAway checks that d can't have a link to l, and that l is told why.
func (s *story) turnedAway(l, d *Node, why error) {
	s.Helper()
	numbered := l.numbered()
	link := d.Dial(l.Name, l.Bound)
	if s.claims() {
		d.wantUp(link, l.Name)
		d.Send(link, core.JOIN, "network") // which is dropped
	} else {
		d.wantDialLost(link, l.Bound, core.CauseHandshake)
	}
	if t := l.WantTurnedAway(); t.Name != d.Name || !errors.Is(t.Why, why) {
		s.Errorf("%q was told %+v of %q, want %q", l.Name, t, d.Name, why)
	}
	l.WantNothing()
	if got := l.numbered(); got != numbered {
		s.Errorf("%d links were numbered for %q, which was turned away", got-numbered, d.Name)
	}
	d.Close(0)
}

func badConfigurations(s *story) {
	s.refuseToOpen(map[string]alter{
		"no name":                func(c *zmqio.TransportConfig) { c.Name = "" },
		"a long name":            func(c *zmqio.TransportConfig) { c.Name = strings.Repeat("x", 256) },
		"a name of libzmq's own": func(c *zmqio.TransportConfig) { c.Name = "\x00x" },
		"no queue":               func(c *zmqio.TransportConfig) { c.SendQueueMax = 0 },
		"no payload":             func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 0 },
	})
	if s.options.NoCurve {
		s.refuseToOpen(map[string]alter{
			"CURVE": func(c *zmqio.TransportConfig) { *c = NewConfig("", NewKeys(s.TB)) },
		})
	}
}

func badKeys(s *story) {
	s.refuseToOpen(map[string]alter{
		"a name that is not the key":    func(c *zmqio.TransportConfig) { c.Name = "x" },
		"the name of another key":       func(c *zmqio.TransportConfig) { c.Name = NewKeys(s.TB).Name() },
		"the secret of another key":     func(c *zmqio.TransportConfig) { c.SecretKey = NewKeys(s.TB).Secret },
		"the public key of another one": func(c *zmqio.TransportConfig) { c.PublicKey = NewKeys(s.TB).Public },
	})
}

func (s *story) refuseToOpen(bad map[string]alter) {
	s.Helper()
	for what, alter := range bad {
		var keys *Keys
		if s.curve {
			keys = NewKeys(s.TB)
		}
		config := NewConfig("name", keys)
		alter(&config)
		if n, err := openNode(s.TB, s.transport, config, s.options); err == nil || n.Carrier != nil {
			s.Errorf("%s passes: %v, %v", what, n.Carrier, err)
		}
	}
}

// rawDial opens a connection to l that says nothing. It lives until the test ends.
func (s *story) rawDial(l *Node) net.Conn {
	s.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(l.Bound, "tcp://"))
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { conn.Close() })
	return conn
}

// rawListen returns the address of a listener whose connections say nothing.
func (s *story) rawListen() string {
	s.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(func() { listener.Close() })
	return "tcp://" + listener.Addr().String()
}
