package bilateralrpc

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Errors of a node's methods, for errors.Is. Those returned add details.
var (
	// The node.
	ErrClosed = zmqio.ErrClosed                     // closed, or failed
	ErrBusy   = zmqio.ErrBusy                       // too many calls or peers at once: Config.Limits
	ErrBadKey = errors.New("bilateralrpc: bad key") // not Z85 of 32 bytes, or not a pair

	// Misuse of ConnectTo, DisconnectFrom and ListenOn.
	ErrBadName    = zmqio.ErrBadName
	ErrBadAddress = zmqio.ErrBadAddress
	ErrOwnName    = zmqio.ErrOwnName   // a node can't connect to itself
	ErrDuplicate  = zmqio.ErrDuplicate // connected already
	ErrNoPeer     = zmqio.ErrNoPeer    // not connected

	// Misuse of Call, CallContext and Cast.
	ErrTimeoutTooShort = fmt.Errorf("bilateralrpc: timeout too short: want at least %v", MINIMUM_CALL_TIMEOUT)
	ErrTwoTimeouts     = errors.New("bilateralrpc: more than one timeout")
	ErrBadResults      = errors.New("bilateralrpc: bad results")
	ErrBadArguments    = errors.New("bilateralrpc: bad arguments")
	ErrTooLarge        = zmqio.ErrTooLarge // beyond Config.Limits

	// How a call ended at one peer, in a row's or Outcome's Err. An error text of the
	// peer itself is a RemoteError.
	ErrNoReply      = errors.New("bilateralrpc: no reply in time")
	ErrBadReply     = errors.New("bilateralrpc: the reply is not of the expected type")
	ErrOverloaded   = zmqio.ErrOverloaded                                           // the reply was dropped: Config.Limits
	ErrUnserved     = errors.New("bilateralrpc: the peer could not run the method") // an old peer, which does not say why; ours are RemoteErrors
	ErrNotConnected = errors.New("bilateralrpc: the peer is not connected; nothing was sent")
	ErrDisconnected = errors.New("bilateralrpc: disconnected meanwhile; the method may have run")
	ErrRestarted    = errors.New("bilateralrpc: the peer restarted meanwhile; the method may have run")
	ErrWouldBlock   = zmqio.ErrWouldBlock // its send queue is full; nothing was sent
	ErrUnroutable   = zmqio.ErrUnroutable // its connection is gone; nothing was sent
)

// RemoteError is an error text that a peer sent: its handler's own, or why the
// peer did not run one.
type RemoteError string

func (e RemoteError) Error() string { return string(e) }
