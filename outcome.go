package bilateralrpc

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/kind"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// appendOutcomes appends what became of c at each peer. It does nothing where
// nobody wants to know.
func appendOutcomes(dst []Outcome, c *zmqio.Call, bad map[int]error) []Outcome {
	if dst == nil {
		return nil
	}
	for i := range c.Outcomes {
		o := &c.Outcomes[i]
		err := outcomeError(o)
		if err == nil {
			err = bad[i]
		}
		dst = append(dst, Outcome{From: o.Peer, Err: err})
	}
	return dst
}

// outcomeError says what an outcome is to the program; nil if it is a reply.
func outcomeError(o *zmqio.Outcome) error {
	if o.TooMuch {
		return kind.ErrDropped
	}
	switch o.How {
	case core.Replied:
		return nil
	case core.Failed:
		return remoteError(o)
	case core.Unserved:
		return ErrUnserved
	case core.Refused:
		return refusedError(o.Cause)
	case core.NotConnected:
		return ErrNotConnected
	case core.Restarted:
		return ErrRestarted
	case core.Disconnected:
		return ErrDisconnected
	case core.Silent, core.Canceled:
		return ErrNoReply
	case core.Closed:
		return ErrClosed
	}
	return fmt.Errorf("bilateralrpc: the call ended with %v", o.How)
}

// refusedError says why a message was not sent.
func refusedError(cause core.Cause) error {
	switch cause {
	case core.CauseWouldBlock:
		return ErrWouldBlock
	case core.CauseTooLarge:
		return ErrTooLarge
	}
	return ErrUnroutable
}
