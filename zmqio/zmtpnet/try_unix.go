//go:build unix

package zmtpnet

import (
	"errors"
	"net"
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
// all. What is left stays in buffers; so does everything after an error, which
// the next write meets too.
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
		n, err := syscall.Write(int(fd), a.rest)
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

// glance reads what has arrived without waiting. It is made once a link.
type glance struct {
	call func(fd uintptr) bool
	into []byte
	n    int
}

func (g *glance) init() { g.call = g.once }

// read reads into room and returns how much that was; 0 if nothing has arrived, or
// there is an error, which the next read meets too.
func (g *glance) read(raw syscall.RawConn, room []byte) int {
	if raw == nil {
		return 0
	}
	g.into, g.n = room, 0
	if raw.Read(g.call) != nil {
		g.n = 0
	}
	g.into = nil
	return g.n
}

// once reads once; the answer tells package net not to wait.
func (g *glance) once(fd uintptr) bool {
	for {
		n, err := syscall.Read(int(fd), g.into)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		g.n = max(n, 0)
		return true
	}
}
