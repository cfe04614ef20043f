//go:build cgo && libzmq

package libzmq

import "errors"

// wire is a connection of libzmq's, found by its descriptor. libzmq may close that at
// any moment, and the system give its number to another file, so the number is never
// used by itself: see wires.borrow.
type wire struct {
	fd       int
	dev, ino uint64 // of the socket that the descriptor was when it was found
	tcp      bool   // so its bytes are counted
	remote   string // host and port at the other end; empty for ipc
}

// flow is what the system says of a connection. received and acked count the bytes
// of TCP since the connection was made; of ipc only waiting is known.
type flow struct {
	received, acked int64
	unread          int64 // of received, libzmq has not read these; zero if that was not asked
	waiting         int64 // not zero while some of what libzmq has written is not taken at the other end
}

// errGone is about a connection that libzmq has closed.
var errGone = errors.New("the connection is closed")
