//go:build !(cgo && libzmq)

package acceptance

import (
	"errors"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

func TestWithoutLibzmqTheErrorSaysWhatToInstall(t *testing.T) {
	_, err := bilateralrpc.New(bilateralrpc.Config{Name: "x", Transport: libzmq.Transport})
	if !errors.Is(err, libzmq.ErrUnavailable) || !strings.Contains(err.Error(), "libzmq3-dev") || !strings.Contains(err.Error(), "-tags libzmq") {
		t.Errorf("New: %v, want ErrUnavailable, what to install and how to build", err)
	}
	b := bilateralrpc.NewPlaintext("network", "x")
	defer b.Close()
	if err := b.ListenOn("tcp://127.0.0.1:*"); err != nil {
		t.Errorf("the default transport, without libzmq: %v", err)
	}
}
