package zmtpnet

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// link is one connection. Its goroutine connects if need be, reads, and ends it.
type link struct {
	carrier  *carrier
	listener *listener // nil for one that we dial
	address  string    // where the other end is, as far as that is known
	name     string    // fixed once the link is up

	// Of the link's goroutine, and fixed once the link is up.
	socket *socket
	raw    syscall.RawConn // of the socket; nil if it has none
	conn   *zmtp.Conn
	in     inbox
	keep   func() bool // takes the end of a dial's context off the socket
	leaving
	// account is the peer's, from when it is admitted, and holds linkBytes for the link.
	account   *zmqio.Account
	linkBytes int64

	// Of one that was accepted, until it is up; guarded by halfOpen.mu.
	step    string    // of the handshake, that it waits for
	awaited time.Time // since when
	working bool      // it has read something and looks at it
	// evicted says that its listener has ended it, to make room for others.
	evicted atomic.Bool

	out outbox

	// Guarded by the lock of the node.
	id     core.Link
	up     bool
	gone   bool   // hung up or lost: nothing is reported any more
	giveUp func() // ends a dial that is not up yet
}

// dialError says that no connection came about.
type dialError struct{ err error }

func (e *dialError) Error() string { return e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// attach gives the link its socket.
func (l *link) attach(s stream, conn *zmtp.Conn) {
	l.socket, l.conn = &socket{stream: s}, conn
	if c, ok := s.(syscall.Conn); ok {
		l.raw, _ = c.SyscallConn() // fails only for a closed socket: the next read or write will tell
	}
	l.in.armed = zmtp.Never
	l.in.glance.init(&l.in)
	l.out.attach(l)
}

// dial connects, and then reads until the link ends.
func (l *link) dial(ctx context.Context, address string) error {
	c := l.carrier
	started := c.now()
	at, err := endpoint.Parse(address, endpoint.Dial, schemes...)
	if err != nil {
		return &dialError{err}
	}
	server := new([zmtp.KeyBytes]byte)
	if c.cfg.Curve {
		if server, err = parseKeyName(l.name); err != nil {
			return fmt.Errorf("a node with CURVE dials keys: %w", err)
		}
	}
	if c.cfg.HandshakeTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.HandshakeTimeout)
		defer cancel()
	}
	s, err := dial(ctx, at)
	if err != nil {
		return &dialError{dialReason(err, c.cfg.HandshakeTimeout)}
	}
	l.attach(s, zmtp.Dial(&c.engine, server, entropy(), started))
	l.keep = context.AfterFunc(ctx, func() { _ = s.Close() })
	defer l.keep()
	if err = l.read(); !l.up && errors.Is(ctx.Err(), context.DeadlineExceeded) && errors.Is(err, net.ErrClosed) {
		return l.late(l.conn.Awaits())
	}
	return err
}

// admit says why the peer that knocks may not come in, or nil. It needs no lock:
// Admit is the user's code.
func (l *link) admit() error {
	c := l.carrier
	if c.cfg.Curve {
		l.name = keyName(l.conn.PeerKey())
	} else {
		l.name = l.conn.PeerIdentity()
	}
	switch {
	case !core.LegalName(l.name):
		return zmqio.ErrRefusedName
	case l.name == c.cfg.Name:
		return zmqio.ErrRefusedOwnName
	case c.cfg.Admit != nil && !c.cfg.Admit(l.name, l.address):
		return zmqio.ErrRefusedAdmit
	}
	return nil
}

// openAccount opens the peer's account and counts the link in it.
func (l *link) openAccount() error {
	account := l.carrier.cfg.Budget.Open(l.name)
	if !account.Take(zmqio.LinkBytes) {
		account.Close()
		return zmqio.ErrRefusedBudget
	}
	l.account, l.linkBytes, l.out.account = account, zmqio.LinkBytes, account
	return nil
}

// closeAccount gives back what the link counts, save for what a writer of it still
// holds.
func (l *link) closeAccount() {
	l.account.Give(l.linkBytes + l.in.charged)
	l.account.Close()
	l.account, l.linkBytes, l.in.charged = nil, 0, 0
}

// rise reports the link, unless it was hung up meanwhile.
func (l *link) rise() error {
	c := l.carrier
	if l.keep != nil && !l.keep() {
		return errGone
	}
	if l.listener == nil {
		if err := l.openAccount(); err != nil {
			return err
		}
	}
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	if l.gone || c.closed {
		return errGone
	}
	if l.listener != nil {
		l.id = c.sink.NextLink()
		c.links.Put(l.id, l)
	}
	l.up, l.in.inline = true, c.inline(l)
	l.keep, l.giveUp = nil, nil // a dial's
	c.sink.LinkUp(l.id, l.name, hostOf(l.socket.RemoteAddr()))
	return nil
}

// linger lets what is queued leave for at most d, and then ends the
// connection. Requires the lock; the link is up.
func (l *link) linger(d time.Duration) {
	if d <= 0 {
		_ = l.socket.Close() // the reader does the rest
		return
	}
	l.socket.endBy(time.Now().Add(d))
	l.out.close()
}

// end frees the link, and reports its end if that is news.
func (l *link) end(err error) {
	c := l.carrier
	if l.socket != nil {
		l.out.abandon()
		_ = l.socket.Close()
	}
	why := l.explain(err)
	if l.listener != nil {
		l.listener.waiting.failed(l)
		if !l.up && l.newsworthy(err) {
			c.sink.TurnedAway(l.name, l.address, why)
		}
	}
	c.log.Debug("connection ended", "link", l.id.String(), "peer", l.name, "address", l.address, "err", why)
	if l.conn != nil {
		l.conn.Release()
	}
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	l.closeAccount()
	if l.gone {
		return
	}
	l.gone = true
	if mine, _ := c.links.Find(l.id); mine != l {
		return // accepted, and never up
	}
	c.links.Delete(l.id)
	if !c.closed {
		c.sink.LinkLost(l.id, l.name, l.cause(err), l.located(why))
	}
}

// cause says what the end of the link means to the node. Requires the lock.
func (l *link) cause(err error) core.Cause {
	var dial *dialError
	switch {
	case errors.As(err, &dial):
		return core.CauseUnreachable
	case !l.up:
		return core.CauseHandshake
	case errors.Is(err, zmtp.FaultSilent):
		return core.CauseHeartbeat
	}
	return core.CauseLost
}
