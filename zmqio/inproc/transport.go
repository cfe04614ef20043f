package inproc

import (
	"bytes"
	"crypto/ecdh"
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
		inbox:  new(inbox),
	}
	c.inbox.read = c.run
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
	if config.Curve && !belong(config) {
		return errors.New("bilateralrpc: the secret key, the public key and the name do not belong together")
	}
	return nil
}

// belong says whether the keys and the name of an encrypted node are of one node.
// Nothing is encrypted here, but what is wrong should fail here too.
func belong(config *zmqio.TransportConfig) bool {
	name, err := z85.Encode(config.PublicKey[:])
	if err != nil || name != config.Name {
		return false
	}
	secret, err := ecdh.X25519().NewPrivateKey(config.SecretKey[:])
	return err == nil && bytes.Equal(secret.PublicKey().Bytes(), config.PublicKey[:])
}
