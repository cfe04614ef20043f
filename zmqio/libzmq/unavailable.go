//go:build !(cgo && !nozmq)

package libzmq

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Available says whether this build contains the transport.
const Available = false

// errUnavailable is all that New has to say in this build.
var errUnavailable = errors.New("libzmq: this program was built without libzmq: " +
	"install it (Debian, Ubuntu: apt-get install libzmq3-dev pkg-config gcc; Fedora: dnf install zeromq-devel pkgconf gcc; " +
	"macOS: brew install zeromq pkg-config) and build with cgo (CGO_ENABLED=1, without -tags nozmq)")

// New returns an error that says what to install.
func New(zmqio.Sink, zmqio.TransportConfig) (zmqio.Transport, error) {
	return nil, errUnavailable
}
