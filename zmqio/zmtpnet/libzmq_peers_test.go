//go:build cgo && libzmq

package zmtpnet

import (
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// Identities are any bytes but those that start with zero, up to 255 of them.
func TestLibzmqIdentities(t *testing.T) {
	t.Parallel()
	for _, identity := range []string{"\x01\x00\xff\x80", strings.Repeat("\xfe", 255), " ", "x\x00"} {
		// Theirs to us.
		n, z := start(t, "ours", false).listen(), newTheirs(t, zmq.DEALER, false, false)
		z.must(z.socket.SetIdentity(identity))
		z.connect(n)
		n.wantUp(identity)
		// Ours to them.
		m, r := start(t, identity, false), newTheirs(t, zmq.ROUTER, false, true)
		link := m.Dial("theirs", r.bind())
		m.wantUp("theirs")
		m.Send(link, core.TICK, "")
		if got := r.wantMessage("TICK", ""); got != identity {
			t.Errorf("libzmq sees %q, want %q", got, identity)
		}
	}
}

// A Unix socket of theirs and one of ours find each other, in either direction.
func TestLibzmqIPC(t *testing.T) {
	t.Parallel()
	address := "ipc://" + filepath.Join(t.TempDir(), "s")
	n, z := start(t, "ours", false).listenOn(address), newTheirs(t, zmq.DEALER, false, false)
	z.connect(n)
	n.Send(n.wantUp("theirs"), core.TICK, "x")
	z.wantMessage("TICK", "x")

	m, r := start(t, "ours", false), newTheirs(t, zmq.ROUTER, false, true)
	r.must(r.socket.Bind(address + "2"))
	link := m.Dial("theirs", address+"2")
	m.wantUp("theirs")
	m.Send(link, core.TICK, "y")
	r.wantMessage("TICK", "y")
}

// A socket without an identity has no name to be known by, and is refused.
func TestLibzmqAnonymous(t *testing.T) {
	t.Parallel()
	n, z := start(t, "ours", false).listen(), newAnonymous(t, zmq.DEALER)
	failed := z.monitor(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
	z.connect(n)
	failed()
	n.WantNothing()
}

// monitor watches for an event of the socket; the function it returns waits for it.
func (z *theirs) monitor(event zmq.Event) (wait func()) {
	z.t.Helper()
	z.must(z.socket.Monitor("inproc://monitor", event))
	m, err := z.ctx.NewSocket(zmq.PAIR)
	z.must(err)
	z.must(m.SetLinger(0))
	z.must(m.SetRcvtimeo(patience))
	z.must(m.Connect("inproc://monitor"))
	return func() {
		z.t.Helper()
		for {
			_, _, _, err := m.RecvEvent(0)
			if err != nil && again(err) && zmq.AsErrno(err) != zmq.Errno(0) {
				continue
			}
			if err != nil {
				z.t.Errorf("libzmq did not report %v: %v", event, err)
			}
			break
		}
		z.must(m.Close())
	}
}

// With CURVE a peer is its key, whatever identity it claims.
func TestLibzmqNameIsTheKey(t *testing.T) {
	t.Parallel()
	n := start(t, "", true).listen()
	for range 2 { // two connections of different keys, one claim
		z := newTheirs(t, zmq.DEALER, true, false)
		z.must(z.socket.SetIdentity(n.Name))
		z.connect(n)
		n.wantUp(z.public)
	}
}

// NULL and CURVE never meet, in either direction.
func TestLibzmqMechanismsNeverMix(t *testing.T) {
	t.Parallel()
	for _, weCurve := range []bool{false, true} {
		n := start(t, "ours", weCurve).listen()
		z := newTheirs(t, zmq.DEALER, !weCurve, false)
		failed := z.monitor(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_DISCONNECTED)
		if weCurve {
			z.connectTo("", n.Bound)
		} else {
			z.connectTo(z.public, n.Bound)
		}
		failed()
		n.WantNothing()

		z = newTheirs(t, zmq.ROUTER, !weCurve, true)
		name := z.name
		if weCurve {
			name = newKeyName(t)
		}
		link := n.Dial(name, z.bind())
		n.WantLost(link, core.CauseHandshake)
	}
}

func TestLibzmqWrongKey(t *testing.T) {
	t.Parallel()
	n := start(t, "", true).listen()
	other := newKeyName(t)
	z := newTheirs(t, zmq.DEALER, true, false)
	failed := z.monitor(zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_DISCONNECTED)
	z.connectTo(other, n.Bound)
	failed()
	n.WantNothing()

	z = newTheirs(t, zmq.ROUTER, true, true)
	n.WantLost(n.Dial(other, z.bind()), core.CauseHandshake)
}

// A peer that is refused hears of it, in either direction, and libzmq gives up then.
func TestLibzmqAdmission(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		n := start(t, "ours", curve, func(c *zmqio.TransportConfig) {
			c.Admit = func(string, string) bool { return false }
		}).listen()
		z := newTheirs(t, zmq.DEALER, curve, false)
		failed := z.monitor(zmq.EVENT_HANDSHAKE_FAILED_AUTH)
		z.connect(n)
		failed()
		n.WantNothing()

		z = newTheirs(t, zmq.ROUTER, curve, true)
		z.refuseAll()
		z.must(z.socket.SetZapDomain("test"))
		n.WantLost(n.Dial(z.name, z.bind()), core.CauseHandshake)
	})
}

