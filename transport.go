package bilateralrpc

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/libzmq"
)

// Transport says what carries tcp:// and ipc:// addresses.
type Transport string

// The transports.
const (
	DefaultTransport Transport = ""       // the first of the others that is built in
	Libzmq           Transport = "libzmq" // the C library, by cgo
)

// socketTransport is a transport on sockets.
type socketTransport struct {
	name      Transport
	available bool
	new       zmqio.NewTransport
}

// socketTransports are all there are, the preferred one first.
var socketTransports = []socketTransport{
	{Libzmq, libzmq.Available, libzmq.New},
}

// routes returns which transport carries which addresses when t is chosen.
func (t Transport) routes() ([]zmqio.Route, error) {
	sockets := zmqio.Route{Schemes: []string{"tcp", "ipc"}}
	known := t == DefaultTransport
	for _, s := range socketTransports {
		if t == s.name {
			known = true
		}
		if s.available && sockets.New == nil && (t == DefaultTransport || t == s.name) {
			sockets.New = s.new
		}
	}
	switch {
	case !known:
		return nil, fmt.Errorf("bilateralrpc: no transport is called %q: want %q or nothing", string(t), string(Libzmq))
	case sockets.New == nil && t != DefaultTransport:
		return nil, noLibzmq()
	case sockets.New == nil:
		sockets.Missing = noLibzmq()
	}
	return []zmqio.Route{sockets, {Schemes: []string{"inproc"}, New: inproc.New}}, nil
}

// noLibzmq is ErrNoLibzmq with what to install.
func noLibzmq() error {
	_, err := libzmq.New(nil, zmqio.TransportConfig{})
	return fmt.Errorf("%w: %w", ErrNoLibzmq, err)
}
