//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// errAgain is libzmq's "not now": nothing to receive, or no room to send.
const errAgain = zmq.Errno(syscall.EAGAIN)

// past is a read deadline that has always expired.
var past = time.Unix(1, 0)

// socket is a libzmq socket and the means to wait for it in Go's netpoller.
//
// Families: send, receive, pending and close require the lock of the node;
// watch is the body of the one goroutine that waits; wake may be called by
// anybody.
//
// ZMQ_FD signals edges, and any call on the socket, a send included, may take
// the signal of a message that has arrived. Two rules keep a message from
// sleeping: watch looks at the socket itself before it waits, after the
// netpoller has begun to collect edges; and a sender looks for input
// afterwards, or has the watcher look, or, in Carrier.Send, Flush (see sent).
type socket struct {
	zmq    *zmq.Socket
	file   *os.File // a duplicate of ZMQ_FD: os.File closes what it is given
	raw    syscall.RawConn
	closed bool // guarded by the lock of the node

	// skipping says that the rest of the current message is to be thrown away.
	// Guarded by the lock.
	skipping bool
	drains   int   // how often it was found empty; guarded by the lock
	received int64 // bytes of payloads; guarded by the lock

	woken  atomic.Bool // look at the socket once more before waiting
	parked atomic.Bool // the watcher waits, or is about to
	batch  *batch      // of its carrier; nil for the sockets that Carrier.Send never uses
	listed bool        // it is in batch; guarded by the lock
}

// batch is the sockets that Carrier.Send has sent on since the last Flush while their watchers
// were parked. To look at a socket takes two system calls, so that is left to Flush, once for
// all that was sent. Guarded by the lock of the node.
type batch struct {
	open    bool // Send is at work
	sockets []*socket
	some    atomic.Bool // there are any: for Flush, which has no lock yet
}

// look has those watchers look at their sockets that have something.
func (b *batch) look() {
	for _, s := range b.sockets {
		if s.listed = false; !s.closed {
			s.look()
		}
	}
	clear(b.sockets)
	b.sockets = b.sockets[:0]
	b.some.Store(false)
}

// openSocket makes a socket of ctx, lets configure set its options, and
// prepares it for watch.
func openSocket(ctx *zmq.Context, kind zmq.Type, configure func(*zmq.Socket) error) (*socket, error) {
	z, err := ctx.NewSocket(kind)
	if err != nil {
		return nil, fmt.Errorf("bilateralrpc: libzmq: new %v socket: %w", kind, err)
	}
	s := &socket{zmq: z}
	if err = configure(z); err == nil {
		err = s.openFile()
	}
	if err != nil {
		z.Close()
		return nil, fmt.Errorf("bilateralrpc: libzmq: %v socket: %w", kind, err)
	}
	return s, nil
}

// openFile hands a duplicate of ZMQ_FD to the netpoller.
func (s *socket) openFile() error {
	fd, err := s.zmq.GetFd()
	if err != nil {
		return err
	}
	dup, err := duplicateFd(fd)
	if err != nil {
		return fmt.Errorf("duplicate ZMQ_FD: %w", err)
	}
	// libzmq makes it non-blocking, which is what NewFile asks for before it
	// puts a descriptor into the netpoller.
	s.file = os.NewFile(uintptr(dup), "zmq")
	if err = s.file.SetReadDeadline(time.Time{}); err == nil {
		s.raw, err = s.file.SyscallConn()
	}
	if err != nil {
		s.file.Close()
		return fmt.Errorf("ZMQ_FD can't be polled: %w", err)
	}
	return nil
}

// duplicateFd returns a duplicate of a descriptor that child processes don't get.
func duplicateFd(fd int) (int, error) {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	dup, err := syscall.Dup(fd)
	if err == nil {
		syscall.CloseOnExec(dup)
	}
	return dup, err
}

// watch calls ready at once, then whenever the socket may have something to
// receive, after wake, and at the instant that ready returned last (the zero
// Time means none). It ends when ready says stop, and frees what openFile took.
// ready runs without the lock. While there is always more to receive, others go first each
// bulk.YieldAfter.
func (s *socket) watch(ready func() (next time.Time, stop bool)) {
	defer s.file.Close()
	stop := false
	for !stop {
		var deadline time.Time
		s.file.SetReadDeadline(deadline)
		// The netpoller latches edges from here on, so that one which comes while
		// ready runs ends the wait that follows. The error is the expired deadline.
		s.raw.Read(func(uintptr) bool {
			var next time.Time
			went := time.Now()
			for again := true; again && !stop; {
				s.parked.Store(false)
				if bulk.Wanted() || time.Since(went) >= bulk.YieldAfter {
					bulk.Yield()
					went = time.Now()
				}
				s.woken.Store(false)
				if next, stop = ready(); !next.Equal(deadline) {
					deadline = next
					s.file.SetReadDeadline(deadline)
				}
				s.parked.Store(true)
				again = s.woken.Load()
			}
			return stop
		})
	}
}

// wake makes the watcher look at the socket.
func (s *socket) wake() {
	s.woken.Store(true)
	if s.parked.Load() {
		s.file.SetReadDeadline(past)
	}
}

