package zmqio

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Errors of the methods of a Driver, for errors.Is.
var (
	ErrClosed       = errors.New("bilateralrpc: the node is closed")
	ErrBusy         = errors.New("bilateralrpc: too many calls or peers at once; wait for some to end or raise the limits")
	ErrOwnName      = errors.New("bilateralrpc: loopback forbidden: a node can't connect to itself")
	ErrDuplicate    = errors.New("bilateralrpc: duplicate connection: this name is connected already; disconnect it first")
	ErrNoPeer       = errors.New("bilateralrpc: no existing connection of this name: connect to it first")
	ErrBadName      = errors.New("bilateralrpc: bad peer name: want 1 to 255 bytes, the first not zero")
	ErrBadAddress   = errors.New("bilateralrpc: bad address")
	ErrHeadTooLarge = errors.New("bilateralrpc: what goes with the call in its head, its metadata, is larger than Limits.HeadBytesMax; send it as an argument")
	ErrBadTimeout   = errors.New("bilateralrpc: the timeout of a call must be positive")
)

// refusal returns the error for what the machine has refused of the local user, and
// nil for zero.
func (d *Driver) refusal(r core.Refusal) error {
	switch r {
	case 0:
		return nil
	case core.RefuseName:
		return ErrBadName
	case core.RefuseOwnName:
		return ErrOwnName
	case core.RefuseConnected:
		return ErrDuplicate
	case core.RefuseUnknown:
		return ErrNoPeer
	case core.RefuseTimeout:
		return ErrBadTimeout
	case core.RefuseBusy:
		return ErrBusy
	case core.RefuseTooLarge:
		return ErrTooLarge
	case core.RefuseHead:
		return ErrHeadTooLarge
	case core.RefuseStopped:
		return d.reason()
	}
	return fmt.Errorf("bilateralrpc: refused: %v", r)
}
