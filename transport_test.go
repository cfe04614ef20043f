package bilateralrpc_test

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// The transport of ExampleTransport is one that a program may bring. It passes the
// suite that those of the library pass.
func TestTheTransportOfTheExamplePassesTheSuite(t *testing.T) {
	transporttest.Run(t, slow{bilateralrpc.Memory, time.Millisecond}, transporttest.Options{
		Addresses: func(testing.TB) []string { return []string{"inproc://*"} },
	})
}
