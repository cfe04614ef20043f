package zmtpnet

import (
	"sync"

	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	// readStart is the size of a new read buffer: a handshake fits.
	readStart = 2 << 10
	// readMax is the largest one.
	readMax = 64 << 10
	// shrinkAfter is how many reads in a row must leave most of a buffer empty
	// before it is replaced by a smaller one.
	shrinkAfter = 256
)

// inbox is the reading side of a link. Its goroutine owns it.
type inbox struct {
	buffer     []byte
	start, end int          // of the bytes that were read and not used
	roomy      int          // reads in a row that left most of the buffer empty
	armed      zmtp.Instant // the deadline the socket has, or Never
	found      []zmtp.Input // messages to report
	kept       int          // bytes of found that belong to the node once they are reported
	control    []byte       // answers of the engine
	charged    int64        // counted for what is held: see hold
	glance     glance
	busy       busyPoll
	yielded    zmtp.Instant // when it last did: see yieldAfter
	inline     *zmqio.Inline
	full       bool // the newest read found as much as it had room for: more is there
	inside     bool // the gate for large work
	rest       bool // of what was read, some is still to be looked at
	quiet      bool // the newest read found the engine's own frames only
	exact      bool // the deadline is to be set even if it is later than the socket's
	heard      bool // something was read
}

// room returns where the next bytes go: behind the unused ones. There is
// always some, since the engine needs less than readMax to go on.
func (in *inbox) room() []byte {
	if in.buffer == nil {
		in.buffer = readBuffers.Get().(*[readStart]byte)[:]
	}
	return in.buffer[in.end:]
}

// release does without the buffer while nothing is in it, if it is of the smallest size. Of
// many links most wait.
func (in *inbox) release() {
	if len(in.buffer) == readStart && in.start == in.end {
		readBuffers.Put((*[readStart]byte)(in.buffer))
		in.buffer, in.start, in.end = nil, 0, 0
	}
}

// drop puts the buffers of messages back that nobody will have, and forgets them.
func (in *inbox) drop(messages []zmtp.Input) {
	for i := range messages {
		if messages[i].Keep {
			buffers.Process.Put(messages[i].Payload)
		}
	}
	clear(messages) // nothing is put back twice, whoever looks again
}

// forget does without all that can be made again.
func (in *inbox) forget() {
	in.release()
	in.found, in.control = nil, nil
}

// readBuffers are those that nobody reads into: a link that waits has none.
var readBuffers = sync.Pool{New: func() any { return new([readStart]byte) }}

// filled says whether a larger buffer would have held more.
func (in *inbox) filled() bool { return in.end == len(in.buffer) && in.end < readMax }

// tidy moves unused bytes to the front of the buffer, and replaces it by a
// larger one if grow says so, or a smaller one when it has long been roomy.
func (in *inbox) tidy(grow bool) {
	switch {
	case grow:
		in.roomy = 0
		in.resize(2 * in.end)
	case in.end > len(in.buffer)/4:
		in.roomy = 0
	default:
		if in.roomy++; in.roomy > shrinkAfter {
			in.roomy = 0
			in.shrink(len(in.buffer) / 2)
		}
	}
	in.end = copy(in.buffer, in.buffer[in.start:in.end])
	in.start = 0
}

// shrink replaces a larger buffer by one of size, where what is unused fits.
func (in *inbox) shrink(size int) {
	if size >= readStart && len(in.buffer) > size && in.end-in.start <= size/2 {
		in.resize(size)
	}
}

func (in *inbox) resize(size int) {
	buffer := make([]byte, size)
	in.end = copy(buffer, in.buffer[in.start:in.end])
	in.start, in.buffer = 0, buffer
}
