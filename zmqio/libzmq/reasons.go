//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"

	zmq "github.com/pebbe/zmq4"
)

// Why a connection did not come about, or ended, for people.
var (
	errConnect   = errors.New("nobody listens there, or the way there is blocked")
	errNoAnswer  = errors.New("no answer in time")
	errLost      = errors.New("the connection ended")
	errHandshake = errors.New("the other end ended the connection during the handshake: it may not admit this node, or be no node")
	errStrangers = errors.New("too many connections that have said nothing yet")
	errSilent    = errors.New("the other end is silent")
	errEndless   = errors.New("a message of too many parts")
	errBudget    = errors.New("what is held for the peer, or for all, is at its maximum")
)

// failedHandshake puts into words what a monitor says of a handshake. value is a code
// of libzmq, or of the ZAP responder of the other end.
func failedHandshake(event zmq.Event, value int) error {
	const mechanismMismatch, cryptographic, keyExchange = 0x11000002, 0x11000001, 0x10000003
	switch {
	case event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
		return fmt.Errorf("not admitted (status %d)", value)
	case event == zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL:
		return errHandshake
	case value == mechanismMismatch:
		return errors.New("one end uses CURVE and the other does not")
	case value == cryptographic, value == keyExchange:
		return errors.New("the public key that the dialler expects is not the listener's")
	}
	return fmt.Errorf("the other end broke the protocol of the handshake (%#x)", value)
}

// at adds to why which address it is about.
func at(address string, why error) error {
	if why == nil || address == "" {
		return why
	}
	return fmt.Errorf("%s: %w", address, why)
}
