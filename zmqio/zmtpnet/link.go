package zmtpnet

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// link is one connection. Its goroutine connects if need be, reads, and ends it.
type link struct {
	carrier  *carrier
	listener *listener // nil for one that we dial
	name     string    // fixed once the link is up

	// Of the link's goroutine, and fixed once the link is up.
	socket *socket
	conn   *zmtp.Conn
	in     inbox
	keep   func() bool // takes the end of a dial's context off the socket

	out outbox

	// Guarded by the lock of the node.
	id     core.Link
	up     bool
	gone   bool   // hung up or lost: nothing is reported any more
	giveUp func() // ends a dial that is not up yet
}

// errGone ends a link that was hung up while its handshake was under way.
var errGone = errors.New("hung up during the handshake")

// dialError says that no connection came about.
type dialError struct{ err error }

func (e *dialError) Error() string { return "dial: " + e.err.Error() }
func (e *dialError) Unwrap() error { return e.err }

// attach gives the link its socket.
func (l *link) attach(s stream, conn *zmtp.Conn) {
	l.socket, l.conn = &socket{stream: s}, conn
	l.in.armed = zmtp.Never
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
			return err
		}
	}
	if c.cfg.HandshakeTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.cfg.HandshakeTimeout)
		defer cancel()
	}
	s, err := dial(ctx, at)
	if err != nil {
		return &dialError{err}
	}
	l.attach(s, zmtp.Dial(&c.engine, server, entropy(), started))
	l.keep = context.AfterFunc(ctx, func() { _ = s.Close() })
	defer l.keep()
	return l.read()
}

// admit asks whether the peer that knocks may come in. It needs no lock:
// Admit is the user's code.
func (l *link) admit() bool {
	c := l.carrier
	if c.cfg.Curve {
		l.name = keyName(l.conn.PeerKey())
	} else {
		l.name = l.conn.PeerIdentity()
	}
	return core.LegalName(l.name) && l.name != c.cfg.Name &&
		(c.cfg.Admit == nil || c.cfg.Admit(l.name, hostOf(l.socket.RemoteAddr())))
}

// rise reports the link, unless it was hung up meanwhile.
func (l *link) rise() error {
	c := l.carrier
	if l.keep != nil && !l.keep() {
		return errGone
	}
	if l.listener != nil {
		l.listener.done(l)
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
	l.up = true
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
	if l.listener != nil {
		l.listener.done(l)
	}
	c.log.Debug("connection ended", "link", l.id.String(), "peer", l.name, "err", l.explain(err))
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	if l.gone {
		return
	}
	l.gone = true
	if mine, _ := c.links.Find(l.id); mine != l {
		return // accepted, and never up
	}
	c.links.Delete(l.id)
	if !c.closed {
		c.sink.LinkLost(l.id, l.name, l.cause(err), l.explain(err))
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

// explain adds what the other end said.
func (l *link) explain(err error) error {
	if errors.Is(err, zmtp.FaultRefused) {
		return fmt.Errorf("%w: %q", err, l.conn.Reason())
	}
	return err
}
