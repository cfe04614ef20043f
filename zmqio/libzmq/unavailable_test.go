//go:build !(cgo && libzmq)

package libzmq

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestNewSaysWhatToInstall(t *testing.T) {
	transport, err := Transport.Open(nil, zmqio.TransportConfig{})
	if transport != nil || err == nil || !strings.Contains(err.Error(), "apt-get install libzmq3-dev") {
		t.Errorf("New: %v, %v", transport, err)
	}
	if Available {
		t.Error("available")
	}
}
