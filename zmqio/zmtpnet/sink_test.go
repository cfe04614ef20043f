package zmtpnet

import (
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
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

func TestConformance(t *testing.T) { transporttest.Run(t, Transport, options) }

// options is what the suite has to know: this transport differs in nothing.
var options = transporttest.Options{
	Addresses: func(tb testing.TB) []string {
		all := []string{"tcp://127.0.0.1:*", "ipc://" + filepath.Join(tb.TempDir(), "s")}
		if l, err := net.Listen("tcp", "[::1]:0"); err == nil { // not every machine has IPv6
			_ = l.Close()
			all = append(all, "tcp://[::1]:*")
		}
		return all
	},
	BadAddresses: []string{"inproc://x", "tcp://", "tcp://127.0.0.1", "tcp://::1:5", "tcp://h:65536", "tcp://a b:1", "ipc://"},
}

const patience = transporttest.Patience

// node is a node of the suite, whose carrier these tests look into.
type node struct{ *transporttest.Node }

func (n *node) carrier() *carrier { return n.Carrier.(*carrier) }

// start opens a node that lives until the test ends, with its configuration
// altered by each of alter.
func start(t testing.TB, name string, curve bool, alter ...func(*zmqio.TransportConfig)) *node {
	t.Helper()
	var keys *transporttest.Keys
	if curve {
		keys = transporttest.NewKeys(t)
	}
	config := transporttest.NewConfig(name, keys)
	for _, a := range alter {
		a(&config)
	}
	return &node{transporttest.NewNode(t, Transport, config, options)}
}

// listen listens on a wildcard port of loopback.
func (n *node) listen() *node {
	n.TB.Helper()
	return n.listenOn("tcp://127.0.0.1:*")
}

func (n *node) listenOn(address string) *node {
	n.TB.Helper()
	n.Listen(address)
	return n
}

// join dials to and waits until both ends know; it returns both ends' links.
func (n *node) join(to *node) (ours, theirs core.Link) {
	n.TB.Helper()
	ours = n.DialUp(to.Node)
	return ours, to.wantUp(n.Name)
}

func (n *node) wantUp(name string) core.Link {
	n.TB.Helper()
	return n.Want(transporttest.Up, name).Link
}

// wantFrame checks that the next report is that message, on whatever link.
func (n *node) wantFrame(name string, c core.Command, payload string) {
	n.TB.Helper()
	r := n.Want(transporttest.Frame, name)
	if r.Command != c.String() || r.Payload != payload {
		n.TB.Fatalf("%q: reported %v, want %v with %d bytes", n.Name, r, c, len(payload))
	}
}

// newKeyName is the name of a node that does not exist.
func newKeyName(t testing.TB) string { return transporttest.NewKeys(t).Name() }

// bothMechanisms runs a story with NULL and with CURVE.
func bothMechanisms(t *testing.T, story func(t *testing.T, curve bool)) {
	t.Helper()
	t.Run("null", func(t *testing.T) { t.Parallel(); story(t, false) })
	t.Run("curve", func(t *testing.T) { t.Parallel(); story(t, true) })
}