// sent makes up for the signals that a send may have swallowed. A watcher that
// is at work is only told to look once more, which is cheaper than to look here
// after every send: with 64 calls under way an exchange takes 0.76 of the time
// (median of ten interleaved runs). For one that is parked, Flush looks once for all that was
// sent, which makes 1.2 to 1.5 times as many calls with 64 callers (three interleaved runs).
func (s *socket) sent() {
	s.woken.Store(true) // before parked is read: see watch
	switch {
	case s.batch == nil || !s.batch.open:
		s.look()
	case s.parked.Load() && !s.listed:
		s.listed = true
		s.batch.sockets = append(s.batch.sockets, s)
		s.batch.some.Store(true)
	}
}

// look has the watcher, if it is parked, look at the socket if that has something.
func (s *socket) look() {
	if s.parked.Load() && s.pending() {
		s.file.SetReadDeadline(past)
	}
}

// pending has libzmq process what its I/O thread reported and says whether
// there is something to receive.
func (s *socket) pending() bool {
	state, err := s.zmq.GetEvents()
	return err == nil && state&zmq.POLLIN != 0
}

// send sends parts as one message, without blocking. libzmq decides at the
// first part whether there is room and a receiver; a failure after it (the
// connection broke in between) is EHOSTUNREACH and nothing was sent.
func (s *socket) send(parts ...[]byte) error {
	err := s.sendOnce(parts)
	if isAgain(err) {
		// A send looks at the I/O thread's reports once a millisecond only: there may
		// be room again, or a connection at last.
		s.zmq.GetEvents()
		err = s.sendOnce(parts)
	}
	s.sent()
	return err
}

func (s *socket) sendOnce(parts [][]byte) error {
	for i, part := range parts {
		flags := zmq.DONTWAIT
		if i < len(parts)-1 {
			flags |= zmq.SNDMORE
		}
		if _, err := s.zmq.SendBytes(part, flags); err != nil {
			if i > 0 {
				return zmq.EHOSTUNREACH
			}
			return err
		}
	}
	return nil
}

// skipMax bounds the frames thrown away in one go, so that a message of very
// many frames does not keep the node from its other work.
const skipMax = 256

// skip goes on to throw away the rest of a message. It returns false when
// there is more to throw away than it likes to at once.
func (s *socket) skip() bool {
	for i := 0; s.skipping; i++ {
		if i == skipMax {
			return false
		}
		if _, err := s.zmq.RecvBytes(zmq.DONTWAIT); err != nil {
			s.skipping = false
			return true
		}
		s.skipping = s.more()
	}
	return true
}

// more says whether the message received last has further frames.
func (s *socket) more() bool {
	more, err := s.zmq.GetRcvmore()
	return err == nil && more
}

// body is a message from its command on.
type body struct {
	command, payload []byte
	wellFormed       bool // there were exactly these two frames
}

// receiveBody receives the rest of a message; frames beyond the second are left
// to skip.
func (s *socket) receiveBody() (b body, err error) {
	if b.command, err = s.zmq.RecvBytes(zmq.DONTWAIT); err == nil {
		err = s.receivePayload(&b)
	}
	return b, err
}

// bytes is what a message takes on the wire, if it is well-formed: less, if it is not.
func (b *body) bytes(curve bool) int64 { return messageBytes(len(b.command), len(b.payload), curve) }

func messageBytes(command, payload int, curve bool) int64 {
	return frameBytes(command, curve) + frameBytes(payload, curve)
}

// origin is where a message came from.
type origin struct {
	address string // of the host
	fd      int    // of the connection, when the message arrived; -1 if it is not known
}

// receiveFirst is receiveBody for a message of which that must be known.
func (s *socket) receiveFirst() (b body, from origin, err error) {
	const address, descriptor = "Peer-Address", "__fd" // the second is for the old option ZMQ_SRCFD
	command, properties, err := s.zmq.RecvBytesWithMetadata(zmq.DONTWAIT, address, descriptor)
	if b.command = command; err == nil {
		err = s.receivePayload(&b)
	}
	from = origin{properties[address], -1}
	if fd, err := strconv.Atoi(properties[descriptor]); err == nil {
		from.fd = fd
	}
	return b, from, err
}

func (s *socket) receivePayload(b *body) (err error) {
	if !s.more() {
		return nil
	}
	b.payload, err = s.zmq.RecvBytes(zmq.DONTWAIT)
	s.received += int64(len(b.payload))
	s.skipping = err == nil && s.more()
	b.wellFormed = err == nil && !s.skipping
	return err
}

// close closes the libzmq socket, gives its messages linger to leave, and ends
// the watcher, whose ready has to look at closed. It requires the lock.
func (s *socket) close(linger time.Duration) {
	if s.closed {
		return
	}
	s.closed = true
	s.zmq.SetLinger(max(linger, 0))
	s.zmq.Close()
	s.wake()
}

// discard closes sockets that nobody watches yet. Nil ones are passed over.
func discard(sockets ...*socket) {
	for _, s := range sockets {
		if s != nil {
			s.close(0)
			s.file.Close()
		}
	}
}

// isAgain says whether err only means "not now".
func isAgain(err error) bool { return errors.Is(err, errAgain) }
