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
const dialEvents = zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_DISCONNECTED | zmq.EVENT_CLOSED |
	zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL | zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_HANDSHAKE_FAILED_AUTH

// dialSlack is added to libzmq's own timeouts before a dial counts as failed
// without an event: libzmq has none for a connection that could not even be tried.
const dialSlack = time.Second

// dial is one link of the dialling half (DEVIATION D10): a DEALER, and the PAIR that receives
// its monitor events. Two goroutines wait, one for each socket; both do the
// same step, so that events and frames are always seen together. Everything is
// guarded by the lock of the node.
type dial struct {
	carrier *carrier
	link    core.Link
	name    string
	address string

	data   *socket // nil until connected to
	events *socket // nil until connected to
	guard  time.Time
	up     bool       // the handshake is done
	lost   core.Cause // why the connection is over; zero while it is not
	closed bool       // nothing is reported any more
}

// run is the goroutine of the link: it looks up the name, connects, and then
// waits for events.
func (d *dial) run() {
	e, err := endpoint.Parse(d.address, endpoint.Dial, schemes...)
	if err == nil {
		ctx, cancel := context.WithTimeout(d.carrier.alive, connectTimeout)
		e, err = resolve(ctx, e)
		cancel()
	}
	d.carrier.sink.Lock()
	if d.closed {
		d.carrier.sink.UnlockAndDispatch()
		return
	}
	if err == nil {
		err = d.connect(e)
	}
	if err != nil {
		d.lost = core.CauseUnreachable
		if errors.Is(err, errServerKey) {
			d.lost = core.CauseHandshake
		}
		d.finish()
		d.carrier.sink.UnlockAndDispatch()
		d.carrier.log.Warn("dial failed", "peer", d.name, "address", d.address, "err", err)
		return
	}
	d.carrier.wg.Go(func() { d.data.watch(d.step) })
	d.carrier.sink.UnlockAndDispatch()
	d.events.watch(d.step)
}

// connect opens the sockets and has libzmq connect in the background.
func (d *dial) connect(e endpoint.Endpoint) (err error) {
	data, err := openSocket(d.carrier.ctx, zmq.DEALER, func(z *zmq.Socket) error {
		if err := z.SetIpv6(isIPv6(e)); err != nil {
			return err
		}
		return d.carrier.configureDial(z, d.name)
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
	d.guard = time.Now().Add(connectTimeout + d.carrier.cfg.HandshakeTimeout + dialSlack)
	return nil
}

// step takes what both sockets have. It asks to be called again at the guard
// time while the handshake is not done.
func (d *dial) step() (next time.Time, stop bool) {
	d.carrier.sink.Lock()
	defer d.carrier.sink.UnlockAndDispatch()
	if d.closed {
		return time.Time{}, true
	}
	d.readEvents()
	if !d.up && d.lost == 0 {
		if time.Now().Before(d.guard) {
			return d.guard, false
		}
		d.lost = core.CauseUnreachable
	}
	d.receive()
	if d.lost != 0 && !d.closed {
		d.finish()
	}
	return time.Time{}, d.closed
}

// readEvents takes in what the monitor says. Only the first end of a
// connection counts: a failed handshake is followed by a disconnect.
func (d *dial) readEvents() {
	for d.lost == 0 && !d.closed { // a report may lead to the end of the link
		event, _, _, err := d.events.zmq.RecvEvent(zmq.DONTWAIT)
		if err != nil {
			return
		}
		switch event {
		case zmq.EVENT_HANDSHAKE_SUCCEEDED:
			if !d.up {
				d.up = true
				d.carrier.sink.LinkUp(d.link, d.name)
			}
		case zmq.EVENT_CLOSED:
			d.lost = core.CauseUnreachable
		case zmq.EVENT_DISCONNECTED:
			d.lost = core.CauseLost
		default:
			d.lost = core.CauseHandshake
		}
	}
}

// receive hands up a batch of frames, or all there are of a lost link.
func (d *dial) receive() {
	for n := 0; d.up && !d.closed; n++ {
		if n == batchMax && d.lost == 0 || !d.data.skip() {
			d.data.wake()
			return
		}
		b, err := d.data.receiveBody()
		switch {
		case err != nil:
			if !isAgain(err) {
				d.lost = core.CauseLost
			}
			return
		case !b.wellFormed || len(b.payload) > d.carrier.cfg.PayloadBytesMax:
			d.carrier.sink.Malformed(d.link, d.name)
		default:
			d.carrier.sink.Frame(d.link, d.name, b.command, b.payload, true)
		}
	}
}

// finish reports the end of the link and frees it.
func (d *dial) finish() {
	d.carrier.sink.LinkLost(d.link, d.name, d.lost)
	d.close(0)
}

func (d *dial) send(command, payload []byte) error {
	if !d.up || d.lost != 0 {
		return zmqio.ErrUnroutable
	}
	err := d.data.send(command, payload)
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
	if d.data != nil {
		closeMonitored(d.data, d.events, linger)
	}
}
