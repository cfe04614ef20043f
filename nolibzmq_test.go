package bilateralrpc_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// Run with CGO_ENABLED=0 or -tags nozmq.
func TestWithoutLibzmqTheErrorSaysWhatToInstall(t *testing.T) {
	if libzmq.Available {
		t.Skip("libzmq is built in")
	}
	if _, err := bilateralrpc.New(bilateralrpc.Config{Name: "x", Transport: bilateralrpc.Libzmq}); !errors.Is(err, bilateralrpc.ErrNoLibzmq) {
		t.Errorf("New: %v, want ErrNoLibzmq", err)
	}
	b := bilateralrpc.NewPlaintext("network", "x")
	defer b.Close()
	for _, address := range []string{"tcp://127.0.0.1:*", "ipc:///tmp/bilateralrpc-test"} {
		for what, err := range map[string]error{"ListenOn": b.ListenOn(address), "ConnectTo": b.ConnectTo("y", address)} {
			if !errors.Is(err, bilateralrpc.ErrNoLibzmq) || !strings.Contains(err.Error(), "libzmq3-dev") {
				t.Errorf("%s %s: %v, want ErrNoLibzmq and what to install", what, address, err)
			}
		}
	}
}
