// Package bulk bounds what a node spends at a time on what peers can make large: reading
// from peers that send as fast as they can, opening, sealing, checking, decoding and
// encoding messages of megabytes.
//
// While as many goroutines compute as there are processors, Go looks for what else has
// arrived on the network only every 10 ms, and garbage collection waits for all of them.
// So work of that kind goes through a gate for half of the processors, where peers take
// turns, and small messages of others are served meanwhile. Work that is many small
// things, one after the other, has Go look at the network now and then: see Yield.
package bulk

import (
	"runtime"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/internal/fair"
)

// Bytes is from where a value is worth the gate: it may take a thousand times as much
// when it is decoded.
const Bytes = 4 << 10

// Gate has places for so much work at a time. All methods may be called concurrently.
type Gate struct {
	mu      sync.Mutex
	places  int                     // that are free
	waiting fair.Queue[func() bool] // each is called once it has a place, and says whether it takes it
}

// NewGate returns a gate for half of the processors.
func NewGate() *Gate { return &Gate{places: max(1, runtime.GOMAXPROCS(0)/2)} }

// Enter waits until there is a place for work because of peer. The work must wait for
// nothing but memory, processors and the lock of its node, nor enter again, and ends
// with Leave.
func (g *Gate) Enter(peer string) {
	g.mu.Lock()
	free := g.places > 0
	if free {
		g.places--
	}
	g.mu.Unlock()
	if !free {
		g.wait(peer)
	}
}

// wait is the rest of Enter, apart so that the first half allocates nothing.
func (g *Gate) wait(peer string) {
	// A mutex, as a goroutine of another testing/synctest bubble may not signal by a
	// channel of this one.
	turn := new(sync.Mutex)
	turn.Lock()
	if !g.Ask(peer, func() bool { turn.Unlock(); return true }) {
		turn.Lock()
	}
}

// Ask is Enter for who does not wait. It takes a place and returns true, or returns false
// and has granted called, once, by whoever leaves, when there is one. granted says whether it takes
// the place; it must not block.
func (g *Gate) Ask(peer string, granted func() bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.places > 0 {
		g.places--
		return true
	}
	g.waiting.Push(peer, granted)
	return false
}

// Leave gives the place back. Who waits gets the place from the one who leaves, so
// that nobody overtakes it.
func (g *Gate) Leave() {
	for {
		g.mu.Lock()
		if g.waiting.Empty() {
			g.places++
			g.mu.Unlock()
			return
		}
		granted := g.waiting.Pop()
		g.mu.Unlock()
		if granted() {
			return
		}
	}
}

// Remote is a carrier whose peers are other processes, which may be strangers. Handlers of
// theirs that make large replies go through the gate.
type Remote interface{ Remote() }
