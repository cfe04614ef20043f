//go:build unix

package bilateraltest

import (
	"context"
	"fmt"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// relayed is what the nodes of the benchmark call.
var relayed = bilateralrpc.NewMethod[int, int]("Load.Relay")

// load makes a world of so many nodes, a ring that users make so many calls in: handlers
// fight for a lock, take their time, and call the next node.
func load(nodes, calls int) func(w *World) {
	return func(w *World) {
		for i := range nodes {
			name, next := fmt.Sprint("n", i), fmt.Sprint("n", (i+1)%nodes)
			w.Host(name, func(h *Host) error {
				var mu sync.Mutex
				served := 0
				return relayed.Handle(h.Node(), func(ctx context.Context, depth int) (int, error) {
					mu.Lock()
					served++
					mu.Unlock()
					time.Sleep(5 * time.Millisecond)
					if depth > 0 {
						return relayed.One(ctx, h.Node(), next, depth-1)
					}
					return served, nil
				})
			})
			w.Connect(name, next)
			w.Go("user of "+name, func(ctx context.Context) {
				pause := time.Duration(nodes) * time.Minute / time.Duration(max(calls, 1))
				for range calls / nodes / 2 { // each nests one more
					_, _ = relayed.One(ctx, w.Node(name), next, 1, bilateralrpc.WithTimeout(2*time.Second))
					time.Sleep(pause)
				}
			})
		}
	}
}

func BenchmarkRun(b *testing.B) {
	for _, size := range [][2]int{{2, 0}, {2, 160}, {4, 0}, {4, 160}, {4, 1600}, {8, 160}, {16, 160}} {
		b.Run(fmt.Sprintf("%dnodes/%dcalls", size[0], size[1]), func(b *testing.B) {
			o := Options{}
			o.setDefaults()
			var t testing.T
			batch := &batch{t: &t, o: &o, setup: load(size[0], size[1])}
			began := processorTime(b)
			for seed := uint64(0); b.Loop(); seed++ {
				out, err := batch.run(seed, nil, nil)
				if err != nil {
					b.Fatal(err)
				}
				if out.result.Violation != nil {
					b.Fatal(seed, out.result.Violation)
				}
			}
			used := (processorTime(b) - began).Seconds()
			b.ReportMetric(float64(b.N)/used, "runs/cpu-s")
			b.ReportMetric(1000*used/float64(b.N), "cpu-ms/run")
		})
	}
}

// processorTime is what the process has used so far, collection of garbage included: that
// of the clock says little on a machine that has other work.
func processorTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
