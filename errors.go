package bilateralrpc

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/internal/kind"
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

	// Misuse of Call, CallContext, Cast and of a Method.
	ErrTimeoutTooShort = fmt.Errorf("bilateralrpc: timeout too short: want at least %v", MINIMUM_CALL_TIMEOUT)
	ErrTwoTimeouts     = errors.New("bilateralrpc: more than one timeout")
	ErrBadResults      = errors.New("bilateralrpc: bad results")
	ErrBadArguments    = kind.ErrBadArguments // also what a peer says that can't decode them
	ErrBadMethod       = errors.New("bilateralrpc: bad method")
	ErrBadMetadata     = errors.New("bilateralrpc: bad metadata")
	ErrTooLarge        = zmqio.ErrTooLarge // beyond Config.Limits

	// ErrQuorum is what a QuorumError is: too few peers replied without an error.
	ErrQuorum = errors.New("bilateralrpc: too few replies")
)

// How a call ended at one peer, in the Err of a row, an Outcome or a Reply, for errors.Is.
// None of these says that the method has not run, but for those that say that nothing was
// sent.
var (
	ErrNoReply      = errors.New("bilateralrpc: no reply in time; the method may have run: allow more time, or look at Peers")
	ErrUnserved     = errors.New("bilateralrpc: the peer could not run the method: it is an old one, which does not say why")
	ErrNotConnected = errors.New("bilateralrpc: the peer is not connected; nothing was sent: wait for it, or look at Peers")
	ErrDisconnected = errors.New("bilateralrpc: disconnected meanwhile; the method may have run")
	ErrRestarted    = errors.New("bilateralrpc: the peer restarted meanwhile; the method may have run")
	ErrWouldBlock   = zmqio.ErrWouldBlock // its send queue is full; nothing was sent
	ErrUnroutable   = zmqio.ErrUnroutable // its connection is gone; nothing was sent
)

// What a peer answers in place of a reply, for errors.Is. The error itself is a RemoteError
// or an [Error], with the peer's own text. Nodes of this implementation say it by a code,
// and by a text that is recognised; the original's say ErrUnserved where they could not run
// a method. A text of a handler that begins like one of these is taken for one.
var (
	ErrNoService  = kind.ErrNoService
	ErrNoMethod   = kind.ErrNoMethod
	ErrPanicked   = kind.ErrPanicked
	ErrBadReply   = kind.ErrBadReply // it can't be encoded there, or not be decoded here
	ErrLeaving    = kind.ErrLeaving
	ErrReplyLost  = kind.ErrReplyLost  // with ErrOverloaded too, where there was no memory for it
	ErrOverloaded = kind.ErrOverloaded // the method did not run, unless it is ErrReplyLost as well
)
