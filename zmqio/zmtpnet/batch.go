package zmtpnet

import (
	"net"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// batchKeptMax is the largest buffer that a batch is pooled with. The pool is
// emptied by the garbage collector.
const batchKeptMax = 2 << 20

// batch is a stretch of what a link sends: plain frames, and bodies that
// are sent from where they lie, each after the frames up to its place.
type batch struct {
	frames   []byte
	bodies   []body
	messages int
	bytes    int

	// While it is written.
	begun   int // frames before that place are written, or part of todo
	next    int // index of the next body
	sealed  []byte
	todo    net.Buffers // what is being written
	buffers [2][]byte   // behind todo
}

type body struct {
	at    int // where in frames its own frame begins its body
	bytes []byte
}

// advance makes todo the next stretch to write: frames up to and including one
// body. It returns false when nothing is left.
func (b *batch) advance(sealer *zmtp.Sealer) bool {
	if b.begun == len(b.frames) {
		return false
	}
	end, rest := len(b.frames), []byte(nil)
	if b.next < len(b.bodies) {
		end, rest = b.bodies[b.next].at, b.bodies[b.next].bytes
		b.next++
	}
	frames := b.frames[b.begun:end]
	b.begun = end
	if sealer.Plain() {
		b.buffers = [2][]byte{frames, rest}
		b.todo = b.buffers[:2]
		if rest == nil {
			b.todo = b.todo[:1]
		}
		return true
	}
	b.sealed = sealer.Seal(b.sealed[:0], frames, rest)
	b.buffers[0] = b.sealed
	b.todo = b.buffers[:1]
	return true
}

// reset empties the batch and lets go of what should not be kept.
func (b *batch) reset() {
	frames, sealed, bodies := b.frames[:0], b.sealed[:0], b.bodies[:0]
	clear(b.bodies)
	if cap(frames) > batchKeptMax {
		frames = nil
	}
	if cap(sealed) > batchKeptMax {
		sealed = nil
	}
	*b = batch{frames: frames, sealed: sealed, bodies: bodies}
}
