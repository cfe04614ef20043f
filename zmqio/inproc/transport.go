package inproc

import (
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// Transport carries inproc:// addresses between the nodes of a process.
var Transport zmqio.Transport = transport{}

type transport struct{}

func (transport) String() string { return "memory" }

func (transport) Schemes() []string { return []string{endpoint.Inproc} }

// Open implements zmqio.Transport.
func (transport) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
	if err := check(&config); err != nil {
		return nil, err
	}
	c := &carrier{
		sink:   sink,
		config: config,
		inbox:  newInbox(),
		ends:   make(map[core.Link]*end),
		done:   make(chan struct{}),
	}
	go c.run()
	return c, nil
}

// check says what is wrong with config.
func check(config *zmqio.TransportConfig) error {
	switch {
	case !core.LegalName(config.Name):
		return fmt.Errorf("bilateralrpc: name %q: want 1 to 255 bytes, the first not zero", config.Name)
	case config.SendQueueMax <= 0:
		return fmt.Errorf("bilateralrpc: SendQueueMax is %d: want at least 1", config.SendQueueMax)
	case config.PayloadBytesMax <= 0:
		return fmt.Errorf("bilateralrpc: PayloadBytesMax is %d: want at least 1", config.PayloadBytesMax)
	}
	if name, err := z85.Encode(config.PublicKey[:]); config.Curve && (err != nil || name != config.Name) {
		return errors.New("bilateralrpc: the name of an encrypted node has to be its public key, in Z85")
	}
	return nil
}
