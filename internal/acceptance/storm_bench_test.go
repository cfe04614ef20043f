package acceptance

import (
	"context"
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// BenchmarkJoinStorm is the time until all of so many nodes are joined that dial one
// at once. All nodes share the process, which needs two descriptors for each.
func BenchmarkJoinStorm(b *testing.B) {
	for _, kind := range []benchKind{{overZMTP, false}, {overZMTP, true}} {
		for _, nodes := range []int{200, 1000, 5000} {
			b.Run(fmt.Sprintf("%v/nodes=%d", kind, nodes), func(b *testing.B) {
				for b.Loop() {
					joinStorm(b, kind, nodes)
				}
			})
		}
	}
}

// joinStorm has nodes dial one, and times until all are joined.
func joinStorm(b *testing.B, kind benchKind, nodes int) {
	b.StopTimer()
	hub, hubName := benchNode(b, "hub", kind)
	address := benchListen(b, hub, kind.wildcard)
	all := []*bilateralrpc.Bilateral{hub}
	for i := range nodes {
		node, _ := benchNode(b, fmt.Sprint("node-", i), kind)
		all = append(all, node)
	}
	b.StartTimer()
	for _, node := range all[1:] {
		if err := node.ConnectTo(hubName, address); err != nil {
			b.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := hub.WaitPeers(ctx, nodes); err != nil {
		b.Fatal(err)
	}
	b.StopTimer()
	for _, node := range all {
		node.Close()
	}
	b.StartTimer()
}
