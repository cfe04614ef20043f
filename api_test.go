package bilateralrpc_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// transportCase is one way to carry messages; the tests of the API run over
// every one that is built in.
type transportCase struct {
	name      string
	transport bilateralrpc.Transport
	wildcard  string // an address that is free
	available bool
}

var transportCases = []transportCase{
	{"inproc", bilateralrpc.DefaultTransport, "inproc://*", true},
	{"libzmq", bilateralrpc.Libzmq, "tcp://127.0.0.1:*", libzmq.Available},
	{"zmtp", bilateralrpc.ZMTP, "tcp://127.0.0.1:*", true},
}

func eachTransport(t *testing.T, f func(*testing.T, transportCase)) {
	for _, tr := range transportCases {
		t.Run(tr.name, func(t *testing.T) {
			if !tr.available {
				t.Skipf("%s is not built in", tr.name)
			}
			f(t, tr)
		})
	}
}

// soon is the protocol's own timing but for FIRST_START_TIME, which most tests
// have no reason to wait for.
var soon = core.Timing{FirstStart: time.Millisecond}

// patience is how long a test waits for what should take milliseconds.
const patience = 20 * time.Second

func waitPeers(t testing.TB, b *bilateralrpc.Bilateral, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.WaitPeers(ctx, n); err != nil {
		t.Fatalf("waiting for %d peers: %v; peers: %+v", n, err, b.Peers())
	}
}

// eventually waits for what other goroutines do, where nothing tells of it.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v, still waiting for %s", patience, what)
		}
	}
}

func keypair(t testing.TB) (public, private string) {
	t.Helper()
	public, private, err := bilateralrpc.NewKeypair()
	if err != nil {
		t.Fatal(err)
	}
	return public, private
}
