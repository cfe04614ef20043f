//go:build cgo && libzmq

package libzmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// carrier implements zmqio.Carrier. Every field but wg is guarded by
// the lock of the node, or never changes.
type carrier struct {
	sink zmqio.Sink
	cfg  zmqio.TransportConfig
	log  *slog.Logger
	ctx  *zmq.Context

	alive    context.Context // ends with Close
	end      context.CancelFunc
	listener *listener // nil until the first Listen
	dials    map[core.Link]*dial
	monitors int // counts monitors, for their endpoints' names
	wires    wires
	conns    conns
	pressure *pressure    // nil without a budget
	away     []turnedAway // to be reported when the lock is given back
	closed   bool
	in       incoming
	moved    int64 // bytes of large messages, since the last look at the heap of C
	batch    batch
	wg       sync.WaitGroup
}

// Listen implements zmqio.Carrier.
func (c *carrier) Listen(address string) (bound string, err error) {
	e, err := endpoint.Parse(address, endpoint.Listen, schemes...)
	if err != nil {
		return "", fmt.Errorf("%w %w", zmqio.ErrBadAddress, err)
	}
	// libzmq gets a socket that listens already: it would take the path of anything
	// for its own, and never listens on both families.
	socket, err := e.Listen()
	if err == nil {
		if err = c.serve(socket); err != nil {
			_ = socket.Close()
		}
	}
	if err != nil {
		return "", fmt.Errorf("bilateralrpc: can't listen on %s: %w", address, err)
	}
	_ = socket.Listener.Close() // libzmq has a duplicate
	bound = socket.Address()
	// Asked of what was bound: a name such as localhost says nothing by itself.
	if at, err := endpoint.Parse(bound, endpoint.Listen, schemes...); !c.cfg.Curve && (err != nil || !at.Loopback()) {
		c.log.Warn("listening beyond this machine without encryption: anybody can claim any name", "address", bound)
	}
	return bound, nil
}

// serve has libzmq accept the connections of a duplicate of bound.
func (c *carrier) serve(bound *endpoint.Listener) (err error) {
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	if c.closed {
		return net.ErrClosed
	}
	if c.listener == nil {
		if c.listener, err = c.openListener(); err != nil {
			return err
		}
	}
	return c.listener.serve(bound)
}

// CheckAddress implements zmqio.Carrier.
func (c *carrier) CheckAddress(address string) error {
	_, err := endpoint.Parse(address, endpoint.Dial, schemes...)
	return err
}

// Dial implements zmqio.Carrier.
func (c *carrier) Dial(link core.Link, name, address string) {
	if c.closed {
		return
	}
	d := &dial{carrier: c, link: link, name: name, address: address, meter: c.newMeter(nil, time.Now())}
	c.dials[link] = d
	c.wg.Go(d.run)
}

// HangUp implements zmqio.Carrier.
func (c *carrier) HangUp(link core.Link) {
	if d := c.dials[link]; d != nil {
		d.close(max(c.cfg.Linger, lingerMin))
	} else if link.Half == core.Listening && c.listener != nil {
		c.listener.hangUp(link, max(c.cfg.Linger, lingerMin))
	}
}

// Send implements zmqio.Carrier.
func (c *carrier) Send(link core.Link, command core.Command, head, body []byte) error {
	if len(head)+len(body) > c.cfg.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	c.move(len(head) + len(body))
	c.batch.open = true
	defer func() { c.batch.open = false }()
	if link.Half == core.Dialling {
		if d := c.dials[link]; d != nil {
			return d.send(commandFrame(command), head, body)
		}
	} else if c.listener != nil {
		return c.listener.send(link, commandFrame(command), head, body)
	}
	return zmqio.ErrUnroutable
}

// Flush implements zmqio.Carrier. libzmq's I/O thread writes by itself; the watchers of sockets
// that were sent on may have to be woken.
func (c *carrier) Flush() {
	if !c.batch.some.Load() {
		return
	}
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	c.batch.look()
}

// Close implements zmqio.Carrier.
func (c *carrier) Close(linger time.Duration) error {
	linger = max(linger, lingerMin)
	c.end()
	c.sink.Lock()
	c.closed = true
	for _, d := range c.dials {
		d.close(linger)
	}
	if c.listener != nil {
		c.listener.close(linger)
	}
	for conn := range c.conns.all {
		c.conns.remove(conn)
	}
	c.sink.UnlockAndDispatch()

	c.wg.Wait()
	c.wires.close()
	c.in.free()
	// Every socket is closed: this waits for their linger, and no longer.
	err := c.ctx.Term()
	heapOfC.end(c.moved)
	if err != nil {
		return fmt.Errorf("bilateralrpc: libzmq: end of the context: %w", err)
	}
	return nil
}

// turnedAway is a node that was turned away, for Sink.TurnedAway.
type turnedAway struct {
	name, address string
	why           error
}

// turnAway has unlock report that a node was turned away.
func (c *carrier) turnAway(name, address string, why error) {
	c.away = append(c.away, turnedAway{name, address, why})
}

// unlock gives the lock back and reports what needs none.
func (c *carrier) unlock() {
	away := c.away
	c.away = nil
	c.sink.UnlockAndDispatch()
	for _, t := range away {
		c.sink.TurnedAway(t.name, t.address, t.why)
	}
}

// partMax bounds what is held of a message that is not whole: two frames of any
// size that they may have.
func (c *carrier) partMax() int64 {
	return frameBytes(c.cfg.PayloadBytesMax, c.cfg.Curve) + zmqio.LinkFreeBytes
}

// admits asks the node. It needs no lock, and must not be called with it:
// Admit is the user's code.
func (c *carrier) admits(name, address string) bool {
	return c.cfg.Admit == nil || c.cfg.Admit(name, address)
}

// openMonitor starts to report the given events of watched, and returns the
// socket to receive them from.
func (c *carrier) openMonitor(watched *socket, events zmq.Event) (*socket, error) {
	c.monitors++
	at := "inproc://monitor-" + strconv.Itoa(c.monitors)
	if err := watched.zmq.Monitor(at, events); err != nil {
		return nil, fmt.Errorf("bilateralrpc: libzmq: monitor: %w", err)
	}
	return openSocket(c.ctx, zmq.PAIR, func(z *zmq.Socket) error {
		return errors.Join(configureMonitor(z), z.Connect(at))
	})
}

// closeMonitored closes a socket and its monitor, which may be nil. Monitoring
// stops first: an I/O thread with an event and nobody to receive it would wait.
func closeMonitored(watched, monitor *socket, linger time.Duration) {
	if !watched.closed {
		watched.zmq.Monitor("", 0)
	}
	if monitor != nil {
		monitor.close(0)
	}
	watched.close(linger)
}

// discardMonitored is closeMonitored for sockets that nobody watches yet; both
// may be nil.
func discardMonitored(watched, monitor *socket) {
	if watched != nil {
		watched.zmq.Monitor("", 0)
	}
	discard(monitor, watched)
}

// sendError turns libzmq's answer to a send into the carrier's.
func sendError(err error) error {
	switch {
	case err == nil:
		return nil
	case isAgain(err):
		return zmqio.ErrWouldBlock
	default:
		return zmqio.ErrUnroutable
	}
}

// commandFrames holds the bytes of every command, which must not be changed.
var commandFrames = func() (frames [core.WITH + 1][]byte) {
	for c := range frames {
		frames[c] = []byte(core.Command(c).String())
	}
	return frames
}()

func commandFrame(c core.Command) []byte { return commandFrames[c] }
