package zmqio

import (
	"errors"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/descriptors"
	"github.com/bitmark-inc/bilateralrpc/internal/record"
)

// Config is what a Driver is made from: a view for the protocol, one for the
// transports, and what neither sees. Each setting stands in one of them, and its
// default is written there.
type Config struct {
	// Protocol configures the machine. New sets LinksReported.
	Protocol core.Config
	// Node is handed to each transport that the node uses. New sets Name,
	// PayloadBytesMax and Budget, which follow from the rest, and gives every other
	// field that is zero its default.
	Node TransportConfig
	// Transports carry the node's addresses: each address is for the first of them
	// that has its scheme. At most 64.
	Transports []Transport
	// PeerBytesMax and NodeBytesMax bound the bytes that are held because of one peer
	// (peerBytesDefault) and of all (nodeBytesDefault): see Budget.
	PeerBytesMax, NodeBytesMax int64
	// LinksMax bounds the accepted links of the node (linksDefault), of which an address
	// has as many as it leaves free, and LinksPeerMax those of one name
	// (linksPeerDefault).
	LinksMax, LinksPeerMax int
	// Recorder keeps what the machine sees; nil keeps nothing. It must be attached to no
	// other machine.
	Recorder *record.Recorder
	// Handler serves the requests of peers. With nil, each is answered with an error.
	Handler Handler
	// Handlers says which goroutines run handlers.
	Handlers Handlers
}

// settings is what a node keeps of its Config.
type settings struct {
	Node     TransportConfig
	Recorder *record.Recorder
	Handler  Handler
	Handlers Handlers
}

// Handlers says which goroutines run the handlers of a node.
type Handlers uint8

const (
	// HandlersAuto: the goroutine that has read a request runs its handler, if those of
	// that method have lately taken less than some ten microseconds, and the transport has
	// goroutines for that; else a goroutine of a pool does. Handlers that make large
	// replies take turns, where peers are other processes (lease.go).
	HandlersAuto Handlers = iota
	// HandlersInline: the goroutine that has read a request runs its handler in any case.
	HandlersInline
	// HandlersPooled: a goroutine of the pool does, at once.
	HandlersPooled
)

// The defaults of a TransportConfig.
const (
	sendQueueDefault         = 1000
	handshakeTimeoutDefault  = 5 * time.Second
	heartbeatIntervalDefault = 4 * time.Second
	heartbeatTimeoutDefault  = 8 * time.Second
	lingerDefault            = 50 * time.Millisecond // LINGER_TIME
	// busyPollDefault is some times what it takes to have a processor sleep and wake.
	busyPollDefault = 150 * time.Microsecond
)

// The defaults of the budget. A peer's share has room for one value of the largest
// size that the API decodes, with its message, both counted as HeapBytes says; the
// node's is four of those.
const (
	peerBytesDefault = 128 << 20
	nodeBytesDefault = 4 * peerBytesDefault
)

// The defaults of accepted links. Each is a descriptor. What they leave of those that
// the process may have is for dials, for handshakes under way, and for the program.
const (
	linksPerEightDescriptors = 5
	linksDefaultMax          = 16 << 10
	linksPeerDefault         = 4
)

// linksDefault is five eighths of the descriptors that the process may have, at most
// linksDefaultMax.
func linksDefault() int {
	return max(min(descriptors.Max()*linksPerEightDescriptors/8, linksDefaultMax), 1)
}

// withDefaults returns c with a value in every field of Node but Admit, and with a
// handler. It needs machine, the configuration of the machine with its defaults.
func (c Config) withDefaults(machine core.Config) Config {
	if c.Handler == nil {
		c.Handler = serveNothing
	}
	if c.PeerBytesMax == 0 {
		c.PeerBytesMax = peerBytesDefault
	}
	if c.NodeBytesMax == 0 {
		c.NodeBytesMax = nodeBytesDefault
	}
	if c.LinksMax == 0 {
		c.LinksMax = linksDefault()
	}
	if c.LinksPeerMax == 0 {
		c.LinksPeerMax = linksPeerDefault
	}
	n := &c.Node
	n.Budget = NewBudget(c.PeerBytesMax, c.NodeBytesMax)
	n.Name, n.PayloadBytesMax = machine.Name, machine.Limits.BodyBytesMax
	if n.Clock == nil {
		n.Clock = SystemClock()
	}
	if n.Logger == nil {
		n.Logger = slog.New(slog.DiscardHandler)
	}
	if n.SendQueueMax <= 0 {
		n.SendQueueMax = sendQueueDefault
	}
	n.HandshakeTimeout = orDefault(n.HandshakeTimeout, handshakeTimeoutDefault)
	n.HeartbeatInterval = orDefault(n.HeartbeatInterval, heartbeatIntervalDefault)
	n.HeartbeatTimeout = orDefault(n.HeartbeatTimeout, heartbeatTimeoutDefault)
	n.Linger = orDefault(n.Linger, lingerDefault)
	n.BusyPoll = orDefault(n.BusyPoll, busyPollDefault)
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
