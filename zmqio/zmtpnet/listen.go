package zmtpnet

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// After a failed accept the next one waits, longer each time, so that a process
// without free descriptors does not spin.
const (
	acceptPauseMin = 5 * time.Millisecond
	acceptPauseMax = time.Second
)

// listener is one bound address.
type listener struct {
	carrier *carrier
	socket  *endpoint.Listener
	closing chan struct{}
	waiting halfOpen
}

// Listen implements zmqio.Carrier.
func (c *carrier) Listen(address string) (bound string, err error) {
	at, err := endpoint.Parse(address, endpoint.Listen, schemes...)
	if err != nil {
		return "", fmt.Errorf("%w %w", zmqio.ErrBadAddress, err)
	}
	socket, err := at.Listen()
	if err == nil && !c.serve(newListener(c, socket)) {
		_ = socket.Close()
		err = net.ErrClosed
	}
	if err != nil {
		return "", fmt.Errorf("bilateralrpc: can't listen on %s: %w", address, err)
	}
	return socket.Address(), nil
}

func newListener(c *carrier, socket *endpoint.Listener) *listener {
	l := &listener{carrier: c, socket: socket, closing: make(chan struct{})}
	l.waiting.init()
	return l
}

// serve starts to accept on l, unless the carrier is closed.
func (c *carrier) serve(l *listener) bool {
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	if c.closed {
		return false
	}
	c.listeners = append(c.listeners, l)
	c.wg.Add(1)
	go l.accept()
	return true
}

// accept is the listener's goroutine.
func (l *listener) accept() {
	c, at := l.carrier, l.socket.Address()
	defer c.wg.Done()
	if !c.cfg.Curve && !loopback(l.socket.Addr()) {
		c.log.Warn("listening beyond this machine without encryption: anybody can claim any name", "address", at)
	}
	pause := time.Duration(0)
	for l.waiting.room(l.closing) {
		conn, err := l.socket.Accept()
		switch {
		case err == nil:
			pause = 0
			l.welcome(conn.(stream))
		case errors.Is(err, net.ErrClosed):
			return
		default:
			if pause == 0 {
				c.log.Warn("can't accept connections; trying again", "address", at, "err", err)
			}
			pause = min(max(2*pause, acceptPauseMin), acceptPauseMax)
			select {
			case <-time.After(pause):
			case <-l.closing:
				return
			}
		}
	}
}

// welcome starts the handshake on a connection.
func (l *listener) welcome(s stream) {
	c := l.carrier
	k := &link{carrier: c, listener: l, address: hostOf(s.RemoteAddr()), awaited: time.Now()}
	k.attach(s, zmtp.Accept(&c.engine, entropy(), c.now()))
	k.step = k.conn.Awaits()
	if !l.waiting.add(k) {
		_ = s.Close()
		return
	}
	c.wg.Add(1)
	go func() { k.ended(k.read()) }()
}

// close stops listening and ends the handshakes under way.
func (l *listener) close() {
	close(l.closing)
	_ = l.socket.Close()
	l.waiting.close()
}
