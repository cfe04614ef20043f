package zmtpnet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// Reasons for the end of a link, in words for people.
var (
	// errGone ends a link that was hung up while its handshake was under way.
	errGone = errors.New("hung up during the handshake")
	// errPartial ends the link of a peer that may not hold what it has sent so far.
	errPartial = errors.New("its share of memory is used up: there is no room for the rest of its message")
	// errCrowded ends a handshake that has taken long while others waited for theirs.
	errCrowded = errors.New("the handshake took long, and others were waiting")
)

// dialReason says why no connection came about.
func dialReason(err error, timeout time.Duration) error {
	var lookup *net.DNSError
	var system syscall.Errno
	switch {
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return fmt.Errorf("no connection within %v", timeout)
	case errors.As(err, &lookup):
		return fmt.Errorf("the name could not be looked up: %w", err)
	case errors.As(err, &system):
		return system // "connection refused" says more without the system call and the address
	}
	return err
}

// late is the reason for the end of a handshake that was not done in time.
func (l *link) late(awaited string) error {
	return fmt.Errorf("%w: waited for its %s until %v were over", zmtp.FaultHandshake, awaited, l.carrier.cfg.HandshakeTimeout)
}

// explain adds what a person needs to understand err.
func (l *link) explain(err error) error {
	switch {
	case l.conn == nil:
		return err
	case l.evicted.Load():
		return errCrowded
	case errors.Is(err, zmtp.FaultRefused):
		return fmt.Errorf("not admitted: %w, and said %q", err, l.conn.Reason())
	case errors.Is(err, zmtp.FaultBox) && !l.up && l.listener != nil:
		return fmt.Errorf("it expects another key than this node's, or its messages were altered: %w", err)
	case errors.Is(err, zmtp.FaultSilent):
		return fmt.Errorf("%w: waited for %v", err, l.carrier.cfg.HeartbeatTimeout)
	case !closedByPeer(err):
		return err
	case l.up:
		return fmt.Errorf("the other end closed the connection: %w", err)
	case l.listener == nil && l.carrier.cfg.Curve && l.conn.Awaits() == "WELCOME":
		return fmt.Errorf("the other end has another key, or is closing: it closed the connection when it had seen the key that it should have: %w", err)
	}
	return fmt.Errorf("the other end closed the connection before its %s: %w", l.conn.Awaits(), err)
}

// located adds where the other end is.
func (l *link) located(why error) error {
	if l.address == "" {
		return why
	}
	return fmt.Errorf("%s: %w", l.address, why)
}

// newsworthy says whether it matters that an accepted connection did not come up: not
// if nobody said anything, as when a port is probed, or if the node is closing.
func (l *link) newsworthy(err error) bool {
	switch {
	case errors.Is(err, errGone):
		return false
	case errors.Is(err, net.ErrClosed):
		return l.evicted.Load() // else the node is closing
	}
	return l.in.heard || !closedByPeer(err)
}

// closedByPeer says whether err is that the other end closed the connection.
func closedByPeer(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
