package bilateralrpc

import (
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Config is what New makes a node from. Either Name or the two keys are needed;
// every other field may be left zero. A negative duration is none at all.
type Config struct {
	// Network is the name of the network. Peers of another one are refused. The
	// empty name is one like any other.
	Network string
	// Name is the name of a plaintext node, 1 to 255 bytes. Nothing proves it:
	// in plaintext everybody who can reach the node can claim any name.
	Name string
	// PublicKey and PrivateKey are a pair from NewKeypair. With them every
	// connection is encrypted, and the public key is the node's name.
	PublicKey, PrivateKey string
	// AllowedKeys are the public keys of those that may connect to this node; nil
	// admits everybody who has one. A key that ConnectTo is given is allowed for that
	// connection without being one of them. SetAllowedKeys changes them later, and then
	// for the peers that the node has connected to as well.
	AllowedKeys []string
	// Transport carries the node's messages; nil is ZMTP. Addresses inproc://name,
	// for nodes of the same process, work beside any.
	Transport Transport

	// Timing is that of the protocol, and Limits bound what the node holds. A zero
	// field takes its default.
	Timing Timing
	Limits Limits
	// SendQueueMax bounds the messages queued for one peer: 1,000.
	SendQueueMax int
	// HandshakeTimeout ends a connection whose handshake takes longer: 5 s.
	HandshakeTimeout time.Duration
	// HeartbeatInterval (4 s) and HeartbeatTimeout (8 s) find a dead peer of whom
	// TCP does not tell. A negative interval turns heartbeats off.
	HeartbeatInterval, HeartbeatTimeout time.Duration
	// Linger bounds how long Close waits for running handlers, and how long queued
	// messages may leave after Close or the end of a connection: LINGER_TIME.
	Linger time.Duration

	// Logger gets a line for each peer that comes or goes, each connection that fails or
	// is turned away, each handler that panics and, at debug level, messages that were
	// ignored. Peers can't flood it: of each kind of line there are 5 at once for a peer
	// and one more every 10 s, and 100 a second for all (50 and 10 a second, and 1,000, at
	// debug level). Those left out are counted by the attribute left_out of the next line
	// about that peer, or by a line of their own. Nil is silent. Payloads and private keys
	// are never logged. It may call the node, but not Close or Shutdown, which wait for it.
	Logger *slog.Logger
	// Clock is the source of time; nil is the system's. Transports on sockets keep
	// real time besides.
	Clock Clock
	// Seed makes jitter and call ids reproducible; zero is a random one.
	Seed uint64
}

// Clock is the Clock of github.com/benbjohnson/clock, which has a mock for tests.
type Clock = zmqio.Clock

// driver returns what the driver is made from, but for keys and the handler.
func (c *Config) driver() zmqio.Config {
	return zmqio.Config{
		Protocol: core.Config{
			Name:        c.Name,
			Network:     c.Network,
			Incarnation: randomUint64(),
			Seed:        c.Seed,
			Timing:      core.Timing(c.Timing),
			Limits:      c.Limits.protocol(),
		},
		Node: zmqio.TransportConfig{
			SendQueueMax:      c.SendQueueMax,
			HandshakeTimeout:  c.HandshakeTimeout,
			HeartbeatInterval: c.HeartbeatInterval,
			HeartbeatTimeout:  c.HeartbeatTimeout,
			Linger:            c.Linger,
			Clock:             c.Clock,
			Logger:            c.Logger,
		},
		Transports:   transports(c.Transport),
		PeerBytesMax: c.Limits.PeerBytesMax,
		NodeBytesMax: c.Limits.NodeBytesMax,
		LinksMax:     c.Limits.LinksMax,
		LinksPeerMax: c.Limits.LinksPeerMax,
	}
}
