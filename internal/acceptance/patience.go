package acceptance

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// patience is how long a test waits for what should take milliseconds. It is far
// more than a loaded machine needs: only a test that is about to fail waits so long.
const patience = time.Minute

// waitPeers waits until n peers of b are active.
func waitPeers(t testing.TB, b *bilateralrpc.Bilateral, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := b.WaitPeers(ctx, n); err != nil {
		t.Fatalf("waiting for %d peers: %v; peers: %+v", n, err, b.Peers())
	}
}

// waitOurs waits until each node knows every peer as one of ours. Before that, heads do not
// go to it.
func waitOurs(t testing.TB, nodes ...*bilateralrpc.Bilateral) {
	t.Helper()
	for _, b := range nodes {
		eventually(t, "peers that are known as ours", func() bool {
			return !slices.ContainsFunc(b.Peers(), func(p bilateralrpc.PeerStatus) bool { return !p.Ours })
		})
	}
}

// eventually waits for what other goroutines do, where nothing tells of it.
func eventually(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("after %v, still waiting for %s", patience, what)
		}
	}
}

// await returns what comes out of a channel.
func await[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(patience):
		t.Fatalf("after %v, still waiting for %s", patience, what)
		panic("not reached")
	}
}
