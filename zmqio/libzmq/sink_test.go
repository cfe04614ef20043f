//go:build cgo && libzmq

package libzmq

import (
	"net"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConformance(t *testing.T) { transporttest.Run(t, Transport, options) }

// options is where libzmq differs: see the package's doc.
var options = transporttest.Options{
	Addresses: func(tb testing.TB) []string {
		all := []string{"tcp://127.0.0.1:*", "ipc://" + filepath.Join(tb.TempDir(), "s")}
		if l, err := net.Listen("tcp", "[::1]:0"); err == nil { // not every machine has IPv6
			_ = l.Close()
			all = append(all, "tcp://[::1]:*")
		}
		return all
	},
	BadAddresses:     []string{"inproc://x", "tcp://", "tcp://127.0.0.1", "tcp://::1:5", "tcp://h:65536", "tcp://a b:1", "ipc://"},
	CannotHangUp:     cannotFind,
	ClaimsAreLinks:   true,
	QuietHandshakes:  true,
	ResetsWhenUnread: true,
	Probes:           true,
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

// listen listens on a wildcard port of loopback, and returns the address.
func (n *node) listen() string {
	n.TB.Helper()
	return n.Listen("tcp://127.0.0.1:*").Bound
}

func (n *node) wantUp(name string) core.Link {
	n.TB.Helper()
	return n.Want(transporttest.Up, name).Link
}

// wantFrame checks that the next report is that message, on whatever link.
func (n *node) wantFrame(name string, c core.Command, payload string) transporttest.Report {
	n.TB.Helper()
	r := n.Want(transporttest.Frame, name)
	if r.Command != c.String() || r.Payload != payload {
		n.TB.Fatalf("%q: reported %v, want %v with %d bytes", n.Name, r, c, len(payload))
	}
	return r
}

// pair connects b to a, and returns both ends of the link.
func pair(t testing.TB, a, b *node) (atA, atB core.Link) {
	t.Helper()
	a.listen()
	atB, atA = b.Join(a.Node)
	return atA, atB
}

// bothModes runs a test without and with CURVE.
func bothModes(t *testing.T, test func(t *testing.T, curve bool)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) { test(t, false) })
	t.Run("curve", func(t *testing.T) { test(t, true) })
}
