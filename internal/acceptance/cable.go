package acceptance

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
)

// cable is a client that reaches a server over a relay.
type cable struct {
	*relay.Relay
	server, client         *bilateralrpc.Bilateral
	serverDesk, clientDesk *Desk
	// replaces says that the server knows a connection that replaced another one
	// from that other one.
	replaces bool
}

// cableTiming dials again at once.
var cableTiming = bilateralrpc.Timing{FirstStart: time.Millisecond, RedialMin: time.Millisecond, RedialMax: 5 * time.Millisecond}

// eachCable runs a test on every transport of sockets, in plaintext and with CURVE.
func eachCable(t *testing.T, test func(*testing.T, *cable)) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		c := &cable{replaces: curve || !tr.oneLink}
		var name string
		c.server, name = cableEnd(t, "server", tr, curve)
		c.serverDesk = openDesk(t, c.server, tr.wildcard)
		c.Relay = relay.New(t, c.server.ListenAddresses()[0])
		c.client, _ = cableEnd(t, "client", tr, curve)
		c.clientDesk = openDesk(t, c.client, "")
		if err := c.client.ConnectTo(name, c.Address()); err != nil {
			t.Fatal(err)
		}
		waitPeers(t, c.client, 1)
		waitPeers(t, c.server, 1)
		test(t, c)
	})
}

// cableEnd makes one of the two nodes, whose name is its key if it has one.
func cableEnd(t *testing.T, name string, tr transportCase, curve bool) (b *bilateralrpc.Bilateral, itsName string) {
	t.Helper()
	config := bilateralrpc.Config{Network: "network", Name: name, Transport: tr.transport, Timing: cableTiming}
	if curve {
		config.PublicKey, config.PrivateKey = keypair(t)
		config.Name, name = "", config.PublicKey
	}
	return mustNew(t, config), name
}

// upper makes a call whose reply comes behind the listener's MEET, so that both
// ends use our extensions from then on.
func (c *cable) upper(t *testing.T) {
	t.Helper()
	var rows []deskRow
	if err := c.client.Call(nil, "Desk.Upper", DeskArgs{Text: "x"}, &rows, patience); err != nil || len(rows) != 1 || rows[0].Reply.Text != "X" {
		t.Errorf("%+v, %v, want one reply", rows, err)
	}
}
