package bilateralrpc

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
	"github.com/bitmark-inc/bilateralrpc/zmqio/zmtpnet"
)

// Transport says what carries tcp:// and ipc:// addresses. All speak the same
// protocol: nodes with different ones connect to each other.
type Transport string

// The transports.
const (
	DefaultTransport Transport = ""       // Libzmq where it is built in, else ZMTP
	Libzmq           Transport = "libzmq" // the C library, by cgo
	ZMTP             Transport = "zmtp"   // our own, in Go
)

// routes returns which transport carries which addresses when t is chosen.
func (t Transport) routes() ([]zmqio.Route, error) {
	if t == DefaultTransport {
		t = ZMTP
		if libzmq.Available {
			t = Libzmq
		}
	}
	sockets := zmqio.Route{Schemes: []string{"tcp", "ipc"}}
	switch {
	case t == ZMTP:
		sockets.New = zmtpnet.New
	case t == Libzmq && libzmq.Available:
		sockets.New = libzmq.New
	case t == Libzmq:
		_, err := libzmq.New(nil, zmqio.TransportConfig{}) // says what to install
		return nil, fmt.Errorf("%w: %w", ErrNoLibzmq, err)
	default:
		return nil, fmt.Errorf("bilateralrpc: no transport is called %q: want %q, %q or nothing", string(t), Libzmq, ZMTP)
	}
	return []zmqio.Route{sockets, {Schemes: []string{"inproc"}, New: inproc.New}}, nil
}
