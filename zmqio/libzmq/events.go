//go:build cgo && libzmq

package libzmq

import (
	"net"
	"slices"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/descriptors"
)

// listenEvents are the monitor events of the ROUTER that readEvents understands.
const listenEvents = zmq.EVENT_ACCEPTED | zmq.EVENT_DISCONNECTED |
	zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL

const (
	// strangersMax bounds the connections that have sent no message yet, together with
	// the number of descriptors that a process may have, of which they get an eighth.
	strangersMax   = 256
	strangersShare = 8
)

// accepts is what a listener knows of its connections, by their descriptors.
type accepts struct {
	byFD      map[int]*conn
	strangers []*conn // that have sent no message, oldest first
	// ended are the descriptors of connections that have ended since the socket was
	// empty: a message of theirs may still come, and be taken for one of the connection
	// that has the number now.
	ended map[int]bool
	// failed is why the handshake of the connection that ends next has failed: of another one,
	// now and then, if two fail on two I/O threads.
	failed      error
	strangerMax int
}

func newAccepts() accepts {
	return accepts{
		byFD: make(map[int]*conn), ended: make(map[int]bool),
		strangerMax: max(8, min(strangersMax, descriptors.Max()/strangersShare)),
	}
}

// readEvents takes a batch of the monitor's events, and says whether it was all there
// are.
func (l *listener) readEvents(now time.Time) bool {
	for range batchMax {
		event, _, value, err := l.events.zmq.RecvEvent(zmq.DONTWAIT)
		if err != nil {
			return true
		}
		switch event {
		case zmq.EVENT_ACCEPTED:
			l.accepted(value, now)
		case zmq.EVENT_DISCONNECTED:
			l.sweeps.hint(now)
			l.disconnected(value)
		default:
			l.accepts.failed = failedHandshake(event, value)
		}
	}
	return false
}

// accepted notes a connection that libzmq has accepted.
func (l *listener) accepted(fd int, now time.Time) {
	c, s := l.carrier, &l.accepts
	w, err := c.wires.find(fd)
	if err != nil {
		return // it is over already
	}
	n := &conn{wire: w, listener: l, since: now, partMax: c.partMax(), drains: l.socket.drains, meter: c.newMeter(c.cfg.Budget.Open(""), now)}
	s.byFD[fd] = n
	s.strangers = append(s.strangers, n)
	c.conns.add(n)
	if len(s.strangers) <= s.strangerMax {
		return
	}
	l.turnAway(s.strangers[0], errStrangers) // an honest one says something within milliseconds
}

// disconnected notes the end of the connection that had a descriptor.
func (l *listener) disconnected(fd int) {
	s := &l.accepts
	why := s.failed
	s.failed = nil
	s.ended[fd] = true
	c := s.byFD[fd]
	if c == nil {
		return
	}
	delete(s.byFD, fd)
	if c.from == nil && why != nil && !c.ending {
		l.carrier.turnAway("", hostPart(c.wire.remote), why)
	}
	s.forget(c)
	l.carrier.conns.remove(c)
	if c.from != nil && l.responder != nil {
		l.suspect(c.from)
	}
	// Without CURVE the name may come back on another connection, so a sweep finds out.
}

// forget takes c out of the strangers.
func (s *accepts) forget(c *conn) {
	if i := slices.Index(s.strangers, c); i >= 0 {
		s.strangers = slices.Delete(s.strangers, i, i+1)
	}
}

// find returns the connection that a message came on, by the descriptor that libzmq
// says it came on; nil if that is not certain.
func (l *listener) find(fd int) *conn {
	for now := time.Now(); !l.readEvents(now); {
	}
	if l.accepts.ended[fd] {
		return nil
	}
	return l.accepts.byFD[fd]
}

// attach notes that the messages of a come on c, which may be nil, and no longer on
// another. It returns false if the peer holds too much for that.
func (l *listener) attach(a *accepted, c *conn) bool {
	if c == nil && a.conn != nil && a.conn.gone {
		// The name may have come back on a connection that is not known yet.
		a.conn, a.promise, a.meter = nil, 0, l.carrier.newMeter(nil, a.heard)
		return a.meter.open(l.carrier.cfg.Budget.Open(a.name))
	}
	if c == nil || c == a.conn || c.from != nil || c.ending || c.gone {
		return true
	}
	switch before := a.conn; {
	case before == nil:
		c.promise = a.promise // which may have come before c was known
		a.meter.close()
	case before.gone:
		a.meter.close()
	default:
		// libzmq has given the name of the older connection to this one, and does
		// nothing with the older any more.
		before.from = nil
		before.hangUp(0, a.heard)
	}
	l.accepts.forget(c)
	c.from, a.conn, a.meter = a, c, c.meter
	return a.meter.open(l.carrier.cfg.Budget.Open(a.name))
}

// turnAway ends a connection that has sent nothing.
func (l *listener) turnAway(c *conn, why error) {
	l.accepts.forget(c)
	l.carrier.turnAway("", hostPart(c.wire.remote), why)
	c.hangUp(0, time.Now())
}

// lose ends a link with a report.
func (l *listener) lose(a *accepted, cause core.Cause, why error) {
	if !a.retired {
		l.forget(a, 0)
		l.carrier.sink.LinkLost(a.link, a.name, cause, at(a.address, why))
	}
}

// hostPart returns the host of host:port.
func hostPart(address string) string {
	if host, _, err := net.SplitHostPort(address); err == nil {
		return host
	}
	return address
}