// refuseAll answers every authentication request of the socket's context with 400.
func (z *theirs) refuseAll() {
	z.t.Helper()
	zap, err := z.ctx.NewSocket(zmq.REP)
	z.must(err)
	z.must(zap.SetLinger(0))
	z.must(zap.Bind("inproc://zeromq.zap.01"))
	z.must(zap.SetRcvtimeo(10 * time.Millisecond))
	stop := make(chan bool)
	var wg sync.WaitGroup
	wg.Add(1)
	go func() {
		defer wg.Done()
		defer zap.Close()
		for {
			if request, err := zap.RecvMessage(0); err == nil {
				_, _ = zap.SendMessage("1.0", request[1], "400", "no", "", "")
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	z.t.Cleanup(func() { close(stop); wg.Wait() })
}

// Heartbeats of either end are answered by the other, and keep an idle link up.
func TestLibzmqHeartbeats(t *testing.T) {
	t.Parallel()
	const interval, timeout = 10 * time.Millisecond, 30 * time.Second
	eachMeeting(t, func(t *testing.T, kind zmq.Type, curve, theyBind bool) {
		for _, ours := range []bool{false, true} {
			n := start(t, "ours", curve, func(c *zmqio.TransportConfig) {
				if c.HeartbeatInterval = 0; ours {
					c.HeartbeatInterval, c.HeartbeatTimeout = interval, timeout
				}
			})
			z := newTheirs(t, kind, curve, theyBind)
			if !ours {
				z.must(z.socket.SetHeartbeatIvl(interval))
				z.must(z.socket.SetHeartbeatTimeout(timeout))
				z.must(z.socket.SetHeartbeatTtl(timeout))
			}
			var r *relay.Relay
			var link core.Link
			if theyBind {
				r = relay.New(t, z.bind())
				link = n.Dial(z.name, r.Address())
			} else {
				r = relay.New(t, n.listen().Bound)
				z.connectTo(n.Name, r.Address())
			}
			if up := n.wantUp(z.name); !theyBind {
				link = up
			}
			if !r.Wait(40, patience) { // a PING one way, a PONG the other: nobody sends anything else
				t.Fatal("too little passes on an idle link: no heartbeats")
			}
			n.Send(link, core.TICK, "")
			z.wantMessage("TICK", "")
			n.WantNothing()
		}
	})
}

// A peer that goes is noticed, and one that comes back is let in again.
func TestLibzmqReconnect(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		// They go, and come back.
		n, link, z := meet(t, zmq.DEALER, curve, false)
		z.close()
		n.WantLost(link, core.CauseLost)
		z = newTheirs(t, zmq.DEALER, curve, false)
		z.connect(n)
		n.wantUp(z.name)
		z.send("", "TICK", "")
		n.wantFrame(z.name, core.TICK, "")
		// We go, and come back: libzmq dials again by itself.
		bound := n.Bound
		keys := n.Keys
		n.Close(0)
		n = start(t, "ours", curve, func(c *zmqio.TransportConfig) {
			if curve {
				*c = transporttest.NewConfig("", keys)
			}
		})
		n.listenOn(bound)
		n.wantUp(z.name)
		z.send("", "TICK", "")
		n.wantFrame(z.name, core.TICK, "")
	})
}

// A socket of theirs that listens goes and comes back: we are told, and dial again.
func TestLibzmqListenerRestarts(t *testing.T) {
	t.Parallel()
	n := start(t, "ours", false)
	z := newTheirs(t, zmq.ROUTER, false, true)
	address := z.bind()
	link := n.Dial(z.name, address)
	n.wantUp(z.name)
	z.close()
	n.WantLost(link, core.CauseLost)
	n.WantLost(n.Dial(z.name, address), core.CauseUnreachable)
	z = newTheirs(t, zmq.ROUTER, false, true)
	z.must(z.socket.Bind(address))
	n.Dial(z.name, address)
	n.wantUp(z.name)
}

// Two connections that claim one identity are two links to us; a ROUTER of
// libzmq that hands over talks to the newer of ours.
func TestLibzmqHandover(t *testing.T) {
	t.Parallel()
	n := start(t, "ours", false).listen()
	first, second := newTheirs(t, zmq.DEALER, false, false), newTheirs(t, zmq.DEALER, false, false)
	first.connect(n)
	link := n.wantUp("theirs")
	second.connect(n)
	if n.wantUp("theirs") == link {
		t.Fatal("two connections are one link")
	}
	n.Send(link, core.TICK, "first")
	first.wantMessage("TICK", "first")

	z := newTheirs(t, zmq.ROUTER, false, true)
	z.must(z.socket.SetRouterHandover(true))
	address := z.bind()
	for _, payload := range []string{"old", "new"} {
		link := n.Dial("theirs", address)
		n.wantUp("theirs")
		n.Send(link, core.TICK, payload)
		z.wantMessage("TICK", payload)
		z.send("ours", "TOCK", payload)
		for r := n.Next(); ; r = n.Next() {
			if r.Kind == transporttest.Lost {
				continue // libzmq closes the older one
			}
			if r.Link != link || r.Payload != payload {
				t.Fatalf("reported %v, want the TOCK on %v", r, link)
			}
			break
		}
	}
}

// A socket of theirs that does not read pushes back on us, and then gets
// everything in order; a node of ours that does not think pushes back on them.
func TestLibzmqBackPressure(t *testing.T) {
	t.Parallel()
	n := start(t, "ours", false, func(c *zmqio.TransportConfig) { c.SendQueueMax = 100 }).listen()
	z := newTheirs(t, zmq.DEALER, false, false)
	z.must(z.socket.SetRcvhwm(10))
	z.must(z.socket.SetSndhwm(10))
	z.connect(n)
	link := n.wantUp(z.name)
	sent := 0
	for ; n.TrySend(link, core.CALL, transporttest.Bytes(sent, 30_000)) == nil; sent++ {
		if sent > 10_000 {
			t.Fatal("nothing ever pushes back")
		}
	}
	for i := range sent {
		z.wantMessage("CALL", transporttest.Bytes(i, 30_000))
	}
	n.Lock() // its reader waits from here on
	back := 0
	for ; z.trySend("", "BACK", transporttest.Bytes(back, 30_000)); back++ {
		if back > 10_000 {
			t.Error("nothing ever pushes back on libzmq")
			break
		}
	}
	n.UnlockAndDispatch()
	for i := range back {
		n.wantFrame(z.name, core.BACK, transporttest.Bytes(i, 30_000))
	}
}

// Our greeting is libzmq's, byte for byte, but for the length of the identity that
// it shows to peers of ZMTP 1: its as-server is zero in both roles.
func TestLibzmqGreeting(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		n := start(t, "ours", curve)
		want := zmtp.Accept(&n.carrier().engine, entropy(), 0).Start(nil)
		want[8] = byte(len("theirs") + 1)
		check := func(conn net.Conn, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(patience))
			got := make([]byte, len(want))
			if _, err := conn.Write(want); err != nil {
				t.Fatal(err)
			}
			if _, err := io.ReadFull(conn, got); err != nil || string(got) != string(want) {
				t.Errorf("libzmq greets with %x, %v\nours is           %x", got, err, want)
			}
		}
		z := newTheirs(t, zmq.ROUTER, curve, true)
		check(net.Dial("tcp", strings.TrimPrefix(z.bind(), "tcp://")))
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer listener.Close()
		z = newTheirs(t, zmq.DEALER, curve, false)
		z.connectTo(n.Name, "tcp://"+listener.Addr().String())
		check(listener.Accept())
	})
}
