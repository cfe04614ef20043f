package zmtpnet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	// halfOpenMax bounds the connections of one listener whose handshake is not done.
	halfOpenMax = 256
	// queueBytesMax bounds the bytes queued on one link, unless two of the largest
	// payloads need more.
	queueBytesMax = 8 << 20
	// controlBytesMax is what PINGs and PONGs may take beyond that.
	controlBytesMax = 64 << 10
	// writeTimeout is for how long a socket may take no byte at all.
	writeTimeout = 30 * time.Second
)

// The engine gathers from this size in a buffer that changes hands.
var _ = [1]struct{}{}[zmtp.KeepBytes-zmqio.KeepBytes]

// carrier implements zmqio.Carrier.
type carrier struct {
	sink      zmqio.Sink
	cfg       zmqio.TransportConfig
	log       *slog.Logger
	engine    zmtp.Config
	epoch     time.Time
	queueMax  int                // bytes
	alive     context.Context    // ends with Close
	end       context.CancelFunc // ends alive
	wg        sync.WaitGroup     // every goroutine
	dirty     dirtyList
	batches   sync.Pool     // *batch
	writeWait time.Duration // writeTimeout, but for tests

	// Guarded by ownership of the node.
	links     zmqio.Links[*link]
	listeners []*listener
	closed    bool
}

// Transport carries tcp:// and ipc:// addresses over sockets of Go.
var Transport zmqio.Transport = transport{}

type transport struct{}

func (transport) String() string { return "zmtp" }

func (transport) Schemes() []string { return []string{"tcp", "ipc"} }

// Open implements zmqio.Transport. It opens no socket yet.
func (transport) Open(sink zmqio.Sink, cfg zmqio.TransportConfig) (zmqio.Carrier, error) {
	c, err := newCarrier(sink, cfg)
	if err != nil {
		return nil, err // and not a carrier that is nil
	}
	return c, nil
}

func newCarrier(sink zmqio.Sink, cfg zmqio.TransportConfig) (*carrier, error) {
	if !core.LegalName(cfg.Name) {
		return nil, fmt.Errorf("zmtpnet: name %q: want 1 to 255 bytes, the first not zero", cfg.Name)
	}
	if cfg.SendQueueMax <= 0 {
		return nil, fmt.Errorf("zmtpnet: SendQueueMax is %d: want at least 1", cfg.SendQueueMax)
	}
	t := &carrier{
		sink: sink, cfg: cfg, log: cfg.Logger,
		epoch:     cfg.Clock.Now(),
		queueMax:  max(queueBytesMax, 2*cfg.PayloadBytesMax),
		writeWait: writeTimeout,
		engine: zmtp.Config{
			Identity:          cfg.Name,
			PayloadBytesMax:   cfg.PayloadBytesMax,
			HandshakeTimeout:  cfg.HandshakeTimeout,
			HeartbeatInterval: max(cfg.HeartbeatInterval, 0),
			HeartbeatTimeout:  max(cfg.HeartbeatTimeout, 0),
		},
	}
	if cfg.Curve {
		t.engine.Curve = &zmtp.Keys{Public: cfg.PublicKey, Secret: cfg.SecretKey}
		if zmtp.PublicKey(&cfg.SecretKey) != cfg.PublicKey || keyName(&cfg.PublicKey) != cfg.Name {
			return nil, errors.New("zmtpnet: the secret key, the public key and the name do not belong together")
		}
	}
	if err := t.engine.Check(); err != nil {
		return nil, err
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.batches.New = func() any { return new(batch) }
	t.alive, t.end = context.WithCancel(context.Background())
	return t, nil
}

// now is the time on the scale of the engine.
func (t *carrier) now() zmtp.Instant { return zmtp.Instant(t.cfg.Clock.Since(t.epoch)) }

// CheckAddress implements zmqio.Carrier.
func (t *carrier) CheckAddress(address string) error {
	_, err := parseAddress(address, false)
	return err
}

// Dial implements zmqio.Carrier.
func (t *carrier) Dial(id core.Link, name, address string) {
	if t.closed {
		return
	}
	l := &link{transport: t, name: name, id: id}
	ctx, cancel := context.WithCancel(t.alive)
	l.giveUp = cancel
	t.links.Put(id, l)
	t.wg.Add(1)
	go func() {
		defer t.wg.Done()
		defer cancel()
		l.end(l.dial(ctx, address))
	}()
}

// HangUp implements zmqio.Carrier.
func (t *carrier) HangUp(id core.Link) {
	if l, ok := t.links.Find(id); ok {
		t.hangUp(l, t.cfg.Linger)
	}
}

// hangUp forgets a link and lets it end by itself. Requires ownership.
func (t *carrier) hangUp(l *link, linger time.Duration) {
	t.links.Delete(l.id)
	l.gone = true
	if !l.up {
		l.giveUp()
		return
	}
	l.linger(linger)
}

// Send implements zmqio.Carrier.
func (t *carrier) Send(id core.Link, command core.Command, head, body []byte) error {
	l, ok := t.links.Find(id)
	if !ok || !l.up {
		return zmqio.ErrUnroutable
	}
	if len(head)+len(body) > t.cfg.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	return l.out.queue(command, head, body)
}

// Close implements zmqio.Carrier.
func (t *carrier) Close(linger time.Duration) error {
	t.sink.Lock()
	t.closed = true
	for _, l := range t.links.All() {
		t.hangUp(l, linger)
	}
	listeners := t.listeners
	t.sink.UnlockAndDispatch()

	t.end() // dials
	for _, l := range listeners {
		l.close()
	}
	t.Flush()
	t.wg.Wait()
	return nil
}

// entropy draws what a connection needs of chance.
func entropy() *zmtp.Entropy {
	e := new(zmtp.Entropy)
	_, _ = rand.Read(e[:]) // never fails: it ends the program rather
	return e
}

// keyName is the name of the node that holds a key.
func keyName(key *[zmtp.KeyBytes]byte) string {
	name, _ := z85.Encode(key[:]) // fails only for lengths that are not a multiple of 4
	return name
}

// parseKeyName is the reverse of keyName.
func parseKeyName(name string) (*[zmtp.KeyBytes]byte, error) {
	key, err := z85.Decode(name)
	if err != nil {
		return nil, err
	}
	if len(key) != zmtp.KeyBytes {
		return nil, fmt.Errorf("zmtpnet: name of %d characters: want the 40 of a Z85 public key", len(name))
	}
	return (*[zmtp.KeyBytes]byte)(key), nil
}
