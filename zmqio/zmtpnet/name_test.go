package zmtpnet

import (
	"net"
	"net/netip"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/nametest"
)

// A name with several addresses leads to whichever of them has a listener, in
// whatever order they come.
func TestEveryAddressOfANameIsDialled(t *testing.T) { // not parallel: see nametest
	hosts := []string{"127.0.0.1", "127.0.0.2", "::1"}
	var addresses []netip.Addr
	for _, host := range hosts {
		addresses = append(addresses, netip.MustParseAddr(host))
	}
	nametest.Answer(t, addresses...)
	for _, host := range hosts {
		t.Run(host, func(t *testing.T) {
			probe, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
			if err != nil {
				t.Skipf("this machine has no %s: %v", host, err)
			}
			_ = probe.Close()
			l, d := start(t, "l", false), start(t, "d", false)
			l.Listen("tcp://" + net.JoinHostPort(host, "*"))
			l.Bound = "tcp://several.example" + l.Bound[strings.LastIndex(l.Bound, ":"):]
			atD, _ := d.Join(l.Node)
			d.Send(atD, core.CALL, "by name")
			l.wantFrame("d", core.CALL, "by name")
			l.Close(0)
			d.WantLost(atD, core.CauseLost)

			// None is left, which is reported once.
			d.WantLost(d.Dial("l", l.Bound), core.CauseUnreachable)
			d.Close(0)
			d.WantNothing()
		})
	}
}
