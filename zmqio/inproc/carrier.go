package inproc

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// carrier is one node's side. Its ends belong to the node's owner.
type carrier struct {
	sink   zmqio.Sink
	config zmqio.TransportConfig
	inbox  *inbox
	ends   map[core.Link]*end
	done   chan struct{} // closed when the goroutine is gone
}

// end is one side of a link. It belongs to the node it is of, with two
// exceptions: far is set by the accepting node before the end is told to be up,
// and waiting belongs to the inbox.
type end struct {
	of      *carrier
	link    core.Link
	name    string // of the node at the far end
	address string // that was dialled
	far     *end
	up      bool // far is set
	over    bool // hung up or lost: nothing more is reported
	waiting int  // messages in the inbox of this end's node
}

// Transport carries inproc:// addresses between the nodes of a process.
var Transport zmqio.Transport = transport{}

type transport struct{}

func (transport) String() string { return "memory" }

func (transport) Schemes() []string { return []string{"inproc"} }

// Open implements zmqio.Transport.
func (transport) Open(sink zmqio.Sink, config zmqio.TransportConfig) (zmqio.Carrier, error) {
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

// Listen binds inproc://name. The name "*" stands for one that is free.
func (c *carrier) Listen(address string) (bound string, err error) {
	place, err := parse(address)
	if err != nil {
		return "", err
	}
	if place, err = places.bind(place, c.inbox); err != nil {
		return "", err
	}
	return scheme + place, nil
}

func (c *carrier) CheckAddress(address string) error {
	_, err := parse(address)
	return err
}

// Dial leaves an item with the node that listens; that one decides.
func (c *carrier) Dial(link core.Link, name, address string) {
	e := &end{of: c, link: link, name: name, address: address}
	c.ends[link] = e
	if place, err := parse(address); err == nil {
		if in := places.find(place); in != nil && in.put(item{kind: dialItem, end: e}) {
			return
		}
	}
	c.inbox.put(item{kind: lostItem, end: e, cause: core.CauseUnreachable})
}

func (c *carrier) HangUp(link core.Link) {
	if e := c.ends[link]; e != nil {
		c.drop(e)
		e.tellFar()
	}
}

// drop ends e on this side.
func (c *carrier) drop(e *end) {
	e.over = true
	delete(c.ends, e.link)
}

// tellFar reports the end of the link to the far end, behind what was sent. A
// link that is not up has nobody to tell yet: see deliverUp.
func (e *end) tellFar() {
	if e.up {
		e.far.of.inbox.put(item{kind: lostItem, end: e.far, cause: core.CauseLost})
	}
}

func (c *carrier) Send(link core.Link, command core.Command, head, body []byte) error {
	e := c.ends[link]
	if e == nil || !e.up {
		return zmqio.ErrUnroutable
	}
	if len(head)+len(body) > c.config.PayloadBytesMax {
		return zmqio.ErrTooLarge
	}
	return e.far.of.inbox.putFrame(e.far, command, head, body, c.config.SendQueueMax)
}

// Flush does nothing: Send puts a message where it goes.
func (c *carrier) Flush() {}

// Close needs no linger time: what was sent is with its receiver.
func (c *carrier) Close(time.Duration) error {
	places.release(c.inbox)
	c.inbox.close()
	<-c.done
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	for _, e := range c.ends {
		c.drop(e)
		e.tellFar()
	}
	return nil
}
