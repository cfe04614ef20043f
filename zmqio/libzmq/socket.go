//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

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
	handle unsafe.Pointer // of zmq
	in     incoming       // where it receives to; without one, only events are read
	file   *os.File       // a duplicate of ZMQ_FD: os.File closes what it is given
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
	if s.handle, err = handle(z); err == nil {
		err = configure(z)
	}
	if err == nil {
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
