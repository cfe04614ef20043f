package inproc

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/endpoint"
)

// carrier is one node's end of the network. Its ends belong to the node's owner.
type carrier struct {
	sink   zmqio.Sink
	config zmqio.TransportConfig
	inbox  *inbox
	ends   zmqio.Links[*end]
}

// end is one side of a link. It belongs to the node it is of, with two
// exceptions: far and account are set by the accepting node before the end is told to
// be up, and what waits belongs to the inbox.
type end struct {
	of      *carrier
	link    core.Link
	name    string // of the node at the far end
	address string // that was dialled
	far     *end
	up      bool           // far is set
	over    bool           // hung up or lost: nothing more is reported
	account *zmqio.Account // of the far end, at this end's node

	// What is in the inbox of this end's node.
	waiting int   // messages that are not being reported yet
	bytes   int   // of all messages
	charged int64 // counted in account for them
}

// Listen binds inproc://name. The name "*" stands for one that is free.
func (c *carrier) Listen(address string) (bound string, err error) {
	e, err := endpoint.Parse(address, endpoint.Listen, endpoint.Inproc)
	if err != nil {
		return "", fmt.Errorf("%w %w", zmqio.ErrBadAddress, err)
	}
	if e.Path, err = places.bind(e.Path, c.inbox); err != nil {
		return "", fmt.Errorf("%w: %s", err, address)
	}
	return e.String(), nil
}

// CheckAddress implements zmqio.Carrier.
func (c *carrier) CheckAddress(address string) error {
	_, err := endpoint.Parse(address, endpoint.Dial, endpoint.Inproc)
	return err
}

// Dial leaves an item with the node that listens, which decides.
func (c *carrier) Dial(link core.Link, name, address string) {
	e := &end{of: c, link: link, name: name, address: address}
	c.ends.Put(link, e)
	if at, err := endpoint.Parse(address, endpoint.Dial, endpoint.Inproc); err == nil {
		if in := places.find(at.Path); in != nil && in.put(item{kind: dialItem, end: e}) {
			return
		}
	}
	c.inbox.put(item{kind: lostItem, end: e, cause: core.CauseUnreachable, why: errNobody})
}

// HangUp implements zmqio.Carrier.
func (c *carrier) HangUp(link core.Link) {
	if e, ok := c.ends.Find(link); ok {
		c.drop(e)
		e.tellFar()
	}
}

// drop ends e on this side.
func (c *carrier) drop(e *end) {
	e.over = true
	c.ends.Delete(e.link)
	if e.up { // else deliverUp finds it
		e.account.Close()
	}
}

// tellFar reports the end of the link to the far end, behind what was sent. A
// link that is not up has nobody to tell yet: see deliverUp.
func (e *end) tellFar() {
	if e.up {
		e.far.of.inbox.put(item{kind: lostItem, end: e.far, cause: core.CauseLost, why: errEnded})
	}
}

// Send implements zmqio.Carrier. The message is with its receiver at once.
func (c *carrier) Send(link core.Link, command core.Command, head, body []byte) error {
	e, ok := c.ends.Find(link)
	if !ok || !e.up {
		return zmqio.ErrUnroutable
	}
	if len(head)+len(body) > c.config.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	return e.far.of.inbox.putFrame(e.far, command, head, body, c.config.SendQueueMax)
}

// Flush does nothing: Send puts a message where it goes.
func (c *carrier) Flush() {}

// UsesBuffers implements buffers.User.
func (c *carrier) UsesBuffers() {}

// Close needs no linger time: what was sent is with its receiver.
func (c *carrier) Close(time.Duration) error {
	c.inbox.close()
	places.release(c.inbox)
	c.inbox.all.Wait()
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	for _, e := range c.ends.All() {
		c.drop(e)
		e.tellFar()
	}
	return nil
}
