//go:build cgo && libzmq

package libzmq

import (
	"path/filepath"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestConformance(t *testing.T) {
	transporttest.Run(t, Transport, conformance)
}

// conformance is where libzmq differs: see the package's doc.
var conformance = transporttest.Options{
	Addresses: func(tb testing.TB) []string {
		return []string{"tcp://127.0.0.1:*", "tcp://127.0.0.1:0", "tcp://[::1]:*", "ipc://" + filepath.Join(tb.TempDir(), "s")}
	},
	BadAddresses:     []string{"inproc://x", "tcp://", "tcp://127.0.0.1", "tcp://::1:5", "tcp://h:65536", "tcp://a b:1", "ipc://"},
	CannotHangUp:     true,
	ClaimsAreLinks:   true,
	ResetsWhenUnread: true,
	Probes:           true,
}
