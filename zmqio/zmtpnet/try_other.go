//go:build !unix

package zmtpnet

import (
	"net"
	"syscall"
)

// unread would say whether something has arrived that was not read.
func (s *socket) unread() bool { return false }

// attempt would write without waiting; there is no way to do it here, so that
// all writing is left to goroutines.
type attempt struct{}

func (a *attempt) init() {}

func (a *attempt) write(syscall.RawConn, *net.Buffers) bool { return false }

// canGlance would say that there is a way to read what has arrived.
const canGlance = false

// glance would read without waiting.
type glance struct{}

func (g *glance) init(*inbox) {}

func (g *glance) read(syscall.RawConn, []byte) (int, error) { return 0, nil }

func (g *glance) await(syscall.RawConn) (n, room int, err error, ok bool) { return 0, 0, nil, false }
