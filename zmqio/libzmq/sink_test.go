//go:build cgo && libzmq

package libzmq

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	zmq "github.com/pebbe/zmq4"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test waits for something that should happen at once.
const patience = 20 * time.Second

// report is one thing that a transport told its sink.
type report struct {
	what    string // up, lost, frame, malformed, fail
	link    core.Link
	name    string
	cause   core.Cause
	command string
	payload string
}

func (r report) String() string {
	return fmt.Sprintf("%s %v %q %v %s %d bytes", r.what, r.link, r.name, r.cause, r.command, len(r.payload))
}

// node is a transport under test, and the sink it reports to: it passes every
// report on to the test, and performs what react decides when it lets go.
type node struct {
	t          testing.TB
	mu         sync.Mutex
	transport  *carrier
	name       string
	reports    chan report
	linkN      uint64
	dialN      uint64
	react      func(report) // runs with ownership, before Unlock lets go; may be nil
	todo       []report
	keys       keys
	bound      string // the address of listen
	turnedAway atomic.Int64
}

type keys struct{ public, secret string }

func newKeys(t testing.TB) keys {
	t.Helper()
	public, secret, err := zmq.NewCurveKeypair()
	if err != nil {
		t.Fatal(err)
	}
	return keys{public, secret}
}

// testConfig is a plaintext configuration; with keys it is one for CURVE.
func testConfig(name string, k keys) zmqio.TransportConfig {
	cfg := zmqio.TransportConfig{
		Name:              name,
		PayloadBytesMax:   1 << 20,
		SendQueueMax:      1000,
		HandshakeTimeout:  5 * time.Second,
		HeartbeatInterval: 4 * time.Second,
		HeartbeatTimeout:  8 * time.Second,
		Linger:            50 * time.Millisecond,
		Clock:             clock.New(),
		Logger:            slog.New(slog.DiscardHandler),
	}
	if k.public != "" {
		cfg.Name, cfg.Curve = k.public, true
		copy(cfg.PublicKey[:], zmq.Z85decode(k.public))
		copy(cfg.SecretKey[:], zmq.Z85decode(k.secret))
	}
	return cfg
}

// startNode starts a node with cfg, which lives until the test ends.
func startNode(t testing.TB, cfg zmqio.TransportConfig) *node {
	t.Helper()
	n := &node{t: t, name: cfg.Name, reports: make(chan report, 100_000)}
	var err error
	if n.transport, err = newCarrier(n, cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.close() })
	return n
}

// start is startNode for a plaintext node of that name, or for a CURVE node.
func start(t testing.TB, name string, curve bool) *node {
	t.Helper()
	var k keys
	if curve {
		k = newKeys(t)
	}
	n := startNode(t, testConfig(name, k))
	n.keys = k
	return n
}

func (n *node) close() {
	if n.transport == nil {
		return
	}
	begun := time.Now()
	if err := n.transport.Close(50 * time.Millisecond); err != nil {
		n.t.Errorf("close: %v", err)
	}
	if d := time.Since(begun); d > 5*time.Second {
		n.t.Errorf("close took %v with a linger of 50ms", d)
	}
	n.transport = nil
}

func (n *node) Lock() { n.mu.Lock() }

func (n *node) UnlockAndDispatch() {
	for _, r := range n.todo {
		n.react(r)
	}
	n.todo = n.todo[:0]
	n.mu.Unlock()
}

func (n *node) tell(r report) {
	if n.react != nil {
		n.todo = append(n.todo, r)
		return
	}
	n.reports <- r
}

func (n *node) NextLink() core.Link {
	n.linkN++
	return core.Link{Half: core.Listening, N: n.linkN}
}

func (n *node) LinkUp(l core.Link, name string) { n.tell(report{what: "up", link: l, name: name}) }

func (n *node) LinkLost(l core.Link, name string, cause core.Cause) {
	n.tell(report{what: "lost", link: l, name: name, cause: cause})
}

func (n *node) Frame(l core.Link, name string, command, payload []byte, _ bool) {
	n.tell(report{what: "frame", link: l, name: name, command: string(command), payload: string(payload)})
}

func (n *node) TurnedAway() { n.turnedAway.Add(1) }

func (n *node) Malformed(l core.Link, name string) {
	n.tell(report{what: "malformed", link: l, name: name})
}

func (n *node) Fail(err error) { n.reports <- report{what: "fail", payload: err.Error()} }

// listen listens on a wildcard port of loopback.
func (n *node) listen() string {
	n.t.Helper()
	n.Lock()
	defer n.UnlockAndDispatch()
	address, err := n.transport.Listen("tcp://127.0.0.1:*")
	if err != nil {
		n.t.Fatal(err)
	}
	n.bound = address
	return address
}

// dial dials a node, and returns the link before it is up.
func (n *node) dial(name, address string) core.Link {
	n.Lock()
	defer n.UnlockAndDispatch()
	n.dialN++
	link := core.Link{Half: core.Dialling, N: n.dialN}
	n.transport.Dial(link, name, address)
	return link
}

func (n *node) hangUp(l core.Link) {
	n.Lock()
	defer n.UnlockAndDispatch()
	n.transport.HangUp(l)
}

func (n *node) trySend(l core.Link, c core.Command, payload string) error {
	n.Lock()
	err := n.transport.Send(l, c, nil, []byte(payload))
	n.UnlockAndDispatch()
	n.transport.Flush()
	return err
}

func (n *node) send(l core.Link, c core.Command, payload string) {
	n.t.Helper()
	if err := n.trySend(l, c, payload); err != nil {
		n.t.Fatalf("send %v on %v: %v", c, l, err)
	}
}

// next returns the next report, and fails the test if none comes.
func (n *node) next() report {
	n.t.Helper()
	select {
	case r := <-n.reports:
		return r
	case <-time.After(patience):
		n.t.Fatalf("%q: nothing was reported for %v", n.name, patience)
		panic("unreachable")
	}
}

// want checks what the next report is, and returns it.
func (n *node) want(what, name string) report {
	n.t.Helper()
	r := n.next()
	if r.what != what || r.name != name {
		n.t.Fatalf("%q: reported %v, want %s of %q", n.name, r, what, name)
	}
	return r
}

// wantFrame checks that the next report is that frame.
func (n *node) wantFrame(name string, c core.Command, payload string) report {
	n.t.Helper()
	r := n.want("frame", name)
	if r.command != c.String() || r.payload != payload {
		n.t.Fatalf("%q: frame %s %q, want %v %q", n.name, r.command, r.payload, c, payload)
	}
	return r
}

// wantLost checks that the next report is the end of link l.
func (n *node) wantLost(l core.Link, cause core.Cause) {
	n.t.Helper()
	if r := n.next(); r.what != "lost" || r.link != l || r.cause != cause {
		n.t.Fatalf("%q: reported %v, want %v lost because of %v", n.name, r, l, cause)
	}
}

// wantNothing checks that nothing has been reported, after a round trip that
// proves that everything sent before had its chance.
func (n *node) wantNothing() {
	n.t.Helper()
	select {
	case r := <-n.reports:
		n.t.Fatalf("%q: reported %v, want nothing", n.name, r)
	default:
	}
}

// dialUp dials a and waits until the link is up.
func (n *node) dialUp(a *node) core.Link {
	n.t.Helper()
	link := n.dial(a.name, a.bound)
	n.want("up", a.name)
	return link
}
