package acceptance

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// transportCase is one way to carry messages.
type transportCase struct {
	name      string
	transport bilateralrpc.Transport
	wildcard  string // an address that is free
	available bool
	// oneLink says that in plaintext an accepted connection which replaces another
	// one of the same name takes over its link, so that the node does not notice.
	oneLink bool
}

var (
	overMemory = transportCase{name: "inproc", wildcard: "inproc://*", available: true}
	overZMTP   = transportCase{name: "zmtp", transport: bilateralrpc.ZMTP, wildcard: "tcp://127.0.0.1:*", available: true}
)

// transports are all of them, with those that are not built in.
var transports = []transportCase{overMemory, overLibzmq, overZMTP}

// ofSockets says that it is not a transport within the process.
func (tr transportCase) ofSockets() bool { return strings.HasPrefix(tr.wildcard, "tcp:") }

// need skips a test of a transport that is not built in.
func (tr transportCase) need(t testing.TB) {
	t.Helper()
	if !tr.available {
		t.Skipf("%s is not built in", tr.name)
	}
}

// eachTransport runs a test over every transport.
func eachTransport(t *testing.T, test func(*testing.T, transportCase)) {
	for _, tr := range transports {
		t.Run(tr.name, func(t *testing.T) {
			tr.need(t)
			test(t, tr)
		})
	}
}

// eachSocket runs a test over every transport of sockets, in plaintext and with
// CURVE, all at once.
func eachSocket(t *testing.T, test func(t *testing.T, tr transportCase, curve bool)) {
	t.Parallel()
	for _, tr := range transports {
		if !tr.ofSockets() {
			continue
		}
		for _, mechanism := range []string{"null", "curve"} {
			t.Run(tr.name+"/"+mechanism, func(t *testing.T) {
				tr.need(t)
				t.Parallel()
				test(t, tr, mechanism == "curve")
			})
		}
	}
}
