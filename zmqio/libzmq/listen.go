//go:build cgo && libzmq

package libzmq

import (
	"context"
	"fmt"
	"net"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// batchMax bounds the messages handed up before others may own the node.
const batchMax = 64

// listener is the listening half of a node: a ROUTER, its monitor, the ZAP
// responder of a CURVE node, and the links that are known by their routing ids.
// Guarded by ownership of the node.
type listener struct {
	carrier   *carrier
	socket    *socket
	events    *socket
	responder *responder // nil without CURVE
	links     links
	suspects  []*accepted
	sweeps    schedule
}

// openListener opens the sockets and starts their goroutines.
func (c *carrier) openListener() (l *listener, err error) {
	l = &listener{carrier: c, links: newLinks()}
	if c.cfg.Curve {
		if l.responder, err = c.openResponder(); err != nil {
			return nil, err
		}
	}
	l.socket, err = openSocket(c.ctx, zmq.ROUTER, c.configureListener)
	if err == nil {
		l.events, err = c.openMonitor(l.socket, zmq.EVENT_DISCONNECTED)
	}
	if err != nil {
		discardMonitored(l.socket, l.events)
		if l.responder != nil {
			l.responder.discard()
		}
		return nil, err
	}
	if l.responder != nil {
		l.responder.start()
	}
	c.wg.Go(func() { l.socket.watch(l.step) })
	c.wg.Go(func() { l.events.watch(l.stepEvents) })
	return l, nil
}

// bind listens on e and returns the address bound.
func (l *listener) bind(e endpoint) (string, error) {
	if e.needsName() {
		if _, err := net.InterfaceByName(e.host); err != nil { // libzmq takes those itself
			ctx, cancel := context.WithTimeout(context.Background(), connectTimeout)
			defer cancel()
			if e, err = e.resolve(ctx); err != nil {
				return "", err
			}
		}
	}
	if err := l.socket.zmq.SetIpv6(e.ipv6()); err != nil {
		return "", err
	}
	address := e.String()
	if err := l.socket.zmq.Bind(address); err != nil {
		return "", err
	}
	return l.socket.zmq.GetLastEndpoint()
}

// step hands up a batch of frames.
func (l *listener) step() (next time.Time, stop bool) {
	l.carrier.sink.Lock()
	stop, err := l.socket.closed, error(nil)
	if !stop {
		err = l.receive()
	}
	l.carrier.sink.UnlockAndDispatch()
	if err != nil {
		l.carrier.sink.Fail(fmt.Errorf("libzmq: the listening socket failed: %w", err))
	}
	return time.Time{}, stop || err != nil
}

// receive hands up a batch of frames. If there may be more it has itself called
// again, otherwise it settles what is suspected.
func (l *listener) receive() error {
	now := time.Now()
	for n := 0; ; n++ {
		if n == batchMax || !l.socket.skip() {
			l.socket.wake()
			return nil
		}
		err := l.receiveOne(now)
		if isAgain(err) {
			l.settle()
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (l *listener) receiveOne(now time.Time) error {
	id, err := l.socket.zmq.RecvBytes(zmq.DONTWAIT)
	if err != nil {
		return err
	}
	var b body
	a := l.links.byID[string(id)]
	if a != nil && !a.retired {
		b, err = l.socket.receiveBody()
		a = l.stillAdmitted(a)
	} else {
		var address string
		b, address, err = l.socket.receiveFirst()
		a = l.accept(a, id, address)
	}
	switch {
	case err != nil:
		return err
	case a == nil:
		return nil
	case !b.wellFormed || len(b.payload) > l.carrier.cfg.PayloadBytesMax:
		l.carrier.sink.Malformed(a.link, a.name)
	default:
		l.carrier.sink.Frame(a.link, a.name, b.command, b.payload, true)
	}
	a.heard = now
	return nil
}

func (l *listener) send(link core.Link, command, payload []byte) error {
	a := l.links.byLink[link]
	if a == nil {
		return zmqio.ErrUnroutable
	}
	err := l.socket.send(a.route, command, payload)
	if err == zmq.EHOSTUNREACH {
		l.suspect(a)
	}
	return sendError(err)
}

// close ends the listening half. The responder goes last: without it libzmq
// would let everybody in.
func (l *listener) close(linger time.Duration) {
	closeMonitored(l.socket, l.events, linger)
	if l.responder != nil {
		l.responder.close()
	}
}
