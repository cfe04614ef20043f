package acceptance

import (
	"bytes"
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

var turned = bilateralrpc.NewMethod[[]byte, []byte]("Large.Turn")

// The memory of large messages is used again and again: each peer gets its own bytes
// nevertheless, also where callers do not wait for replies, which then come late.
func TestLargePayloadsAreNotMixed(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		t.Run("plain", func(t *testing.T) {
			server, client := pair(t, tr, bilateralrpc.Config{Timing: soon})
			turnLarge(t, server, client, "server")
		})
		if !tr.ofSockets() {
			return
		}
		t.Run("curve", func(t *testing.T) {
			serverKey, serverSecret := keypair(t)
			clientKey, clientSecret := keypair(t)
			config := bilateralrpc.Config{Transport: tr.transport, Network: "network", Timing: soon}
			config.PublicKey, config.PrivateKey, config.AllowedKeys = serverKey, serverSecret, []string{clientKey}
			server := mustNew(t, config)
			if err := server.ListenOn(tr.wildcard); err != nil {
				t.Fatal(err)
			}
			config.PublicKey, config.PrivateKey, config.AllowedKeys = clientKey, clientSecret, []string{serverKey}
			client := mustNew(t, config)
			connect(t, client, serverKey, server)
			waitPeers(t, client, 1)
			turnLarge(t, server, client, serverKey)
		})
	})
}

func turnLarge(t *testing.T, server, client *bilateralrpc.Bilateral, peer string) {
	turned.Handle(server, func(_ context.Context, b []byte) ([]byte, error) {
		slices.Reverse(b)
		return b, nil
	})
	var wg sync.WaitGroup
	for caller := range uint64(4) {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(caller, 1))
			for round := range 12 {
				sent := make([]byte, 10_000+random.IntN(1<<uint(14+random.IntN(7))))
				for i := range sent {
					sent[i] = byte(random.Uint32())
				}
				timeout, waits := patience, round%3 > 0
				if !waits {
					timeout = time.Duration(1+random.IntN(1000)) * time.Microsecond
				}
				got, err := turned.One(t.Context(), client, peer, sent, bilateralrpc.WithTimeout(timeout))
				slices.Reverse(got)
				if err == nil && !bytes.Equal(got, sent) {
					t.Errorf("caller %d, round %d: other bytes than those of %d that were sent", caller, round, len(sent))
				}
				if err != nil && waits {
					t.Errorf("caller %d, round %d: %v", caller, round, err)
				}
			}
		})
	}
	wg.Wait()
}
