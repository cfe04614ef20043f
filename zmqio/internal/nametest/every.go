package nametest

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// EveryAddressIsDialled tests that a name with several addresses leads to whichever
// of them has a listener, in whatever order they come. The test must not be parallel.
func EveryAddressIsDialled(t *testing.T, transport zmqio.Transport, options transporttest.Options) {
	hosts := []string{"127.0.0.1", "127.0.0.2", "::1"}
	var addresses []netip.Addr
	for _, host := range hosts {
		addresses = append(addresses, netip.MustParseAddr(host))
	}
	Answer(t, addresses...)
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			probe, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
			if err != nil {
				t.Skipf("this machine has no %s: %v", host, err)
			}
			_ = probe.Close()
			node := func(name string) *transporttest.Node {
				return transporttest.NewNode(t, transport, transporttest.NewConfig(name, nil), options)
			}
			l, d := node("l"), node("d")
			l.Listen("tcp://" + net.JoinHostPort(host, "*"))
			l.Bound = "tcp://several.example" + l.Bound[strings.LastIndex(l.Bound, ":"):]
			atD, atL := d.Join(l)
			d.Send(atD, core.CALL, "by name")
			l.WantFrame(atL, core.CALL, "by name")
			l.Close(0)
			d.WantLost(atD, core.CauseLost)

			// None is left, which is reported once.
			d.WantLost(d.Dial("l", l.Bound), core.CauseUnreachable)
			d.Close(0)
			d.WantNothing()
		})
	}
}
