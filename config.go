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
	// AllowedKeysFile is a file to take AllowedKeys from, and aliases: see LoadAllowedKeys.
	// ReloadAllowedKeys reads it again.
	AllowedKeysFile string
	// Alias returns what people call the peer of a name, for log lines and the texts of
	// errors, where it stands with the beginning of the key: "alice (rq:rM>}U...)". "" is no
	// alias; then the one in AllowedKeysFile counts, and if there is none the whole name is
	// shown. Only Called shows aliases besides: not the wire, and no name that a method returns.
	// It may be called concurrently, and must not call the node.
	Alias func(name string) string
	// Transport carries the node's messages; nil is ZMTP. Addresses inproc://name,
	// for nodes of the same process, work beside any.
	Transport Transport

	// ListMethods has the node tell every peer that asks, by the method _bilateral.methods,
	// which methods it serves, and the types of their arguments and replies. Without these
	// the command bilateral can't call them, as it has not got the types. A
	// ServeInterceptor decides who may ask, as for any other method.
	ListMethods bool

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
	// BusyPoll is how long ZMTP looks again and again at a connection for what comes next, on a
	// processor that has nothing else to do, before it has that sleep: 150 us, on connections
	// whose last wait was no longer, and for half as many of them as there are processors. It
	// saves the time and the work of waking processors, and shows as CPU time of a process that
	// only waits. A negative one never does.
	BusyPoll time.Duration

	// Handlers says which goroutines run handlers; the zero value is HandlersAuto.
	Handlers Handlers

	// CallInterceptors are around every call and cast of this node, and ServeInterceptors
	// around every handler; the first of each is the outermost. They cost nothing where
	// there are none.
	CallInterceptors  []CallInterceptor
	ServeInterceptors []ServeInterceptor

	// Logger gets a line for each peer that comes or goes, each connection that fails or
	// is turned away, each handler that panics and, at debug level, messages that were
	// ignored. Peers can't flood it: of each kind of line there are 5 at once for a peer
	// and one more every 10 s, and 100 a second for all (50 and 10 a second, and 1,000, at
	// debug level). Those left out are counted by the attribute left_out of the next line
	// about that peer, or by a line of their own. Nil is silent. Payloads and private keys
	// are never logged. It may call the node, but not Close or Shutdown, which wait for it.
	Logger *slog.Logger
	// Recorder keeps what the node's protocol saw of late, to be looked into when something
	// went wrong; nil keeps nothing, and costs nothing. See NewRecorder.
	Recorder *Recorder
	// Clock is the source of time; nil is the system's. Transports on sockets keep
	// real time besides.
	Clock Clock
	// Seed makes jitter and call ids reproducible; zero is a random one.
	Seed uint64
}

// Handlers says which goroutines run the handlers of a node. None of them may hold anything up:
// what a peer sends is read on within a millisecond or so, whatever its handlers do.
type Handlers uint8

const (
	// HandlersAuto: the goroutine that has read a request runs its handler, if those of
	// that method have lately taken less than some ten microseconds; else, and where the
	// transport is not ZMTP, a goroutine of a pool does. Where those of other processes' requests have lately
	// made replies of 64 KiB and more, and computed rather than waited, they run on
	// half of the processors at a time, by turns of their peers, so that others are served meanwhile.
	HandlersAuto = Handlers(zmqio.HandlersAuto)
	// HandlersInline: the goroutine that has read a request runs its handler in any case.
	// That is for measuring, and for methods that are quick but for rare exceptions.
	HandlersInline = Handlers(zmqio.HandlersInline)
	// HandlersPooled: a goroutine of the pool does. That is for handlers that should run on
	// all processors at once, though each of them is quick, or makes a large reply.
	HandlersPooled = Handlers(zmqio.HandlersPooled)
)

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
			BusyPoll:          c.BusyPoll,
			Clock:             c.Clock,
			Logger:            c.Logger,
		},
		Transports:   transports(c.Transport),
		PeerBytesMax: c.Limits.PeerBytesMax,
		NodeBytesMax: c.Limits.NodeBytesMax,
		LinksMax:     c.Limits.LinksMax,
		LinksPeerMax: c.Limits.LinksPeerMax,
		Handlers:     zmqio.Handlers(c.Handlers),
		Recorder:     c.Recorder.ofDriver(),
	}
}
