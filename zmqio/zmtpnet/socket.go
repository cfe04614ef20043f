package zmtpnet

import (
	"errors"
	"net"
	"os"
	"sync"
	"time"
)

// stream is what a link needs of a connection: TCP or Unix.
type stream interface {
	net.Conn
	CloseWrite() error
}

// socket is a stream whose deadlines can be made final: from then on neither
// the reader nor a writer moves them any more.
type socket struct {
	stream
	mu    sync.Mutex
	final bool
}

// readBy sets the deadline of reads; the zero time is none.
func (s *socket) readBy(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.final {
		_ = s.SetReadDeadline(at) // fails only for a closed socket, which the read tells
	}
}

// writeBy sets the deadline of writes; the zero time is none.
func (s *socket) writeBy(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.final {
		_ = s.SetWriteDeadline(at)
	}
}

// endBy sets the last deadline, of everything.
func (s *socket) endBy(at time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.final = true
	_ = s.SetDeadline(at)
}

// ending says whether the last deadline has been set.
func (s *socket) ending() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.final
}

// timedOut says whether a read or a write has met its deadline.
func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }
