package zmtpnet

import (
	"net"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// batchSizes are those of the buffers of frames, and of the pools of batches. A link
// that queues little has two of the smallest, which are free: one is filled while
// the other is written.
var batchSizes = [...]int{batchFree, 8 << 10, 32 << 10, batchMax}

const (
	batchFree = zmqio.LinkFreeBytes / 4
	// batchMax bounds the frames of a batch, unless a single message has more.
	batchMax = 64 << 10
)

// batch is a stretch of what a link sends: plain frames, and bodies that
// are sent from where they lie, each after the frames up to its place.
type batch struct {
	frames   []byte // never grown by append
	bodies   []body
	messages int
	control  int    // bytes of the engine's own frames
	charged  int64  // what it counts in the peer's account
	next     *batch // that is queued behind it

	// While it is written.
	begun    int         // frames before that place are written, or part of todo
	nextBody int         // index of the next body
	sealed   []byte      // room for todo with CURVE
	large    []byte      // behind todo, for a frame that does not fit into sealed
	todo     net.Buffers // what is being written
	buffers  [2][]byte   // behind todo
}

type body struct {
	at    int // where in frames its own frame begins its body
	bytes []byte
}

// batchPools keep batches by the size of their frames. The garbage collector
// empties them.
type batchPools [len(batchSizes)]sync.Pool

// batches are those of all nodes: of many links, few are written to at a time.
var batches batchPools

// sizeFor returns the size of the buffer of a batch for n bytes of frames.
func sizeFor(n int) int {
	for _, size := range batchSizes {
		if n <= size {
			return size
		}
	}
	return n
}

// get returns an empty batch whose buffer has size, one that sizeFor returns.
func (p *batchPools) get(size int) *batch {
	for i := range batchSizes {
		if batchSizes[i] == size {
			if b, ok := p[i].Get().(*batch); ok {
				return b
			}
		}
	}
	return &batch{frames: make([]byte, 0, size)}
}

// put empties b for another use. Nobody else may have it.
func (p *batchPools) put(b *batch) {
	b.releaseLarge()
	clear(b.bodies)
	*b = batch{frames: b.frames[:0], sealed: b.sealed[:0], bodies: b.bodies[:0]}
	for i := range batchSizes {
		if batchSizes[i] == cap(b.frames) {
			p[i].Put(b)
			return // b is another's from here on
		}
	}
}

// sealedSize is the size of the buffer into which a batch of size is sealed, in
// several stretches if need be: small frames double in size.
func sealedSize(size int) int { return min(2*size, batchMax) }

// batchBytes is what a batch of size counts besides its bodies.
func batchBytes(size int, plain bool) int64 {
	switch {
	case size <= batchFree:
		return 0
	case plain:
		return zmqio.HeapBytes(int64(size))
	}
	return zmqio.HeapBytes(int64(size + sealedSize(size)))
}

// move takes over the frames and all else of b, which is not being written, except
// for its charge. Its own buffer is larger.
func (b *batch) move(from *batch) {
	b.frames = append(b.frames, from.frames...)
	b.bodies = append(b.bodies, from.bodies...)
	b.messages, b.control = from.messages, from.control
}

// advance makes todo the next stretch to write: frames up to and including one
// body, or with CURVE what fits into the buffer. It returns false when nothing is
// left. Bodies that are done with are given back to account.
func (b *batch) advance(sealer *zmtp.Sealer, account *zmqio.Account) bool {
	b.releaseBodies(account)
	b.releaseLarge()
	if b.begun == len(b.frames) {
		return false
	}
	end, rest := len(b.frames), []byte(nil)
	if b.nextBody < len(b.bodies) {
		end, rest = b.bodies[b.nextBody].at, b.bodies[b.nextBody].bytes
	}
	frames := b.frames[b.begun:end]
	if !sealer.Plain() {
		b.seal(sealer, frames, rest)
		b.releaseBodies(account) // what was sealed is a copy
		return true
	}
	b.begun = end
	b.buffers = [2][]byte{frames, rest}
	b.todo = b.buffers[:2]
	if rest == nil {
		b.todo = b.todo[:1]
	}
	return true
}

// seal makes todo what fits into sealed of frames, of which the last one is completed
// by rest, or else the first of them.
func (b *batch) seal(sealer *zmtp.Sealer, frames, rest []byte) {
	if b.sealed == nil {
		b.sealed = make([]byte, 0, sealedSize(cap(b.frames)))
	}
	sealed, used := sealer.SealSome(b.sealed[:0], frames, rest)
	if used == 0 {
		b.large = buffers.Process.Get(len(frames) + len(rest) + zmtp.SealBytesMax)
		sealed, used = sealer.SealSome(b.large, frames, rest)
	}
	b.begun += used
	b.buffers[0] = sealed
	b.todo = b.buffers[:1]
}

// releaseLarge gives the large buffer back.
func (b *batch) releaseLarge() {
	if b.large != nil {
		buffers.Process.Put(b.large)
		b.large, b.buffers[0] = nil, nil
	}
}

// releaseBodies lets go of the bodies before begun, save for those in todo, of which
// there are none when advance asks for the next stretch, or has sealed one.
func (b *batch) releaseBodies(account *zmqio.Account) {
	for ; b.nextBody < len(b.bodies) && b.bodies[b.nextBody].at <= b.begun; b.nextBody++ {
		done := &b.bodies[b.nextBody]
		charge := zmqio.HeapBytes(int64(len(done.bytes)))
		b.charged -= charge
		account.Give(charge)
		done.bytes = nil
		b.buffers[1] = nil
	}
}
