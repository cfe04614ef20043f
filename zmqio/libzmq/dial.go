//go:build cgo && libzmq

package libzmq

import (
	"context"
	"errors"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// dialEvents are the monitor events of a DEALER that dial understands.
const dialEvents = zmq.EVENT_CONNECTED | zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED | zmq.EVENT_CONNECT_RETRIED |
	zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH

// dialSlack is added to libzmq's own timeouts before a dial counts as failed
// without an event: libzmq has none for a connection that could not even be tried.
const dialSlack = time.Second

// dial is one link of the dialling half (DEVIATION D10): a DEALER, and the PAIR that receives
// its monitor events. Two goroutines wait, one for each socket; both do the
// same step, so that events and frames are always seen together. A name with several
// addresses has them tried in turn, each with a pair of sockets of its own, until one
// connects. Everything is guarded by the lock of the node.
type dial struct {
	carrier *carrier
	link    core.Link
	name    string
	address string

	untried []endpoint.Endpoint // the addresses that come next
	until   time.Time           // the end of the time to connect

	data   *socket // nil until connected to
	events *socket // nil until connected to
	guard  time.Time
	conn   *conn // nil until connected, or if it is not known
	meter  *meter
	up     bool       // the handshake is done
	lost   core.Cause // why the connection is over; zero while it is not
	why    error      // the same, for people
	closed bool       // nothing is reported any more
}

// run is the goroutine that begins the link: it looks up the name, and connects.
func (d *dial) run() {
	untried, err := d.lookUp()
	d.carrier.sink.Lock()
	if d.closed {
		d.carrier.sink.UnlockAndDispatch()
		return
	}
	if err == nil {
		d.untried, d.until = untried, time.Now().Add(connectTimeout)
		if err = d.carrier.wires.open(); err == nil {
			err = d.connectNext()
		}
	}
	if err != nil {
		d.lost, d.why = core.CauseUnreachable, err
		if errors.Is(err, errServerKey) {
			d.lost = core.CauseHandshake
		}
		d.finish()
	}
	d.carrier.sink.UnlockAndDispatch()
}

// lookUp returns the addresses to try. It needs no lock.
func (d *dial) lookUp() ([]endpoint.Endpoint, error) {
	e, err := endpoint.Parse(d.address, endpoint.Dial, schemes...)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(d.carrier.alive, connectTimeout)
	defer cancel()
	return resolve(ctx, e)
}

// errUntried ends a link none of whose addresses is left.
var errUntried = errors.New("no address is left to try, or no time")

// connectNext has libzmq connect to the next address that it takes, and waits for
// what becomes of that. The error is that of the last one.
func (d *dial) connectNext() error {
	err := errUntried
	for len(d.untried) > 0 {
		timeout := share(time.Until(d.until), len(d.untried))
		if timeout < time.Millisecond { // which is libzmq's least
			break
		}
		e := d.untried[0]
		d.untried = d.untried[1:]
		if err = d.connect(e, timeout); err == nil {
			data, events := d.data, d.events
			d.carrier.wg.Go(func() { data.watch(func() (time.Time, bool) { return d.step(data) }) })
			d.carrier.wg.Go(func() { events.watch(func() (time.Time, bool) { return d.step(events) }) })
			return nil
		}
	}
	return err
}

// share returns how much of the time that is left the next of n addresses gets.
func share(left time.Duration, n int) time.Duration {
	return max(left/time.Duration(n), min(left, connectShareMin))
}

// connect opens the sockets and has libzmq connect in the background.
func (d *dial) connect(e endpoint.Endpoint, timeout time.Duration) (err error) {
	data, err := openSocket(d.carrier.ctx, zmq.DEALER, func(z *zmq.Socket) error {
		return errors.Join(z.SetIpv6(isIPv6(e)), d.carrier.configureDial(z, d.name, timeout))
	})
	if err != nil {
		return err
	}
	events, err := d.carrier.openMonitor(data, dialEvents)
	if err == nil {
		err = data.zmq.Connect(e.String())
	}
	if err != nil {
		discardMonitored(data, events)
		return err
	}
	d.data, d.events = data, events
	data.batch, data.in = &d.carrier.batch, d.carrier.in
	d.guard = time.Now().Add(timeout + d.carrier.cfg.HandshakeTimeout + dialSlack)
	return nil
}

// step takes what both sockets have, for the watcher of s, which is one of them, or
// one of an address tried before. It asks to be called again at the guard time
// while the handshake is not done.
func (d *dial) step(s *socket) (next time.Time, stop bool) {
	d.carrier.sink.Lock()
	defer d.carrier.sink.UnlockAndDispatch()
	if d.closed || s.closed {
		return time.Time{}, true
	}
	d.readEvents()
	if d.lost == core.CauseUnreachable && d.tryAgain() {
		return time.Time{}, true
	}
	if !d.up && d.lost == 0 {
		if time.Now().Before(d.guard) {
			return d.guard, false
		}
		d.lost, d.why = core.CauseUnreachable, errNoAnswer
	}
	d.receive()
	if d.lost != 0 && !d.closed {
		d.finish()
	}
	return time.Time{}, d.closed
}

// tryAgain goes on to the next address, if there is one, with sockets that replace
// those of the last.
func (d *dial) tryAgain() bool {
	if len(d.untried) == 0 {
		return false
	}
	d.disconnected()
	closeMonitored(d.data, d.events, 0)
	if d.connectNext() != nil {
		return false
	}
	d.lost, d.why = 0, nil
	return true
}

// readEvents takes in what the monitor says. Only the first end of a
// connection counts: a failed handshake is followed by a disconnect.
func (d *dial) readEvents() {
	for d.lost == 0 && !d.closed { // a report may lead to the end of the link
		event, _, value, err := d.events.zmq.RecvEvent(zmq.DONTWAIT)
		if err != nil {
			return
		}
		switch event {
		case zmq.EVENT_CONNECTED:
			d.connected(value)
		case zmq.EVENT_HANDSHAKE_SUCCEEDED:
			d.rise()
		case zmq.EVENT_CLOSED, zmq.EVENT_CONNECT_RETRIED:
			// The second comes alone where not even a socket could be had: no IPv6, no
			// descriptor. It does not mean that libzmq tries again: see reconnectNever.
			d.lost, d.why = core.CauseUnreachable, errConnect
		case zmq.EVENT_DISCONNECTED:
			d.lost, d.why = core.CauseLost, errLost
		default:
			d.lost, d.why = core.CauseHandshake, failedHandshake(event, value)
		}
	}
}

// connected notes the connection, if it can be found.
func (d *dial) connected(fd int) {
	c := d.carrier
	if w, err := c.wires.find(fd); err == nil && d.conn == nil {
		d.conn = &conn{wire: w, dial: d, meter: d.meter, partMax: c.partMax(), drains: d.data.drains}
		c.conns.add(d.conn)
	}
}

// disconnected forgets the connection.
func (d *dial) disconnected() {
	if d.conn != nil {
		d.carrier.conns.remove(d.conn)
		d.conn = nil
	}
}

// rise reports the link, if there is room for it.
func (d *dial) rise() {
	if d.up {
		return
	}
	if d.meter.moved = time.Now(); !d.meter.open(d.carrier.cfg.Budget.Open(d.name)) {
		d.lost, d.why = core.CauseLost, errBudget
		return
	}
	d.up = true
	d.carrier.sink.LinkUp(d.link, d.name, d.address)
}

// fail has the link end, by its own step.
func (d *dial) fail(cause core.Cause, why error) {
	if d.lost == 0 {
		d.lost, d.why = cause, why
		d.data.wake()
	}
}

// receive hands up a batch of frames, or all there are of a lost link.
func (d *dial) receive() {
	before := d.data.received
	for n := 0; d.up && !d.closed; n++ {
		full := n == batchMax || d.data.received-before >= batchBytesMax
		if full && d.lost == 0 || !d.data.skip() {
			d.data.wake()
			return
		}
		err := d.data.receiveBody()
		if err != nil { // and nothing was taken: it is no sign of life
			if isAgain(err) {
				d.data.drains++
			} else {
				d.lost, d.why = core.CauseLost, err
			}
			return
		}
		b := d.data.in.body()
		d.meter.taken += b.bytes(d.carrier.cfg.Curve)
		if promise, beat := b.isBeat(); !beat {
			d.carrier.report(d.link, d.name, b)
		} else if d.conn != nil {
			d.conn.promise = promise
		}
		d.carrier.done()
	}
}

// finish reports the end of the link and frees it.
func (d *dial) finish() {
	d.carrier.sink.LinkLost(d.link, d.name, d.lost, at(d.address, d.why))
	d.close(0)
}

func (d *dial) send(command, head, body []byte) error {
	if !d.up || d.lost != 0 {
		return zmqio.ErrUnroutable
	}
	n := messageBytes(len(command), len(head)+len(body), d.carrier.cfg.Curve)
	if !d.carrier.mayQueue(d.meter, d.conn, n) {
		return zmqio.ErrWouldBlock
	}
	err := d.data.send(nil, command, head, body)
	if err == nil {
		d.meter.sent += n
		d.conn.sent(d.carrier)
		return nil
	}
	if isAgain(err) && d.events.pending() {
		// Out of room, and the watcher has not yet seen what happened: the
		// connection broke.
		d.events.wake()
		return zmqio.ErrUnroutable
	}
	return sendError(err)
}

// close ends the link without a report. What was sent has linger to leave.
func (d *dial) close(linger time.Duration) {
	if d.closed {
		return
	}
	d.closed = true
	delete(d.carrier.dials, d.link)
	d.disconnected()
	d.meter.close()
	if d.data != nil {
		closeMonitored(d.data, d.events, linger)
	}
}
