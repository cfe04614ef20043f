package bilateralrpc

import (
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/zmtpnet"
)

// Transport carries the messages of a node. Besides the ones here there is
// libzmq.Transport of package zmqio/libzmq, in programs built with the tag libzmq,
// and a program may have one of its own: package zmqio says what it has to do, and
// package zmqio/transporttest tests whether it does.
type Transport = zmqio.Transport

// The transports that every build has.
var (
	// ZMTP carries tcp:// and ipc:// addresses over the sockets of Go, and is what a
	// Config without a Transport means. Its nodes and those on libzmq connect to each
	// other.
	ZMTP Transport = zmtpnet.Transport
	// Memory carries inproc:// addresses between the nodes of one process. They work
	// beside any other transport; a node with Memory has no others.
	Memory Transport = inproc.Transport
)

// transports returns what carries the addresses of a node with that Transport.
func transports(t Transport) []zmqio.Transport {
	switch t {
	case nil:
		t = ZMTP
	case Memory:
		return []zmqio.Transport{Memory}
	}
	return []zmqio.Transport{t, Memory}
}
