//go:build !(cgo && libzmq)

package libzmq

import "github.com/bitmark-inc/bilateralrpc/zmqio"

// Available says whether this build contains libzmq.
const Available = false

// Transport can't be used in this build: what it answers says how to get one
// where it can.
var Transport zmqio.Transport = unavailable{}

type unavailable struct{}

func (unavailable) String() string { return "libzmq" }

func (unavailable) Schemes() []string { return schemes }

func (unavailable) Available() error { return ErrUnavailable }

func (unavailable) Open(zmqio.Sink, zmqio.TransportConfig) (zmqio.Carrier, error) {
	return nil, ErrUnavailable
}
