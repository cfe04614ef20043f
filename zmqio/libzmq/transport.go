//go:build cgo && libzmq

package libzmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Available says whether this build contains the transport.
const Available = true

// Transport carries tcp:// and ipc:// addresses over sockets of libzmq.
var Transport zmqio.Transport = transport{}

type transport struct{}

func (transport) String() string { return "libzmq" }

func (transport) Schemes() []string { return schemes }

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
	if err := check(&cfg); err != nil {
		return nil, err
	}
	heapOfC.begin()
	threads := 1
	if cfg.Curve {
		threads = curveThreads
	}
	ctx, err := zmq.NewContext()
	if err == nil {
		err = errors.Join(ctx.SetMaxSockets(socketsMax), ctx.SetIoThreads(threads))
	}
	if err != nil {
		return nil, fmt.Errorf("bilateralrpc: libzmq: new context: %w", err)
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	c := &carrier{
		sink: sink, cfg: cfg, log: cfg.Logger, ctx: ctx,
		dials: make(map[core.Link]*dial), in: newIncoming(),
	}
	c.conns = conns{carrier: c, all: make(map[*conn]struct{}), wakeup: make(chan struct{}, 1)}
	if cfg.Budget != nil {
		c.pressure = &pressure{carrier: c}
	}
	c.alive, c.end = context.WithCancel(context.Background())
	return c, nil
}

// check says what is wrong with cfg, or with the libzmq that is installed.
func check(cfg *zmqio.TransportConfig) error {
	major, minor, patch := zmq.Version()
	switch {
	case major != 4 || minor < 3:
		return fmt.Errorf("bilateralrpc: this is libzmq %d.%d.%d: install 4.3 or later, and build with it", major, minor, patch)
	case cfg.Curve && !zmq.HasCurve():
		return errors.New("bilateralrpc: this libzmq was built without CURVE: install one with libsodium, or use plaintext nodes")
	case !core.LegalName(cfg.Name):
		return fmt.Errorf("bilateralrpc: name %q: want 1 to 255 bytes, the first not zero", cfg.Name)
	case cfg.SendQueueMax <= 0:
		return fmt.Errorf("bilateralrpc: SendQueueMax is %d: want at least 1", cfg.SendQueueMax)
	case cfg.PayloadBytesMax <= 0:
		return fmt.Errorf("bilateralrpc: PayloadBytesMax is %d: want at least 1", cfg.PayloadBytesMax)
	case cfg.Curve && !belong(cfg):
		return errors.New("bilateralrpc: the secret key, the public key and the name do not belong together")
	}
	return nil
}

// belong says whether the keys and the name of an encrypted node are of one node.
func belong(cfg *zmqio.TransportConfig) bool {
	public, err := zmq.AuthCurvePublic(zmq.Z85encode(string(cfg.SecretKey[:])))
	return err == nil && public == cfg.Name && public == zmq.Z85encode(string(cfg.PublicKey[:]))
}
