package zmtpnet

import (
	"crypto/rand"
	"fmt"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// childAddress is the variable that makes the test binary a peer in a process of
// its own, which dials that address.
const childAddress = "ZMTPNET_TEST_CHILD"

// childMain is what such a process does, where this build can do it.
var childMain func(address string)

func TestMain(m *testing.M) {
	if address := os.Getenv(childAddress); address != "" && childMain != nil {
		childMain(address)
		return
	}
	goleak.VerifyTestMain(m)
}

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
	keep    bool
}

func (r report) String() string {
	return fmt.Sprintf("%s of %v to %q, cause %v, %s with %d bytes", r.what, r.link, r.name, r.cause, r.command, len(r.payload))
}

// node is a transport under test, and its sink: reports go to the test, or to
// react, which may send and hang up while it owns the node.
type node struct {
	t         testing.TB
	transport *carrier
	name      string
	keys      *zmtp.Keys
	reports   chan report
	react     func(report)
	frame     func(core.Link, []byte) // takes frames instead, without a copy
	bound     string

	mu         sync.Mutex
	accepted   uint64
	dialled    uint64
	turnedAway atomic.Int64
}

// testConfig is a plaintext configuration; with keys it is one for CURVE.
func testConfig(name string, keys *zmtp.Keys) zmqio.TransportConfig {
	cfg := zmqio.TransportConfig{
		Name: name, PayloadBytesMax: 4 << 20, SendQueueMax: 10_000,
		HandshakeTimeout: 10 * time.Second, HeartbeatInterval: 4 * time.Second, HeartbeatTimeout: 8 * time.Second,
		Linger: time.Second, Clock: clock.New(),
	}
	if keys != nil {
		cfg.Curve, cfg.PublicKey, cfg.SecretKey, cfg.Name = true, keys.Public, keys.Secret, keyName(&keys.Public)
	}
	return cfg
}

func newKeys() *zmtp.Keys {
	k := new(zmtp.Keys)
	_, _ = rand.Read(k.Secret[:])
	k.Public = zmtp.PublicKey(&k.Secret)
	return k
}

// start starts a node that lives until the test ends, with its configuration
// altered by each of alter.
func start(t testing.TB, name string, curve bool, alter ...func(*zmqio.TransportConfig)) *node {
	t.Helper()
	var keys *zmtp.Keys
	if curve {
		keys = newKeys()
	}
	cfg := testConfig(name, keys)
	for _, a := range alter {
		a(&cfg)
	}
	n := &node{t: t, name: cfg.Name, keys: keys, reports: make(chan report, 100_000)}
	var err error
	if n.transport, err = newCarrier(n, cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { n.close(time.Second) })
	return n
}

func (n *node) close(linger time.Duration) {
	if n.transport == nil {
		return
	}
	begun := time.Now()
	if err := n.transport.Close(linger); err != nil {
		n.t.Errorf("close: %v", err)
	}
	if took := time.Since(begun); took > linger+patience/2 {
		n.t.Errorf("close with a linger of %v took %v", linger, took)
	}
	n.transport = nil
}

func (n *node) Lock() { n.mu.Lock() }

func (n *node) UnlockAndDispatch() {
	n.mu.Unlock()
	if n.transport != nil {
		n.transport.Flush()
	}
}

func (n *node) tell(r report) {
	if n.react != nil {
		n.react(r)
		return
	}
	n.reports <- r
}

func (n *node) NextLink() core.Link {
	n.accepted++
	return core.Link{Half: core.Listening, N: n.accepted}
}

func (n *node) LinkUp(l core.Link, name string) { n.tell(report{what: "up", link: l, name: name}) }

func (n *node) LinkLost(l core.Link, name string, cause core.Cause) {
	n.tell(report{what: "lost", link: l, name: name, cause: cause})
}

func (n *node) Frame(l core.Link, name string, command, payload []byte, keep bool) {
	if n.frame != nil {
		n.frame(l, payload)
		return
	}
	n.tell(report{what: "frame", link: l, name: name, command: string(command), payload: string(payload), keep: keep})
}

func (n *node) TurnedAway() { n.turnedAway.Add(1) }

func (n *node) Malformed(l core.Link, name string) {
	n.tell(report{what: "malformed", link: l, name: name})
}

func (n *node) Fail(err error) { n.reports <- report{what: "fail", payload: err.Error()} }

// listen listens on a wildcard port of loopback.
func (n *node) listen() *node {
	n.t.Helper()
	return n.listenOn("tcp://127.0.0.1:*")
}

func (n *node) listenOn(address string) *node {
	n.t.Helper()
	n.Lock()
	defer n.UnlockAndDispatch()
	var err error
	if n.bound, err = n.transport.Listen(address); err != nil {
		n.t.Fatal(err)
	}
	return n
}

// dial dials, and returns the link before it is up.
func (n *node) dial(name, address string) core.Link {
	n.Lock()
	defer n.UnlockAndDispatch()
	n.dialled++
	link := core.Link{Half: core.Dialling, N: n.dialled}
	n.transport.Dial(link, name, address)
	return link
}

// join dials to and waits until both ends know; it returns both ends' links.
func (n *node) join(to *node) (ours, theirs core.Link) {
	n.t.Helper()
	ours = n.dial(to.name, to.bound)
	if r := n.want("up", to.name); r.link != ours {
		n.t.Fatalf("link %v is up, want %v", r.link, ours)
	}
	return ours, to.want("up", n.name).link
}

func (n *node) hangUp(l core.Link) {
	n.Lock()
	defer n.UnlockAndDispatch()
	n.transport.HangUp(l)
}

func (n *node) trySend(l core.Link, c core.Command, payload []byte) error {
	n.Lock()
	defer n.UnlockAndDispatch()
	return n.transport.Send(l, c, nil, payload)
}

// send sends, waiting while the queue is full.
func (n *node) send(l core.Link, c core.Command, payload []byte) {
	n.t.Helper()
	for deadline := time.Now().Add(patience); ; {
		err := n.trySend(l, c, payload)
		switch {
		case err == nil:
			return
		case err != zmqio.ErrWouldBlock || time.Now().After(deadline):
			n.t.Errorf("send %v of %d bytes on %v: %v", c, len(payload), l, err)
			return
		}
		runtime.Gosched()
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

func (n *node) wantFrame(name string, c core.Command, payload []byte) report {
	n.t.Helper()
	r := n.want("frame", name)
	if r.command != c.String() || r.payload != string(payload) {
		n.t.Fatalf("%q: reported %v, want %v with %d bytes", n.name, r, c, len(payload))
	}
	return r
}

func (n *node) wantLost(l core.Link, cause core.Cause) {
	n.t.Helper()
	if r := n.next(); r.what != "lost" || r.link != l || r.cause != cause {
		n.t.Fatalf("%q: reported %v, want the loss of %v, cause %v", n.name, r, l, cause)
	}
}

// wantNothing checks that nothing more has been reported. The caller makes sure
// that everything that could have been is through.
func (n *node) wantNothing() {
	n.t.Helper()
	select {
	case r := <-n.reports:
		n.t.Fatalf("%q: reported %v, want nothing", n.name, r)
	default:
	}
}

// bothMechanisms runs a story with NULL and with CURVE.
func bothMechanisms(t *testing.T, story func(t *testing.T, curve bool)) {
	t.Helper()
	t.Run("null", func(t *testing.T) { t.Parallel(); story(t, false) })
	t.Run("curve", func(t *testing.T) { t.Parallel(); story(t, true) })
}

// testBytes returns n bytes that seed decides.
func testBytes(seed, n int) []byte {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return b
}
