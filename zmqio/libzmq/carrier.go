//go:build cgo && libzmq

package libzmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Available says whether this build contains the transport.
const Available = true

// carrier implements zmqio.Carrier. Every field but wg is guarded by
// ownership of the node, or never changes.
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
	closed   bool
	scratch  []byte // where Send joins the two parts of a payload
	wg       sync.WaitGroup
}

// Transport carries tcp:// and ipc:// addresses over sockets of libzmq.
var Transport zmqio.Transport = transport{}

type transport struct{}

func (transport) String() string { return "libzmq" }

func (transport) Schemes() []string { return []string{"tcp", "ipc"} }

// Open implements zmqio.Transport. It opens no socket yet. The error says what is
// wrong with cfg or with the installed libzmq.
func (transport) Open(sink zmqio.Sink, cfg zmqio.TransportConfig) (zmqio.Carrier, error) {
	c, err := newCarrier(sink, cfg)
	if err != nil {
		return nil, err // and not a carrier that is nil
	}
	return c, nil
}

func newCarrier(sink zmqio.Sink, cfg zmqio.TransportConfig) (*carrier, error) {
	if major, minor, patch := zmq.Version(); major != 4 || minor < 3 {
		return nil, fmt.Errorf("libzmq: this is libzmq %d.%d.%d: install 4.3 or later, and build with it", major, minor, patch)
	}
	if cfg.Curve && !zmq.HasCurve() {
		return nil, errors.New("libzmq: this libzmq was built without CURVE: install one with libsodium, or use plaintext nodes")
	}
	if len(cfg.Name) < 1 || len(cfg.Name) > 255 || cfg.Name[0] == 0 {
		return nil, fmt.Errorf("libzmq: the name %q must have 1 to 255 bytes and not start with 0x00", cfg.Name)
	}
	if cfg.Curve && cfg.Name != zmq.Z85encode(string(cfg.PublicKey[:])) {
		return nil, fmt.Errorf("libzmq: the name %q is not the Z85 form of the public key", cfg.Name)
	}
	ctx, err := zmq.NewContext()
	if err == nil {
		err = ctx.SetMaxSockets(socketsMax)
	}
	if err != nil {
		return nil, fmt.Errorf("libzmq: new context: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &carrier{
		sink: sink, cfg: cfg, log: cfg.Logger, ctx: ctx,
		dials: make(map[core.Link]*dial),
	}
	c.alive, c.end = context.WithCancel(context.Background())
	return c, nil
}

// Listen implements zmqio.Carrier.
func (c *carrier) Listen(address string) (bound string, err error) {
	if c.closed {
		return "", errors.New("bilateralrpc: the node is closed")
	}
	e, err := parseAddress(address, true)
	if err != nil {
		return "", err
	}
	if c.listener == nil {
		if c.listener, err = c.openListener(); err != nil {
			return "", err
		}
	}
	if bound, err = c.listener.bind(e); err != nil {
		return "", fmt.Errorf("libzmq: can't listen on %s: %w", address, err)
	}
	if !c.cfg.Curve && !e.loopback() {
		c.log.Warn("plaintext beyond loopback: anybody who can reach this address can claim any name", "address", bound)
	}
	return bound, nil
}

// CheckAddress implements zmqio.Carrier.
func (c *carrier) CheckAddress(address string) error {
	_, err := parseAddress(address, false)
	return err
}

// Dial implements zmqio.Carrier.
func (c *carrier) Dial(link core.Link, name, address string) {
	if c.closed {
		return
	}
	d := &dial{carrier: c, link: link, name: name, address: address}
	c.dials[link] = d
	c.wg.Go(d.run)
}

// HangUp implements zmqio.Carrier.
func (c *carrier) HangUp(link core.Link) {
	if d := c.dials[link]; d != nil {
		d.close(c.cfg.Linger)
	} else if link.Half == core.Listening && c.listener != nil {
		c.listener.hangUp(link)
	}
}

// Send implements zmqio.Carrier.
func (c *carrier) Send(link core.Link, command core.Command, head, body []byte) error {
	if len(head)+len(body) > c.cfg.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	payload := c.join(head, body)
	if link.Half == core.Dialling {
		if d := c.dials[link]; d != nil {
			return d.send(commandFrame(command), payload)
		}
	} else if c.listener != nil {
		return c.listener.send(link, commandFrame(command), payload)
	}
	return zmqio.ErrUnroutable
}

// scratchBytesMax is the largest buffer that Send keeps for the next message.
const scratchBytesMax = 64 << 10

// join returns head followed by body, valid until the next join. libzmq copies
// what it is given.
func (c *carrier) join(head, body []byte) []byte {
	if len(head) == 0 {
		return body
	}
	if len(body) == 0 {
		return head
	}
	joined := append(append(c.scratch[:0], head...), body...)
	if cap(joined) <= scratchBytesMax {
		c.scratch = joined
	}
	return joined
}

// Flush implements zmqio.Carrier. libzmq's I/O thread writes by itself.
func (c *carrier) Flush() {}

// Close implements zmqio.Carrier.
func (c *carrier) Close(linger time.Duration) error {
	c.end()
	c.sink.Lock()
	c.closed = true
	for _, d := range c.dials {
		d.close(linger)
	}
	if c.listener != nil {
		c.listener.close(linger)
	}
	c.sink.UnlockAndDispatch()

	c.wg.Wait()
	// Every socket is closed: this waits for their linger, and no longer.
	if err := c.ctx.Term(); err != nil {
		return fmt.Errorf("libzmq: end of the context: %w", err)
	}
	return nil
}

// admits asks the node's own list.
func (c *carrier) admits(name, address string) bool {
	return c.cfg.Admit == nil || c.cfg.Admit(name, address)
}

// openMonitor starts to report the given events of watched, and returns the
// socket to receive them from.
func (c *carrier) openMonitor(watched *socket, events zmq.Event) (*socket, error) {
	c.monitors++
	at := "inproc://monitor-" + strconv.Itoa(c.monitors)
	if err := watched.zmq.Monitor(at, events); err != nil {
		return nil, fmt.Errorf("libzmq: monitor: %w", err)
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
var commandFrames = func() (frames [core.VOID + 1][]byte) {
	for c := range frames {
		frames[c] = []byte(core.Command(c).String())
	}
	return frames
}()

func commandFrame(c core.Command) []byte { return commandFrames[c] }
