//go:build unix

package zmtpnet

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
)

// unread says whether something has arrived that was not read, be it the end.
func (s *socket) unread() bool {
	c, ok := s.stream.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := c.SyscallConn()
	if err != nil {
		return false
	}
	var peeked error
	err = raw.Control(func(fd uintptr) { // package net has made it one that does not wait
		_, _, peeked = syscall.Recvfrom(int(fd), make([]byte, 1), syscall.MSG_PEEK)
	})
	return err == nil && peeked == nil
}

// attempt writes without waiting, through the descriptor: package net has no
// such write. It is made once a link, so that an attempt allocates nothing.
type attempt struct {
	call func(fd uintptr) bool
	rest []byte
	ok   bool
}

func (a *attempt) init() { a.call = a.once }

// write writes what the socket takes of buffers and returns whether that was
// all. What is left stays in buffers; so does everything after an error. The next write
// fails, too, though the reason may be gone: the system tells of it once.
func (a *attempt) write(raw syscall.RawConn, buffers *net.Buffers) bool {
	if raw == nil || len(*buffers) != 1 {
		return false // several want one system call, which package net makes
	}
	a.rest, a.ok = (*buffers)[0], true
	if raw.Write(a.call) != nil {
		a.ok = false
	}
	rest := a.rest
	a.rest = nil
	if len(rest) > 0 {
		(*buffers)[0] = rest
		return false
	}
	*buffers = (*buffers)[:0]
	return a.ok
}

// once writes until nothing is left or the socket takes no more; the
// answer tells package net not to wait for it.
func (a *attempt) once(fd uintptr) bool {
	for len(a.rest) > 0 {
		n, err := writeNow(int(fd), a.rest)
		if n > 0 {
			a.rest = a.rest[n:]
		}
		if err != nil && !errors.Is(err, syscall.EINTR) || n == 0 && err == nil {
			a.ok = false
			break
		}
	}
	return true
}

// glance reads without package net's own buffering of the wait: what has arrived, or what
// comes next. It is made once a link.
type glance struct {
	call func(fd uintptr) bool
	in   *inbox
	into []byte // nil for the inbox's room
	wait bool
	n    int
	err  error
}

func (g *glance) init(in *inbox) { g.call, g.in = g.once, in }

// canGlance says that there is a way to read what has arrived.
const canGlance = true

// read reads into room what has arrived and returns how much that was; 0 if nothing has, or
// the deadline is over, which the next read that waits meets too. Other errors are told: the
// system tells of a reset once.
func (g *glance) read(raw syscall.RawConn, room []byte) (int, error) {
	if raw == nil {
		return 0, nil
	}
	g.into, g.wait = room, false
	err := g.run(raw)
	if g.into = nil; errors.Is(err, os.ErrDeadlineExceeded) {
		return 0, nil
	}
	return g.n, err
}

// await waits until something has arrived, and reads it into the inbox's room, which it asks
// for only then. It says false where there is no way to do so.
func (g *glance) await(raw syscall.RawConn) (n, room int, err error, ok bool) {
	if raw == nil {
		return 0, 0, nil, false
	}
	g.wait = true
	err = g.run(raw)
	return g.n, len(g.in.buffer) - g.in.end, err, true
}

func (g *glance) run(raw syscall.RawConn) error {
	g.n, g.err = 0, nil
	if err := raw.Read(g.call); err != nil {
		g.n = 0
		return err
	}
	return g.err
}

// once reads once; the answer tells package net whether to wait. While it waits, the inbox
// has no buffer.
func (g *glance) once(fd uintptr) bool {
	room := g.into
	if g.wait {
		room = g.in.room()
	}
	n, err := readNow(int(fd), room)
	for errors.Is(err, syscall.EINTR) {
		n, err = readNow(int(fd), room)
	}
	g.n = max(n, 0)
	switch {
	case errors.Is(err, syscall.EAGAIN):
		if g.wait {
			g.in.release()
		}
		return !g.wait
	case err != nil:
		g.err = os.NewSyscallError("read", err)
	case n == 0:
		g.err = io.EOF
	}
	return true
}
