package zmtpnet

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

const (
	// controlBytesMax bounds the PINGs and PONGs queued on one link.
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
	wg        sync.WaitGroup // every goroutine
	dirty     dirtyList
	writeWait time.Duration // writeTimeout, but for tests
	yield     func()        // bulk.Yield, but for tests
	// pollersMax is how many goroutines of the process may poll: see busyPoll.
	pollersMax int32

	// Guarded by the lock of the node.
	links     zmqio.Links[*link]
	listeners []*listener
	closed    bool
}

// UsesBuffers implements buffers.User.
func (c *carrier) UsesBuffers() {}

var _ bulk.Remote = (*carrier)(nil)

// Remote implements bulk.Remote.
func (c *carrier) Remote() {}

// now is the time on the scale of the engine.
func (c *carrier) now() zmtp.Instant { return zmtp.Instant(c.cfg.Clock.Since(c.epoch)) }

// CheckAddress implements zmqio.Carrier.
func (c *carrier) CheckAddress(address string) error {
	_, err := endpoint.Parse(address, endpoint.Dial, schemes...)
	return err
}

// Dial implements zmqio.Carrier.
func (c *carrier) Dial(id core.Link, name, address string) {
	if c.closed {
		return
	}
	l := &link{carrier: c, name: name, address: address, id: id}
	ctx, cancel := context.WithCancel(context.Background())
	l.giveUp = cancel
	c.links.Put(id, l)
	c.wg.Add(1)
	go func() {
		defer cancel()
		l.ended(l.dial(ctx, address))
	}()
}

// inline returns what runs handlers on the goroutine that reads l, or nil where the node has none.
func (c *carrier) inline(l *link) *zmqio.Inline {
	if s, ok := c.sink.(zmqio.Inliner); ok {
		return s.Inline(l.takenOver)
	}
	return nil
}

// HangUp implements zmqio.Carrier.
func (c *carrier) HangUp(id core.Link) {
	if l, ok := c.links.Find(id); ok {
		c.hangUp(l, c.cfg.Linger)
	}
}

// hangUp forgets a link and lets it end by itself. Requires the lock.
func (c *carrier) hangUp(l *link, linger time.Duration) {
	c.links.Delete(l.id)
	l.gone = true
	if !l.up {
		l.giveUp()
		return
	}
	l.linger(linger)
}

// Send implements zmqio.Carrier.
func (c *carrier) Send(id core.Link, command core.Command, head, body []byte) error {
	l, ok := c.links.Find(id)
	if !ok || !l.up {
		return zmqio.ErrUnroutable
	}
	if len(head)+len(body) > c.cfg.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	return l.out.queue(command, head, body)
}

// Close implements zmqio.Carrier.
func (c *carrier) Close(linger time.Duration) error {
	c.sink.Lock()
	c.closed = true
	for _, l := range c.links.All() {
		c.hangUp(l, linger) // dials too
	}
	listeners := c.listeners
	c.sink.UnlockAndDispatch()

	for _, l := range listeners {
		l.close()
	}
	c.Flush()
	c.wg.Wait()
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
		return nil, fmt.Errorf("a name of %d characters: want the 40 of a Z85 public key", len(name))
	}
	return (*[zmtp.KeyBytes]byte)(key), nil
}
