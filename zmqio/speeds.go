package zmqio

import (
	"hash/maphash"
	"math"
	"sync/atomic"
	"time"
)

// speeds remembers how the handlers of methods have lately been. It has a fixed size,
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
	// heavyBytes is from where replies are large: handlers that make them need a lease.
	heavyBytes = 64 << 10
	// Of the handlers that make large replies the first sampleFirst are samples, and one in sampleEvery.
	sampleFirst, sampleEvery = 4, 16
	// waitsAlways is the average of handlers that always wait, and waitsMax that of those which need a lease.
	waitsAlways, waitsMax = 256, waitsAlways / 4
)

// speed is what is known of one slot, in running averages.
type speed struct {
	average atomic.Int32  // of how long the handlers took, in nanoseconds; 0 if none began yet
	replies atomic.Int32  // of the sizes of their replies, where small ones count as empty
	waits   atomic.Int32  // of whether they waited for something, rather than computed: 0 to waitsAlways
	seen    atomic.Uint32 // how many made large replies
}

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

// quick says whether the handlers have lately been quick. Of those that never ran the first
// is taken for quick, the others are when that has been.
func (s *speed) quick() bool {
	average := s.average.Load()
	return average < int32(quickMax) && (average > 0 || s.average.CompareAndSwap(0, int32(quickMax)))
}

// note counts one more run. Of two at once, one may be left out.
func (s *speed) note(took time.Duration) { count(&s.average, int32(min(took, slowMax))) }

// makesLarge says whether the replies have lately been large. An average stays up to
// speedWeight below what does not change.
func (s *speed) makesLarge() bool { return s.replies.Load() > heavyBytes-speedWeight }

// heavy says whether a handler needs a lease: it makes large replies and computes.
func (s *speed) heavy() bool { return s.makesLarge() && s.waits.Load() <= waitsMax }

// isSample says whether one more handler is to be seen exactly: the first ones, and then some.
func (s *speed) isSample() bool {
	n := s.seen.Add(1)
	return n <= sampleFirst || n%sampleEvery == 0
}

// noteReply counts a reply of so many bytes.
func (s *speed) noteReply(bytes int) {
	if bytes >= heavyBytes {
		count(&s.replies, int32(min(bytes, math.MaxInt32/2)))
	} else if s.replies.Load() > 0 {
		count(&s.replies, 0)
	}
}

// noteWaits counts a handler that has waited, or one that has computed.
func (s *speed) noteWaits(waited bool) {
	value := int32(0)
	if waited {
		value = waitsAlways
	}
	count(&s.waits, value)
}

// count has an average take in one more value.
func count(average *atomic.Int32, value int32) {
	old := average.Load()
	if now := old + (value-old)/speedWeight; now != old {
		average.Store(now)
	}
}
