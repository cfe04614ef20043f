package bilateralrpc_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// pair is a server with Arith, and a client that is connected to it.
func pair(tb testing.TB, tr transportCase, config bilateralrpc.Config) (server, client *bilateralrpc.Bilateral) {
	tb.Helper()
	config.Transport, config.Network = tr.transport, "network"
	config.Name = "server"
	server = mustNew(tb, config)
	if err := server.Register(&Arith{}); err != nil {
		tb.Fatal(err)
	}
	if err := server.ListenOn(tr.wildcard); err != nil {
		tb.Fatal(err)
	}
	config.Name = "client"
	client = mustNew(tb, config)
	if err := client.ConnectTo("server", server.ListenAddresses()[0]); err != nil {
		tb.Fatal(err)
	}
	waitPeers(tb, client, 1)
	waitPeers(tb, server, 1)
	return server, client
}

func mustNew(tb testing.TB, config bilateralrpc.Config) *bilateralrpc.Bilateral {
	tb.Helper()
	b, err := bilateralrpc.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(b.Close)
	return b
}

type sumDiffRow struct {
	From  string
	Reply SumDiffReply
	Err   error
}

// callSumDiff makes one call and checks its row.
func callSumDiff(tb testing.TB, client *bilateralrpc.Bilateral, args *SumDiffArgs) {
	var rows []sumDiffRow
	if err := client.Call(nil, "Arith.SumDiff", args, &rows); err != nil {
		tb.Error(err)
	} else if len(rows) != 1 || rows[0].Err != nil || rows[0].Reply.Sum != args.A+args.B {
		tb.Errorf("SumDiff of %+v: got %+v", *args, rows)
	}
}

// The whole stack over memory: what a call costs without sockets.
func BenchmarkCall(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			_, client := pair(b, transportCases[0], bilateralrpc.Config{})
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for i := range callers {
				wg.Go(func() {
					args := SumDiffArgs{A: i, B: 2}
					for range b.N / callers {
						callSumDiff(b, client, &args)
					}
				})
			}
			wg.Wait()
		})
	}
}
