package acceptance

import (
	"fmt"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// The whole stack over memory: what a call costs without sockets.
func BenchmarkCall(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(callers), func(b *testing.B) {
			_, client := pair(b, overMemory, bilateralrpc.Config{})
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
