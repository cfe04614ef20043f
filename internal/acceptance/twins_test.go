package acceptance

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// Of two nodes with one name, the one that a newer connection replaces is told so: it
// lists the peer no more, instead of listing one that does not answer, and both ends
// know why. A third one, as a restarted node is, takes over at once.
func TestATwinIsToldAndListsNobody(t *testing.T) {
	eachSocket(t, func(t *testing.T, tr transportCase, curve bool) {
		if tr.oneLink && !curve {
			t.Skip("the one that is replaced can't be told: the name's messages go to the other")
		}
		config := func(public, private, name string) bilateralrpc.Config {
			c := bilateralrpc.Config{Network: "network", Transport: tr.transport}
			if c.Name = name; curve {
				c.Name, c.PublicKey, c.PrivateKey = "", public, private
			}
			return c
		}
		serverPublic, serverPrivate := keypair(t)
		public, private := keypair(t)
		serverName := "server"
		if curve {
			serverName = serverPublic
		}
		server := mustNew(t, config(serverPublic, serverPrivate, "server"))
		if err := server.Register(&Arith{}); err != nil {
			t.Fatal(err)
		}
		if err := server.ListenOn(tr.wildcard); err != nil {
			t.Fatal(err)
		}
		var last *bilateralrpc.Bilateral
		for range 3 {
			next := mustNew(t, config(public, private, "client"))
			connect(t, next, serverName, server)
			waitPeers(t, next, 1)
			callSumDiff(t, next, &SumDiffArgs{A: 5, B: 3})
			if last != nil {
				eventually(t, "the replaced node to list nobody", func() bool { return last.ConnectionCount() == 0 })
				if peers := last.Peers(); len(peers) != 1 || peers[0].Err == nil {
					t.Errorf("the replaced node has peers %+v, want one with a reason", peers)
				}
				if last.Stats().Drops.Twin == 0 || server.Stats().Drops.Twin == 0 {
					t.Error("the twin was not noticed at both ends")
				}
			}
			last = next
		}
	})
}
