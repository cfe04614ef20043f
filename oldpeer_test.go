package bilateralrpc_test

import (
	"bytes"
	"crypto/rand"
	"errors"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// A stage is one of our nodes and an old peer whose part a test plays, frame by
// frame, over TCP. Nothing reads or writes the old peer's connections but the
// test itself, so what it does not expect can't be missed.
type stage struct {
	t         *testing.T
	tr        transportCase
	node      *bilateralrpc.Bilateral
	name, old string // ours, and the old peer's
	keys      *zmtp.Keys
	nodeKey   [zmtp.KeyBytes]byte
	listener  net.Listener // the old peer's
}

// oldNetwork is the network of the golden records.
const oldNetwork = "net one"

// eachStage runs a play on every transport of sockets, in plaintext and with CURVE.
// In plaintext the names are "ours" and "py". Plays spend their time waiting, so
// all run at once.
func eachStage(t *testing.T, timing core.Timing, play func(*stage)) {
	t.Parallel()
	for _, tr := range transportCases {
		if !strings.HasPrefix(tr.wildcard, "tcp:") {
			continue
		}
		for _, mechanism := range []string{"null", "curve"} {
			t.Run(tr.name+"/"+mechanism, func(t *testing.T) {
				if !tr.available {
					t.Skipf("%s is not built in", tr.name)
				}
				t.Parallel()
				play(newStage(t, tr, mechanism == "curve", timing))
			})
		}
	}
}

func newStage(t *testing.T, tr transportCase, curve bool, timing core.Timing) *stage {
	t.Helper()
	s := &stage{t: t, tr: tr, name: "ours", old: "py"}
	// Without heartbeats a connection is silent while the test thinks.
	config := bilateralrpc.Config{Network: oldNetwork, Transport: tr.transport, Timing: timing, HeartbeatInterval: -1}
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

func rawKey(t *testing.T, text string) (key [zmtp.KeyBytes]byte) {
	t.Helper()
	raw, err := z85.Decode(text)
	if err != nil || copy(key[:], raw) != len(key) {
		t.Fatalf("not a key: %q (%v)", text, err)
	}
	return key
}

// oldLink is the old peer's end of one connection.
type oldLink struct {
	t      *testing.T
	conn   net.Conn
	engine *zmtp.Conn
	in     []byte // read and not used yet
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

// admit is accept, and serving our node as an original does that knows it: it
// takes JOIN or TICK for a reason to serve.
func (s *stage) admit() *oldLink {
	s.t.Helper()
	l := s.accept()
	command, payload := l.next()
	if command == "JOIN" {
		if string(payload) != oldNetwork {
			s.t.Fatalf("JOIN for %q, want %q", payload, oldNetwork)
		}
		l.say("STAY", nil)
		payload = l.want("TICK")
	} else if command != "TICK" {
		s.t.Fatalf("our node begins with %s, want JOIN or TICK", command)
	}
	l.say("TOCK", payload)
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

// asRouter makes what our engine says of its socket what an original says: both
// of its sockets are ROUTERs. With CURVE the metadata is sealed, and stays.
func (l *oldLink) asRouter(handshake []byte) []byte {
	return bytes.Replace(handshake, []byte("\x06DEALER"), []byte("\x06ROUTER"), 1)
}

func (l *oldLink) write(b []byte) {
	l.t.Helper()
	if len(b) == 0 {
		return
	}
	if err := l.conn.SetWriteDeadline(time.Now().Add(patience)); err != nil {
		l.t.Fatal(err)
	}
	if _, err := l.conn.Write(b); err != nil {
		l.t.Fatalf("writing to our node: %v", err)
	}
}

// receive reads until there is something to tell.
func (l *oldLink) receive() (zmtp.Input, error) {
	l.t.Helper()
	for {
		up := l.engine.Up()
		got, out, err := l.engine.Receive(0, nil, l.in)
		if up {
			out = l.engine.Sealer().Seal(nil, out, nil)
		} else {
			out = l.asRouter(out)
		}
		l.write(out)
		if err != nil {
			return got, err
		}
		got.Payload = bytes.Clone(got.Payload)
		if l.in = l.in[got.N:]; got.Kind != zmtp.None {
			return got, nil
		}
		if err := l.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
			return got, err
		}
		more := make([]byte, 64<<10)
		n, err := l.conn.Read(more)
		if l.in = append(l.in, more[:n]...); n == 0 && err != nil {
			return got, err
		}
	}
}

// next returns the next message of our node.
func (l *oldLink) next() (command string, payload []byte) {
	l.t.Helper()
	got, err := l.receive()
	if err != nil {
		l.t.Fatalf("waiting for a message of our node: %v", err)
	}
	if got.Kind != zmtp.Message {
		l.t.Fatalf("our node sent what is no message of two frames")
	}
	return string(got.Command.Bytes()), got.Payload
}

// want returns the payload of the next message, which must have the command.
func (l *oldLink) want(command string) []byte {
	l.t.Helper()
	got, payload := l.next()
	if got != command {
		l.t.Fatalf("our node says %s %q, want %s", got, payload, command)
	}
	return payload
}

// say sends a message.
func (l *oldLink) say(command string, payload []byte) {
	l.t.Helper()
	l.sayFrames(zmtp.AppendMessage(nil, command, nil, payload))
}

// sayFrames sends frames as ZMTP has them.
func (l *oldLink) sayFrames(frames []byte) {
	l.t.Helper()
	l.write(l.engine.Sealer().Seal(nil, frames, nil))
}

// wantTock waits for the answer to a TICK, before which nothing may come: our
// node has nothing else to say, or had not when the TICK arrived.
func (l *oldLink) wantTock(payload string) {
	l.t.Helper()
	l.say("TICK", []byte(payload))
	if got := l.want("TOCK"); string(got) != payload {
		l.t.Errorf("TOCK %q, want the echo of %q", got, payload)
	}
}

// wantNumberedTock is wantTock with a number.
func (l *oldLink) wantNumberedTock(n uint32) {
	l.t.Helper()
	l.wantTock(strconv.Itoa(int(n)))
}

// wantAnswer is wantTock for a link that our node dialled: what nobody can run is
// answered at once.
func (l *oldLink) wantAnswer(id uint32) {
	l.t.Helper()
	l.say("CALL", core.AppendPayload(nil, &core.Action{Command: core.CALL, ID: id}))
	p, _, _ := core.ParsePayload(core.BACK, l.want("BACK"))
	if p.ID != id || len(p.Err) == 0 {
		l.t.Errorf("BACK %+v, want an error for id %d", p, id)
	}
}

// wantGone waits for our node to hang up, without another word.
func (l *oldLink) wantGone() {
	l.t.Helper()
	got, err := l.receive()
	switch {
	case err == nil:
		l.t.Fatalf("our node says %s %q, want it to hang up", got.Command.Bytes(), got.Payload)
	case errors.Is(err, os.ErrDeadlineExceeded):
		l.t.Fatalf("our node does not hang up within %v", patience)
	}
}

// close cuts the connection.
func (l *oldLink) close() { _ = l.conn.Close() }
