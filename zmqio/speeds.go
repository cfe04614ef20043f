package zmqio

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// speeds remembers how long the handlers of methods have lately taken. It has a fixed size,
// since peers choose the names: methods that share a slot are taken for one. The hash is
// the node's own, so that nobody can choose a name that shares the slot of another.
// All methods may be called concurrently.
type speeds struct {
	seed   maphash.Seed
	blocks [speedSlots / speedBlock]atomic.Pointer[[speedBlock]speed] // made when they are needed
}

const (
	speedSlots = 256
	speedBlock = 16
	// quickMax is how long a handler takes that is not worth another goroutine. To hand a
	// request over takes one or two microseconds, and as long again until it runs.
	quickMax = 10 * time.Microsecond
	// slowMax is the longest that counts, and fits into 32 bits. A method that once took so long is not quick
	// before it has been so some 90 times in a row.
	slowMax = time.Second
	// speedWeight is one over the weight of the newest run in the average.
	speedWeight = 8
)

// speed is the running average of how long the handlers of one slot took, in nanoseconds.
type speed struct{ average atomic.Int32 }

func (s *speeds) init() { s.seed = maphash.MakeSeed() }

// of returns the speed of a method.
func (s *speeds) of(method []byte) *speed {
	slot := maphash.Bytes(s.seed, method) % speedSlots
	at := &s.blocks[slot/speedBlock]
	block := at.Load()
	if block == nil {
		at.CompareAndSwap(nil, new([speedBlock]speed))
		block = at.Load()
	}
	return &block[slot%speedBlock]
}

// quick says whether the handlers have lately been quick. One that never ran is.
func (s *speed) quick() bool { return s.average.Load() < int32(quickMax) }

// note counts one more run. Of two at once, one may be left out.
func (s *speed) note(took time.Duration) {
	old := s.average.Load()
	if now := old + (int32(min(took, slowMax))-old)/speedWeight; now != old {
		s.average.Store(now)
	}
}
