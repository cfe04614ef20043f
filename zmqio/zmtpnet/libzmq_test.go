//go:build cgo && libzmq

package zmtpnet

import (
	"fmt"
	"syscall"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// theirs is a socket of libzmq, the other end of these tests. One goroutine
// uses it at a time.
type theirs struct {
	t      *testing.T
	ctx    *zmq.Context
	socket *zmq.Socket
	router bool
	name   string // the name under which we know it
	public string
	secret string
}

// newAnonymous makes a socket of kind without identity or keys. It lives until
// the test ends.
func newAnonymous(t *testing.T, kind zmq.Type) *theirs {
	t.Helper()
	ctx, err := zmq.NewContext()
	z := &theirs{t: t, ctx: ctx, router: kind == zmq.ROUTER, name: "theirs"}
	if err == nil {
		z.socket, err = ctx.NewSocket(kind)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(z.close)
	z.must(z.socket.SetLinger(0))
	if z.router {
		z.must(z.socket.SetRouterMandatory(1))
	}
	return z
}

// newTheirs makes a socket that claims an identity; with curve it has keys, and
// is a CURVE server where server says so.
func newTheirs(t *testing.T, kind zmq.Type, curve, server bool) *theirs {
	t.Helper()
	z := newAnonymous(t, kind)
	z.must(z.socket.SetIdentity(z.name))
	if !curve {
		return z
	}
	var err error
	z.public, z.secret, err = zmq.NewCurveKeypair()
	z.must(err)
	z.name = z.public
	if server {
		z.must(z.socket.SetCurveServer(1))
	}
	z.must(z.socket.SetCurvePublickey(z.public))
	z.must(z.socket.SetCurveSecretkey(z.secret))
	return z
}

func (z *theirs) must(err error) {
	z.t.Helper()
	if err != nil {
		z.t.Fatal(err)
	}
}

func (z *theirs) close() {
	if z.socket != nil {
		z.must(z.socket.Close())
		z.must(z.ctx.Term())
		z.socket = nil
	}
}

func (z *theirs) bind() string {
	z.t.Helper()
	z.must(z.socket.Bind("tcp://127.0.0.1:*"))
	address, err := z.socket.GetLastEndpoint()
	z.must(err)
	return address
}

// connect connects to a node of ours.
func (z *theirs) connect(n *node) {
	z.t.Helper()
	z.connectTo(n.Name, n.Bound)
}

// connectTo connects to address, where the node called name should be.
func (z *theirs) connectTo(name, address string) {
	z.t.Helper()
	if z.public != "" {
		z.must(z.socket.SetCurveServerkey(name))
	}
	z.must(z.socket.Connect(address))
}

// trySend sends one message without waiting. It returns false if that has to
// be tried again: no room, no peer yet, or a signal.
func (z *theirs) trySend(to, command, payload string) bool {
	z.t.Helper()
	parts := []any{command, payload}
	if z.router {
		parts = []any{to, command, payload}
	}
	_, err := z.socket.SendMessageDontwait(parts...)
	switch {
	case err == nil:
		return true
	case again(err) || zmq.AsErrno(err) == zmq.EHOSTUNREACH:
		return false
	}
	z.t.Fatalf("libzmq: send: %v", err)
	return false
}

func again(err error) bool {
	errno := zmq.AsErrno(err)
	return errno == zmq.Errno(syscall.EAGAIN) || errno == zmq.Errno(syscall.EINTR)
}

func (z *theirs) send(to, command, payload string) {
	z.t.Helper()
	for deadline := time.Now().Add(patience); !z.trySend(to, command, payload); {
		if time.Now().After(deadline) {
			z.t.Fatal("libzmq: can't send")
		}
		z.poll(zmq.POLLIN)
	}
}

// poll waits a moment for something to happen.
func (z *theirs) poll(events zmq.State) {
	poller := zmq.NewPoller()
	poller.Add(z.socket, events)
	_, _ = poller.Poll(time.Millisecond)
}

// tryReceive receives one message, if there is one, and checks its form.
func (z *theirs) tryReceive() (from, command, payload string, ok bool) {
	z.t.Helper()
	parts, err := z.socket.RecvMessageBytes(zmq.DONTWAIT)
	switch {
	case err == nil:
	case again(err):
		return "", "", "", false
	default:
		z.t.Fatalf("libzmq: receive: %v", err)
	}
	if z.router {
		from, parts = string(parts[0]), parts[1:]
	}
	if len(parts) != 2 {
		z.t.Fatalf("libzmq: a message of %d frames", len(parts))
	}
	return from, string(parts[0]), string(parts[1]), true
}

// wantMessage checks what arrives next. It returns the routing id it came with.
func (z *theirs) wantMessage(command, payload string) string {
	z.t.Helper()
	for deadline := time.Now().Add(patience); ; z.poll(zmq.POLLIN) {
		from, gotCommand, got, ok := z.tryReceive()
		switch {
		case ok && (gotCommand != command || got != payload):
			z.t.Fatalf("libzmq: received %s with %d bytes, want %s with %d", gotCommand, len(got), command, len(payload))
		case ok:
			return from
		case time.Now().After(deadline):
			z.t.Fatalf("libzmq: nothing received for %v", patience)
		}
	}
}

// meet links a node of ours and a socket of theirs: theirs binds or connects.
func meet(t *testing.T, kind zmq.Type, curve, theyBind bool, alter ...func(*zmqio.TransportConfig)) (n *node, link core.Link, z *theirs) {
	t.Helper()
	n, z = start(t, "ours", curve, alter...), newTheirs(t, kind, curve, theyBind)
	if theyBind {
		link = n.Dial(z.name, z.bind())
		n.wantUp(z.name)
		return n, link, z
	}
	n.listen()
	z.connect(n)
	return n, n.wantUp(z.name), z
}

// eachMeeting runs a story with every kind of socket, both ways of meeting, and
// both mechanisms.
func eachMeeting(t *testing.T, story func(t *testing.T, kind zmq.Type, curve, theyBind bool)) {
	t.Helper()
	for _, kind := range []zmq.Type{zmq.ROUTER, zmq.DEALER} {
		for _, theyBind := range []bool{false, true} {
			for _, curve := range []bool{false, true} {
				t.Run(fmt.Sprintf("%v, bind %v, curve %v", kind, theyBind, curve), func(t *testing.T) {
					t.Parallel()
					story(t, kind, curve, theyBind)
				})
			}
		}
	}
}

// A thousand messages each way at once, of every length, in order and unaltered.
func TestLibzmqThousandMessagesEachWay(t *testing.T) {
	t.Parallel()
	eachMeeting(t, func(t *testing.T, kind zmq.Type, curve, theyBind bool) {
		n, link, z := meet(t, kind, curve, theyBind)
		const messages = 1000
		done := make(chan bool)
		go func() {
			defer close(done)
			for i := range messages {
				n.Send(link, core.CALL, transporttest.Bytes(i, transporttest.LengthOf(i)))
			}
		}()
		sent, received := 0, 0
		for deadline := time.Now().Add(patience); sent < messages || received < messages; {
			if time.Now().After(deadline) {
				t.Fatalf("%d sent and %d received after %v", sent, received, patience)
			}
			progress := false
			if sent < messages && z.trySend(n.Name, "BACK", transporttest.Bytes(-sent, transporttest.LengthOf(sent))) {
				sent, progress = sent+1, true
			}
			if _, command, payload, ok := z.tryReceive(); ok {
				if command != "CALL" || string(payload) != string(transporttest.Bytes(received, transporttest.LengthOf(received))) {
					t.Fatalf("message %d: %s with %d bytes", received, command, len(payload))
				}
				received, progress = received+1, true
			}
			if !progress {
				z.poll(zmq.POLLIN)
			}
		}
		<-done
		for i := range messages {
			n.wantFrame(z.name, core.BACK, transporttest.Bytes(-i, transporttest.LengthOf(i)))
		}
	})
}

// Every boundary length with the header in front, both ways, one after another.
func TestLibzmqEveryLength(t *testing.T) {
	t.Parallel()
	eachMeeting(t, func(t *testing.T, kind zmq.Type, curve, theyBind bool) {
		n, link, z := meet(t, kind, curve, theyBind)
		for _, length := range append(transporttest.Lengths(), 2<<20) {
			n.Send(link, core.CALL, transporttest.Bytes(length, length))
			z.wantMessage("CALL", transporttest.Bytes(length, length))
			z.send(n.Name, "BACK", transporttest.Bytes(length, length))
			n.wantFrame(z.name, core.BACK, transporttest.Bytes(length, length))
		}
	})
}

// What is not a command and a payload is passed over, and the link lives.
func TestLibzmqMalformed(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		n, _, z := meet(t, zmq.DEALER, curve, false)
		for _, parts := range [][]any{{"JOIN"}, {"CALL", "a", "b"}, {"", "", "", ""}, {"CALL", transporttest.Bytes(1, 100_000), "x"}} {
			_, err := z.socket.SendMessage(parts...)
			z.must(err)
			n.Want(transporttest.Malformed, z.name)
		}
		z.send("", "TICK", "x")
		n.wantFrame(z.name, core.TICK, "x")
	})
}
