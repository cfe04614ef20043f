//go:build !(cgo && libzmq)

package libzmq

import (
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestNewSaysWhatToInstall(t *testing.T) {
	carrier, err := Transport.Open(nil, zmqio.TransportConfig{})
	if carrier != nil || err == nil {
		t.Fatalf("Open: %v, %v", carrier, err)
	}
	for _, what := range []string{"bilateralrpc: ", "4.3", "apt-get install", "libzmq3-dev", "-tags libzmq"} {
		if !strings.Contains(err.Error(), what) {
			t.Errorf("Open: %q says nothing of %q", err, what)
		}
	}
	if Available {
		t.Error("available")
	}
	if some, ok := Transport.(zmqio.Availability); !ok || some.Available() == nil {
		t.Error("a driver is not told that this transport is not in the build")
	}
}
