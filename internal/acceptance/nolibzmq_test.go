package acceptance

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
	_, err := bilateralrpc.New(bilateralrpc.Config{Name: "x", Transport: bilateralrpc.Libzmq})
	if !errors.Is(err, bilateralrpc.ErrNoLibzmq) || !strings.Contains(err.Error(), "libzmq3-dev") {
		t.Errorf("New: %v, want ErrNoLibzmq and what to install", err)
	}
	b := bilateralrpc.NewPlaintext("network", "x")
	defer b.Close()
	if err := b.ListenOn("tcp://127.0.0.1:*"); err != nil {
		t.Errorf("the default transport, without libzmq: %v", err)
	}
}
