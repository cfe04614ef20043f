package acceptance

import (
	"crypto/rand"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// A stage is one of our nodes and an old peer whose part a test plays, frame by
// frame, over TCP. Nothing reads or writes the old peer's connections but the
// test itself, so what it does not expect can't be missed.
//
// The node's clock stands still unless the test lets time pass: however long the
// test or the machine takes, no timer of the node runs out.
type stage struct {
	t         *testing.T
	tr        transportCase
	clock     *clock.Mock
	node      *bilateralrpc.Bilateral
	name, old string // ours, and the old peer's
	keys      *zmtp.Keys
	nodeKey   [zmtp.KeyBytes]byte
	listener  net.Listener // the old peer's
	dials     uint64       // of our node that were accepted
	serves    bool         // the old peer has accepted our node's JOIN
}

// oldNetwork is the network of the golden records.
const oldNetwork = "net one"

// instantly makes the pauses of which a play does not speak pass while it waits
// for our node to dial.
func instantly(timing bilateralrpc.Timing) bilateralrpc.Timing {
	timing.FirstStart, timing.RedialMin, timing.RedialMax = dialStep, dialStep, dialStep
	return timing
}

// dialStep is by how much time passes while a stage waits for our node to dial.
const dialStep = time.Microsecond

// eachStage runs a play on every transport of sockets, in plaintext and with CURVE.
// In plaintext the names are "ours" and "py".
func eachStage(t *testing.T, timing bilateralrpc.Timing, play func(*stage)) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		play(newStage(t, tr, curve, bilateralrpc.Config{Timing: timing}))
	})
}

// newStage makes a stage of which config says the Timing and Linger.
func newStage(t *testing.T, tr transportCase, curve bool, config bilateralrpc.Config) *stage {
	t.Helper()
	s := &stage{t: t, tr: tr, clock: clock.NewMock(), name: "ours", old: "py"}
	config.Network, config.Transport, config.Clock = oldNetwork, tr.transport, s.clock
	config.Timing = instantly(config.Timing)
	config.HeartbeatInterval = -1 // a connection is silent while the test thinks
	config.HandshakeTimeout = patience
	if curve {
		config.PublicKey, config.PrivateKey = keypair(t)
		s.name, s.nodeKey = config.PublicKey, rawKey(t, config.PublicKey)
		public, secret := keypair(t)
		s.old, s.keys = public, &zmtp.Keys{Public: rawKey(t, public), Secret: rawKey(t, secret)}
	} else {
		config.Name = s.name
	}
	s.node = mustNew(t, config)
	if err := s.node.ListenOn(tr.wildcard); err != nil {
		t.Fatal(err)
	}
	return s
}

// again is a stage like s, with nodes that know nothing of each other.
func (s *stage) again(config bilateralrpc.Config) *stage {
	s.t.Helper()
	return newStage(s.t, s.tr, s.keys != nil, config)
}

// pass lets time pass for our node, which is done with what it was at: a frame
// that the test has seen may have left before the timers behind it were set.
func (s *stage) pass(d time.Duration) {
	_ = s.node.Stats()
	s.clock.Add(d)
}

// passWithout is pass, during all but the last nanosecond of which our node must
// not send another frame of the command that count counts.
func (s *stage) passWithout(command string, count func(bilateralrpc.FrameCounts) uint64, d time.Duration) {
	s.t.Helper()
	before := count(s.node.Stats().FramesOut)
	s.pass(d - 1)
	if n := count(s.node.Stats().FramesOut); n != before {
		s.t.Errorf("our node says %s before %v have passed", command, d)
	}
	s.pass(1)
}

func joins(n bilateralrpc.FrameCounts) uint64 { return n.Join }
func ticks(n bilateralrpc.FrameCounts) uint64 { return n.Tick }

func rawKey(t *testing.T, text string) (key [zmtp.KeyBytes]byte) {
	t.Helper()
	raw, err := z85.Decode(text)
	if err != nil || copy(key[:], raw) != len(key) {
		t.Fatalf("not a key: %q (%v)", text, err)
	}
	return key
}

func (s *stage) engineConfig() *zmtp.Config {
	return &zmtp.Config{Identity: s.old, Curve: s.keys, PayloadBytesMax: 4 << 20}
}

// dial has the old peer connect to our node.
func (s *stage) dial() *oldLink {
	s.t.Helper()
	conn, err := net.DialTimeout("tcp", strings.TrimPrefix(s.node.ListenAddresses()[0], "tcp://"), patience)
	if err != nil {
		s.t.Fatal(err)
	}
	return s.raise(conn, zmtp.Dial(s.engineConfig(), &s.nodeKey, entropy(), 0))
}

// join is dial, and being accepted.
func (s *stage) join() *oldLink {
	s.t.Helper()
	l := s.dial()
	l.say("JOIN", []byte(oldNetwork))
	l.want("STAY")
	return l
}

// listen opens the old peer's listening socket and has our node connect to it.
func (s *stage) listen() {
	s.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	s.listener = listener
	s.t.Cleanup(func() { _ = listener.Close() })
	if err := s.node.ConnectTo(s.old, "tcp://"+listener.Addr().String()); err != nil {
		s.t.Fatal(err)
	}
}

// accept waits for our node to dial.
func (s *stage) accept() *oldLink {
	s.t.Helper()
	conn := s.acceptTCP()
	return s.raise(conn, zmtp.Accept(s.engineConfig(), entropy(), 0))
}

// acceptTCP is accept without a word of ZMTP.
func (s *stage) acceptTCP() net.Conn {
	s.t.Helper()
	s.waitDial()
	if err := s.listener.(*net.TCPListener).SetDeadline(time.Now().Add(patience)); err != nil {
		s.t.Fatal(err)
	}
	conn, err := s.listener.Accept()
	if err != nil {
		s.t.Fatalf("our node does not dial: %v; peers: %+v", err, s.node.Peers())
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// waitDial lets time pass until our node dials, and not a moment longer.
func (s *stage) waitDial() {
	s.t.Helper()
	eventually(s.t, "our node to dial", func() bool {
		if s.node.Stats().Dials > s.dials {
			return true
		}
		s.clock.Add(dialStep)
		return false
	})
	s.dials++
}

// admit is accept, and serving our node as an original does: after a JOIN, and from
// then on by its name.
func (s *stage) admit() *oldLink {
	s.t.Helper()
	l := s.accept()
	if !s.serves {
		if network := l.wantJoin(); string(network) != oldNetwork {
			s.t.Fatalf("JOIN for %q, want %q", network, oldNetwork)
		}
		l.say("STAY", nil)
		s.serves = true
	}
	l.say("TOCK", l.want("TICK"))
	waitPeers(s.t, s.node, 1)
	return l
}

// raise does the handshake.
func (s *stage) raise(conn net.Conn, engine *zmtp.Conn) *oldLink {
	s.t.Helper()
	s.t.Cleanup(func() { _ = conn.Close() })
	l := &oldLink{t: s.t, conn: conn, engine: engine}
	l.write(l.asRouter(l.engine.Start(nil)))
	for !l.engine.Up() {
		got, err := l.receive()
		switch {
		case err != nil:
			s.t.Fatalf("handshake: %v", err)
		case got.Kind == zmtp.Knock:
			l.write(l.asRouter(l.engine.Admit(0, nil, true)))
		}
	}
	return l
}

func entropy() *zmtp.Entropy {
	e := new(zmtp.Entropy)
	_, _ = rand.Read(e[:]) // never fails
	return e
}
