package zmqio

import (
	"errors"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Config is what a Driver is made from.
type Config struct {
	// Name is the node's name on the wire: claimed in plaintext, and the Z85
	// public key when Curve is set.
	Name string
	// Network is the name of the network; peers of another one are refused.
	Network string
	// Curve, PublicKey and SecretKey are those of TransportConfig.
	Curve                bool
	PublicKey, SecretKey [32]byte
	// Routes say which transport carries which addresses.
	Routes []Route
	// Handler serves the requests of peers. Nil answers each with an error.
	Handler Handler
	// Admit is that of TransportConfig. It must be quick and not call the driver.
	// Change what it answers, then call Driver.Readmit.
	Admit func(name, address string) bool
	// Timing and Limits are the protocol's; a zero field takes its default.
	Timing core.Timing
	Limits core.Limits
	// Incarnation and Seed go to the machine.
	Incarnation, Seed uint64
	// Clock is the source of time; nil is the system's.
	Clock Clock
	// Logger gets a line for each peer that comes or goes, each failed handshake
	// and, at debug level, each dropped message. Nil is silent. No line has a
	// payload or a secret key in it. It may call the driver, but not Close or
	// Shutdown, which wait for whoever logs.
	Logger *slog.Logger

	// The rest goes to the transports; a zero takes its default.
	SendQueueMax      int           // 1,000 messages a link
	HandshakeTimeout  time.Duration // 5 s
	HeartbeatInterval time.Duration // 4 s; negative: no heartbeats
	HeartbeatTimeout  time.Duration // 8 s
	Linger            time.Duration // LINGER_TIME 50 ms; negative: none
}

// Route says which transport carries the addresses of some schemes. It is made
// when the first such address is used.
type Route struct {
	// Schemes are the parts of an address before "://", for example "tcp" and "ipc".
	Schemes []string
	// New makes the transport. Nil says that it is not available here.
	New NewTransport
	// Missing is the error for such an address where New is nil. It should tell
	// the user what to install.
	Missing error
}

func (c Config) withDefaults() Config {
	if c.Clock == nil {
		c.Clock = SystemClock()
	}
	if c.Handler == nil {
		c.Handler = serveNothing
	}
	if c.SendQueueMax <= 0 {
		c.SendQueueMax = 1000
	}
	c.HandshakeTimeout = orDefault(c.HandshakeTimeout, 5*time.Second)
	c.HeartbeatInterval = orDefault(c.HeartbeatInterval, 4*time.Second)
	c.HeartbeatTimeout = orDefault(c.HeartbeatTimeout, 8*time.Second)
	c.Linger = orDefault(c.Linger, 50*time.Millisecond)
	return c
}

// orDefault returns byDefault for a zero, and zero for a negative d.
func orDefault(d, byDefault time.Duration) time.Duration {
	if d == 0 {
		return byDefault
	}
	return max(d, 0)
}

func serveNothing([]byte, *Request) ([]byte, error) {
	return nil, errors.New("this node serves no methods")
}

// machine returns the part of c that the protocol is made from.
func (c *Config) machine() core.Config {
	return core.Config{
		Name:          c.Name,
		Network:       c.Network,
		Incarnation:   c.Incarnation,
		Seed:          c.Seed,
		LinksReported: true,
		Timing:        c.Timing,
		Limits:        c.Limits,
	}
}

// transport returns the part of c that a transport is made from.
func (c *Config) transport(limits core.Limits) TransportConfig {
	logger := c.Logger
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return TransportConfig{
		Name:              c.Name,
		Curve:             c.Curve,
		PublicKey:         c.PublicKey,
		SecretKey:         c.SecretKey,
		Admit:             c.Admit,
		PayloadBytesMax:   limits.BodyBytesMax,
		SendQueueMax:      c.SendQueueMax,
		HandshakeTimeout:  c.HandshakeTimeout,
		HeartbeatInterval: c.HeartbeatInterval,
		HeartbeatTimeout:  c.HeartbeatTimeout,
		Linger:            c.Linger,
		Clock:             c.Clock,
		Logger:            logger,
	}
}
