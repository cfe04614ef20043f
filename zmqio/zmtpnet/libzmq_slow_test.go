//go:build cgo && libzmq && linux

package zmtpnet

import (
	"fmt"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// A slow line is not a dead one: while a message takes longer to leave than a peer may be
// silent, the PING behind it has not reached the peer.
func TestLibzmqSlowLineIsAlive(t *testing.T) {
	t.Parallel()
	for _, curve := range []bool{false, true} {
		t.Run(fmt.Sprintf("curve %v", curve), func(t *testing.T) {
			t.Parallel()
			n := start(t, "ours", curve, func(c *zmqio.TransportConfig) {
				c.HeartbeatInterval, c.HeartbeatTimeout = 500*time.Millisecond, 2500*time.Millisecond
			})
			z := newTheirs(t, zmq.DEALER, curve, false)
			r := relay.New(t, n.listen().Bound)
			z.connectTo(n.Name, r.Address())
			link := n.wantUp(z.name)
			r.Delay(100 * time.Millisecond) // for each 64 KiB
			payload := transporttest.Bytes(1, 7<<19)
			n.Send(link, core.CAST, payload)
			z.wantMessage("CAST", payload)
			n.Send(link, core.TICK, "")
			z.wantMessage("TICK", "")
			n.WantNothing()
		})
	}
}
