//go:build unix

package acceptance

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// BenchmarkRecorder is what a Recorder at both ends adds to a call, over TCP in one
// process: two pairs of nodes, one with recorders, make the same calls by turns, and
// "added-%" is the median over all rounds, in which the pairs are made anew now and then. What is measured is the time of the processor
// that the process takes, for both ends, so that other processes hardly show in it.
func BenchmarkRecorder(b *testing.B) {
	for _, callers := range []int{1, 64} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			benchRecorder(b, callers, func(client *bilateralrpc.Bilateral) { callSumDiff(b, client, &SumDiffArgs{A: 1, B: 2}) })
		})
	}
	for _, size := range []int{1 << 10, 64 << 10, 1 << 20} {
		b.Run(fmt.Sprintf("echo=%dKiB", size>>10), func(b *testing.B) {
			data := make([]byte, size)
			benchRecorder(b, 1, func(client *bilateralrpc.Bilateral) {
				if err := benchEcho(client, "server", data); err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// recordedPair is pair with a Recorder at both ends.
func recordedPair(b *testing.B, with bool) (client, server *bilateralrpc.Bilateral) {
	b.Helper()
	recorder := func() *bilateralrpc.Recorder {
		if !with {
			return nil
		}
		return bilateralrpc.NewRecorder(bilateralrpc.RecorderConfig{PanicFile: "none"})
	}
	server = mustNew(b, bilateralrpc.Config{Network: "network", Name: "server", Recorder: recorder()})
	benchListen(b, server, overZMTP.wildcard)
	client = mustNew(b, bilateralrpc.Config{Network: "network", Name: "client", Recorder: recorder()})
	connect(b, client, "server", server)
	waitPeers(b, client, 1)
	return client, server
}

func benchRecorder(b *testing.B, callers int, call func(*bilateralrpc.Bilateral)) {
	const calls = 30  // of each caller in a turn
	const rounds = 25 // of a pair; two pairs that are the same differ by some percent for as long as they live
	turn := func(client *bilateralrpc.Bilateral) time.Duration {
		var wg sync.WaitGroup
		began := processorTime(b)
		for range callers {
			wg.Go(func() {
				for range calls {
					call(client)
				}
			})
		}
		wg.Wait()
		return processorTime(b) - began
	}
	var added []float64
	var took [2]time.Duration
	var clients, servers [2]*bilateralrpc.Bilateral
	b.ResetTimer()
	for round := range b.N {
		if round%rounds == 0 {
			for i := range 2 {
				which := (round/rounds + i) % 2
				if clients[which] != nil {
					clients[which].Close()
					servers[which].Close()
				}
				clients[which], servers[which] = recordedPair(b, which == 1)
				turn(clients[which])
			}
			runtime.GC() // of what they are made of
		}
		var now [2]time.Duration
		for i := range 2 {
			which := (round + i) % 2
			now[which] = turn(clients[which])
			took[which] += now[which]
		}
		added = append(added, 100*(float64(now[1])/float64(now[0])-1))
	}
	slices.Sort(added)
	b.ReportMetric(added[len(added)/2], "added-%")
	per := float64(b.N * callers * calls)
	b.ReportMetric(float64(took[0].Nanoseconds())/per, "off-ns/call")
	b.ReportMetric(float64(took[1].Nanoseconds())/per, "on-ns/call")
}

// processorTime is what the process has taken so far.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
