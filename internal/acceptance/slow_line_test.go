package acceptance

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
)

// A slow line is not a dead one, also between the transports: a message that takes
// longer than heartbeats let a peer be silent arrives, in either direction. The second
// message has PINGs in front of it that say for how long their sender may be silent.
func TestSlowLineBetweenTransportsIsAlive(t *testing.T) {
	t.Parallel()
	overLibzmq.need(t)
	var calls sync.WaitGroup
	defer calls.Wait()
	for _, curve := range []bool{false, true} {
		for _, ends := range [][2]transportCase{{overLibzmq, overZMTP}, {overZMTP, overLibzmq}} {
			server, name := slowEnd(t, "server", ends[0], curve)
			openDesk(t, server, ends[0].wildcard)
			line := relay.New(t, server.ListenAddresses()[0])
			client, _ := slowEnd(t, "client", ends[1], curve)
			if err := client.ConnectTo(name, line.Address()); err != nil {
				t.Fatal(err)
			}
			waitPeers(t, client, 1)
			line.Delay(200 * time.Millisecond) // for each 64 KiB
			calls.Go(func() {
				text := strings.Repeat("x", 7<<19)
				for range 2 {
					var rows []deskRow
					err := client.Call(nil, "Desk.Upper", DeskArgs{Text: text}, &rows, patience)
					if len(rows) == 1 && rows[0].Err != nil {
						t.Error(rows[0].Err)
					}
					if err != nil || len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Text != strings.ToUpper(text) {
						t.Errorf("%s calls %s, CURVE %v: %d rows, %v, want one reply", ends[1].name, ends[0].name, curve, len(rows), err)
					}
				}
			})
		}
	}
}

// slowEnd makes one of the two nodes, for whom a peer is dead after 9 s of silence, and
// the messages take 11.
func slowEnd(t *testing.T, name string, tr transportCase, curve bool) (b *bilateralrpc.Bilateral, itsName string) {
	t.Helper()
	config := bilateralrpc.Config{
		Network: "network", Name: name, Transport: tr.transport, Timing: cableTiming,
		HeartbeatInterval: time.Second, HeartbeatTimeout: 8 * time.Second,
	}
	if curve {
		config.PublicKey, config.PrivateKey = keypair(t)
		config.Name, name = "", config.PublicKey
	}
	return mustNew(t, config), name
}
