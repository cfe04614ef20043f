//go:build cgo && libzmq

package libzmq

import (
	"runtime/debug"
	"runtime/metrics"
	"sync/atomic"
)

// pressure has Go's heap give back what it has no use for while libzmq's grows. Go's
// collector knows nothing of memory of C: a message that was copied into libzmq leaves
// its copy in Go as garbage, or as free memory that Go keeps for later, and both heaps
// together would occupy more than the budget allows either of them. Guarded by the lock
// of the node, but for relieving.
type pressure struct {
	carrier   *carrier
	held      int64 // by libzmq, as meters have charged it
	low       int64 // the least since the last look at Go's heap
	relieving atomic.Bool
}

// pressureStep is how many bytes libzmq may hold more before Go's heap is looked at, and
// the least for which a collection is worth it.
const pressureStep = 4 << 20

// add counts n bytes more, or less. A nil pressure counts nothing.
func (p *pressure) add(n int64) {
	if p == nil {
		return
	}
	p.held += n
	p.low = min(p.low, p.held)
	if p.held-p.low < pressureStep || p.carrier.closed || !p.relieving.CompareAndSwap(false, true) {
		return
	}
	p.low = p.held
	held := p.held
	p.carrier.wg.Go(func() {
		defer p.relieving.Store(false)
		if worthwhile(held, p.carrier.cfg.Budget.Max()) {
			debug.FreeOSMemory()
		}
	})
}

// worthwhile says whether a collection is, with held bytes in libzmq and a budget of max:
// when what Go can give back is a good part of what lives, so that this costs little more
// than collections that come anyway, and would with held be more than a quarter of max: peers fill
// libzmq while a collection takes its time.
func worthwhile(held, max int64) bool {
	live, spare := heap()
	return spare >= pressureStep && spare >= live/4 && held+spare >= max/4
}

// heap returns how many bytes of Go's heap the last collection has found in use, and how
// many the next could give back to the system.
func heap() (live, spare int64) {
	samples := [...]metrics.Sample{
		{Name: "/gc/heap/live:bytes"}, {Name: "/memory/classes/heap/objects:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
	}
	metrics.Read(samples[:])
	live = int64(samples[0].Value.Uint64())
	return live, int64(samples[1].Value.Uint64()+samples[2].Value.Uint64()) - live
}
