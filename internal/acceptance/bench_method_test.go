package acceptance

import (
	"fmt"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

var sumDiff = bilateralrpc.NewMethod[SumDiffArgs, SumDiffReply]("Arith.SumDiff")

// What a Method costs beside Call, in one run: the ratio is what counts.

func BenchmarkOne(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		_, client := pair(b, overMemory, bilateralrpc.Config{})
		to := []string{"server"}
		b.Run(fmt.Sprintf("Call/%d", callers), func(b *testing.B) {
			benchCall(b, client, to, callers, 1)
		})
		b.Run(fmt.Sprintf("One/%d", callers), func(b *testing.B) {
			benchLoad(b, callers, func(n int) error {
				reply, err := sumDiff.One(b.Context(), client, "server", SumDiffArgs{n, 1}, bilateralrpc.WithTimeout(patience))
				if err == nil && reply != (SumDiffReply{n + 1, n - 1}) {
					err = fmt.Errorf("SumDiff(%d, 1) is %+v", n, reply)
				}
				return err
			})
		})
	}
}

func BenchmarkEach(b *testing.B) {
	const peers = 64
	for _, tr := range []transportCase{overMemory, overZMTP} {
		hub := benchStar(b, benchKind{transportCase: tr}, peers)
		b.Run(tr.name+"/Call", func(b *testing.B) {
			benchCall(b, hub, nil, 1, peers)
		})
		b.Run(tr.name+"/All", func(b *testing.B) {
			benchLoad(b, 1, func(n int) error {
				all, err := sumDiff.All(b.Context(), hub, nil, SumDiffArgs{n, 1}, bilateralrpc.WithTimeout(patience))
				if err == nil && len(all) != peers {
					err = fmt.Errorf("%d replies", len(all))
				}
				return err
			})
		})
		b.Run(tr.name+"/Each", func(b *testing.B) {
			benchLoad(b, 1, func(n int) error {
				got := 0
				for r := range sumDiff.Each(b.Context(), hub, nil, SumDiffArgs{n, 1}, bilateralrpc.WithTimeout(patience)) {
					if r.Err != nil {
						return r.Err
					}
					got++
				}
				if got != peers {
					return fmt.Errorf("%d replies", got)
				}
				return nil
			})
		})
		b.Run(tr.name+"/First", func(b *testing.B) {
			benchLoad(b, 1, func(n int) error {
				_, err := sumDiff.First(b.Context(), hub, nil, SumDiffArgs{n, 1}, bilateralrpc.WithTimeout(patience))
				return err
			})
		})
	}
}
