package zmqio

import (
	"fmt"
	"sync"
	"testing"
)

// A cast to one peer over a carrier that does nothing: what the combiner and the
// machine cost.
func BenchmarkCast(b *testing.B) {
	for _, casters := range []int{1, 16, 64} {
		b.Run(fmt.Sprint(casters), func(b *testing.B) {
			var f flushing
			d := nodeWithPeer(b, &f, Config{})
			b.ReportAllocs()
			b.ResetTimer()
			var wg sync.WaitGroup
			for range casters {
				wg.Go(func() {
					for range b.N / casters {
						c := d.NewCall()
						c.Method = "A.B"
						if err := d.Cast(c); err != nil {
							b.Error(err)
						}
						d.Release(c)
					}
				})
			}
			wg.Wait()
		})
	}
}
