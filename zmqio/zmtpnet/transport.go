package zmtpnet

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// Transport carries tcp:// and ipc:// addresses over sockets of Go.
var Transport zmqio.Transport = transport{}

type transport struct{}

// schemes are those of the addresses that it carries. Nobody changes them.
var schemes = []string{endpoint.TCP, endpoint.IPC}

func (transport) String() string { return "zmtp" }

func (transport) Schemes() []string { return schemes }

// Open implements zmqio.Transport. It opens no socket yet.
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
	c := &carrier{
		sink: sink, cfg: cfg, log: cfg.Logger,
		epoch:      cfg.Clock.Now(),
		writeWait:  writeTimeout,
		yield:      bulk.Yield,
		pollersMax: int32(runtime.GOMAXPROCS(0) / 2),
		engine: zmtp.Config{
			Identity:          cfg.Name,
			PayloadBytesMax:   cfg.PayloadBytesMax,
			HandshakeTimeout:  cfg.HandshakeTimeout,
			HeartbeatInterval: max(cfg.HeartbeatInterval, 0),
			HeartbeatTimeout:  max(cfg.HeartbeatTimeout, 0),
			Buffers:           &buffers.Process,
		},
	}
	c.engine.Pause = func() { c.yield() }
	if cfg.Curve {
		c.engine.Curve = &zmtp.Keys{Public: cfg.PublicKey, Secret: cfg.SecretKey}
	}
	if err := c.engine.Check(); err != nil {
		return nil, fmt.Errorf("bilateralrpc: %w", err)
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	return c, nil
}

// check says what is wrong with cfg, as far as the engine does not.
func check(cfg *zmqio.TransportConfig) error {
	switch {
	case !core.LegalName(cfg.Name):
		return fmt.Errorf("bilateralrpc: name %q: want 1 to 255 bytes, the first not zero", cfg.Name)
	case cfg.SendQueueMax <= 0:
		return fmt.Errorf("bilateralrpc: SendQueueMax is %d: want at least 1", cfg.SendQueueMax)
	case cfg.Curve && (zmtp.PublicKey(&cfg.SecretKey) != cfg.PublicKey || keyName(&cfg.PublicKey) != cfg.Name):
		return errors.New("bilateralrpc: the secret key, the public key and the name do not belong together")
	}
	return nil
}
