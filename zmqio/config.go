package zmqio

import (
	"errors"
	"log/slog"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Config is what a Driver is made from: what the protocol sees of it, and what
// the transports see. Each setting stands in one of the two, which also knows its
// default.
type Config struct {
	// Protocol is the machine's. The driver sets LinksReported.
	Protocol core.Config
	// Node is the transports'. The driver sets Name and PayloadBytesMax, which
	// follow from Protocol; a zero elsewhere takes its default.
	Node TransportConfig
	// Transports carry the node's addresses: the first that knows the scheme of
	// one is opened for it.
	Transports []Transport
	// Handler serves the requests of peers. Nil answers each with an error.
	Handler Handler
}

// The defaults of a TransportConfig.
const (
	sendQueueDefault         = 1000
	handshakeTimeoutDefault  = 5 * time.Second
	heartbeatIntervalDefault = 4 * time.Second
	heartbeatTimeoutDefault  = 8 * time.Second
	lingerDefault            = 50 * time.Millisecond // LINGER_TIME
)

// withDefaults returns c with every setting that its transports look at.
func (c Config) withDefaults(machine core.Config) Config {
	if c.Handler == nil {
		c.Handler = serveNothing
	}
	n := &c.Node
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
