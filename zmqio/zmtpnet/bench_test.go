package zmtpnet

import (
	"sync/atomic"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// echo links a node to one that sends every CALL back from inside the report.
func echo(b *testing.B, curve bool) (n *node, link core.Link) {
	b.Helper()
	far := start(b, "far", curve).listen()
	n = start(b, "near", curve)
	link = n.DialUp(far.Node)
	far.Locked(func() {
		far.Frames = func(l core.Link, payload []byte) { _ = far.SendLocked(l, core.BACK, nil, payload) }
	})
	return n, link
}

// benchmarkEcho has callers wait for their own replies.
func benchmarkEcho(b *testing.B, curve bool, callers, payloadBytes int) {
	n, link := echo(b, curve)
	replies := make(chan struct{}, callers)
	n.Locked(func() { n.Frames = func(core.Link, []byte) { replies <- struct{}{} } })
	payload := make([]byte, payloadBytes)
	var left atomic.Int64
	b.SetBytes(int64(2 * payloadBytes))
	b.ReportAllocs()
	b.ResetTimer()
	left.Store(int64(b.N))
	done := make(chan struct{})
	for range callers {
		go func() {
			defer func() { done <- struct{}{} }()
			for left.Add(-1) >= 0 {
				n.Lock()
				err := n.SendLocked(link, core.CALL, nil, payload)
				n.UnlockAndDispatch()
				if err != nil {
					b.Error(err)
					return
				}
				<-replies
			}
		}()
	}
	for range callers {
		<-done
	}
	b.StopTimer()
}

func BenchmarkEchoNull1(b *testing.B)      { benchmarkEcho(b, false, 1, 64) }
func BenchmarkEchoNull16(b *testing.B)     { benchmarkEcho(b, false, 16, 64) }
func BenchmarkEchoNull64(b *testing.B)     { benchmarkEcho(b, false, 64, 64) }
func BenchmarkEchoNull256(b *testing.B)    { benchmarkEcho(b, false, 256, 64) }
func BenchmarkEchoCurve1(b *testing.B)     { benchmarkEcho(b, true, 1, 64) }
func BenchmarkEchoCurve64(b *testing.B)    { benchmarkEcho(b, true, 64, 64) }
func BenchmarkEchoNull64KiB(b *testing.B)  { benchmarkEcho(b, false, 4, 64<<10) }
func BenchmarkEchoNull1MiB(b *testing.B)   { benchmarkEcho(b, false, 4, 1<<20) }
func BenchmarkEchoCurve64KiB(b *testing.B) { benchmarkEcho(b, true, 4, 64<<10) }
func BenchmarkEchoCurve1MiB(b *testing.B)  { benchmarkEcho(b, true, 4, 1<<20) }
