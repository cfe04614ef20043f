//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"
	"net"
	"syscall"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// batchMax bounds the messages handed up before others may lock the node, and
// batchBytesMax their bytes, unless a single message has more.
const (
	batchMax      = 64
	batchBytesMax = 256 << 10
)

// listener is the listening half of a node: a ROUTER, its monitor, the ZAP
// responder of a CURVE node, and the links that are known by their routing ids.
// Guarded by the lock of the node.
type listener struct {
	carrier   *carrier
	socket    *socket
	events    *socket
	responder *responder // nil without CURVE
	links     links
	suspects  []*accepted
	sweeps    schedule
	accepts   accepts
	files     []*endpoint.SocketFile // of ipc addresses; nil for others
}

// openListener opens the sockets and starts their goroutines.
func (c *carrier) openListener() (l *listener, err error) {
	l = &listener{carrier: c, links: newLinks(), accepts: newAccepts()}
	if err = c.wires.open(); err != nil {
		return nil, err
	}
	if c.cfg.Curve {
		if l.responder, err = c.openResponder(); err != nil {
			return nil, err
		}
	}
	l.socket, err = openSocket(c.ctx, zmq.ROUTER, c.configureListener)
	if err == nil {
		l.events, err = c.openMonitor(l.socket, listenEvents)
	}
	if err != nil {
		discardMonitored(l.socket, l.events)
		if l.responder != nil {
			l.responder.discard()
		}
		return nil, err
	}
	l.socket.batch, l.socket.in = &c.batch, c.in
	if l.responder != nil {
		l.responder.start()
	}
	c.wg.Go(func() { l.socket.watch(l.step) })
	c.wg.Go(func() { l.events.watch(l.stepEvents) })
	return l, nil
}

// serve has libzmq accept the connections of a duplicate of bound.
func (l *listener) serve(bound *endpoint.Listener) error {
	fd, err := duplicate(bound.Listener)
	if err != nil {
		return err
	}
	z := l.socket.zmq
	if err = z.SetUseFd(fd); err == nil {
		err = z.Bind(bound.Address())
		_ = z.SetUseFd(-1) // can't fail
	}
	if err != nil {
		_ = syscall.Close(fd)
		return err
	}
	l.files = append(l.files, bound.File)
	return nil
}

// duplicate returns a descriptor of its own for a listening socket.
func duplicate(l net.Listener) (fd int, err error) {
	owner, ok := l.(syscall.Conn)
	if !ok {
		return -1, fmt.Errorf("%T has no descriptor", l)
	}
	raw, err := owner.SyscallConn()
	if err != nil {
		return -1, err
	}
	failed := raw.Control(func(original uintptr) { fd, err = duplicateFd(int(original)) })
	return fd, errors.Join(failed, err)
}

// step hands up a batch of frames. A knock is decided on without the lock;
// meanwhile nothing else is received, so that messages stay in order.
func (l *listener) step() (next time.Time, stop bool) {
	sink := l.carrier.sink
	for k := (*knock)(nil); ; {
		sink.Lock()
		stop, err := l.socket.closed, error(nil)
		if !stop {
			k, err = l.receive(k)
		}
		l.carrier.unlock()
		switch {
		case err != nil:
			sink.Fail(fmt.Errorf("bilateralrpc: libzmq: the listening socket failed: %w", err))
			return time.Time{}, true
		case stop || k == nil:
			return time.Time{}, stop
		}
		k.admitted = l.admits(k)
	}
}

// receive hands up a knock that has been decided on, which may be nil, and then a
// batch of frames, up to the next knock, which it returns. If there may be more it
// has itself called again, otherwise it settles what is suspected.
func (l *listener) receive(decided *knock) (*knock, error) {
	now := time.Now()
	switch {
	case decided == nil:
	case decided.admitted:
		l.accept(decided)
	default:
		decided.drop(now)
	}
	before := l.socket.received
	for n := 0; ; n++ {
		if n == batchMax || l.socket.received-before >= batchBytesMax || !l.socket.skip() {
			l.socket.wake()
			return nil, nil
		}
		k, err := l.receiveOne(now)
		l.carrier.done()
		if isAgain(err) {
			l.socket.drains++
			clear(l.accepts.ended)
			l.probeSuspects()
			return nil, nil
		}
		if k != nil || err != nil {
			return k, err
		}
	}
}

// receiveOne takes one message. It hands it up, or returns it if its sender has
// no link yet.
func (l *listener) receiveOne(now time.Time) (*knock, error) {
	if err := l.socket.receiveRouted(); err != nil {
		return nil, err
	}
	in := l.socket.in
	id := in.route()
	a := l.links.byID[string(id)]
	if a == nil || a.retired || l.unsure(a) {
		from := in.origin()
		c := l.find(from.fd)
		switch {
		case a != nil && !a.retired:
			if !l.attach(a, c) {
				l.lose(a, core.CauseLost, errBudget)
				return nil, nil
			}
		case c != nil && c.ending, a != nil && a.conn != nil && l.responder != nil:
			return nil, nil // of a link that was hung up
		default:
			k := l.knocked(a, string(id), from.address, in.body())
			k.from.heard, k.conn = now, c
			return k, nil
		}
	}
	a.heard = now
	l.deliver(a, in.body())
	return nil, nil
}

// unsure says whether a message of a may come on another connection than is known.
// Without CURVE a name can move to a new one, which is a stranger until then.
func (l *listener) unsure(a *accepted) bool {
	return !cannotFind && (a.conn == nil || l.responder == nil && len(l.accepts.strangers) > 0)
}

// deliver hands up one message.
func (l *listener) deliver(a *accepted, b body) {
	a.meter.taken += b.bytes(l.carrier.cfg.Curve)
	if promise, ok := b.isBeat(); ok {
		if a.promise = promise; a.conn != nil {
			a.conn.promise = promise
		}
		return
	}
	l.carrier.report(a.link, a.name, b)
}

func (l *listener) send(link core.Link, command, head, body []byte) error {
	a := l.links.byLink[link]
	if a == nil {
		return zmqio.ErrUnroutable
	}
	n := messageBytes(len(command), len(head)+len(body), l.carrier.cfg.Curve)
	if !l.carrier.mayQueue(a.meter, a.conn, n) {
		return zmqio.ErrWouldBlock
	}
	err := l.socket.send(a.route, command, head, body)
	switch err {
	case nil:
		a.meter.sent += n
		a.conn.sent(l.carrier)
	case zmq.EHOSTUNREACH:
		l.suspect(a)
	}
	return sendError(err)
}

// close ends the listening half, the files of its sockets first. The responder goes last: without it libzmq
// would let everybody in.
func (l *listener) close(linger time.Duration) {
	for _, f := range l.files {
		f.Remove()
	}
	for _, a := range l.links.byLink {
		a.meter.close()
	}
	closeMonitored(l.socket, l.events, linger)
	if l.responder != nil {
		l.responder.close()
	}
}
