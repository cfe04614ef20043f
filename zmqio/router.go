package zmqio

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// router spreads the links of a node over its transports, by the scheme of
// their addresses.
type router struct {
	// making is held while a carrier is opened or all are closed. It is taken
	// before the ownership.
	making sync.Mutex
	ports  []*port // one a transport, fixed
	links  Links[farEnd]
	bound  []string // where the node listens
	// accepted is the number of the newest accepted link.
	accepted uint64
	// unflushed has a bit for each port that has been sent on since it was flushed.
	unflushed uint64
}

// farEnd is where a link leads.
type farEnd struct {
	port *port
	name string // the peer's, once the link is up
}

// transportsMax is how many bits unflushed has.
const transportsMax = 64

func (r *router) init(d *Driver, transports []Transport) error {
	if len(transports) > transportsMax {
		return fmt.Errorf("zmqio: %d transports: want at most %d", len(transports), transportsMax)
	}
	for i, t := range transports {
		if some, ok := t.(interface{ Available() error }); ok {
			if err := some.Available(); err != nil {
				return err
			}
		}
		r.ports = append(r.ports, &port{driver: d, transport: t, schemes: t.Schemes(), bit: 1 << i})
	}
	return nil
}

// Listen binds address and returns the address bound, which has a real port in
// place of a wildcard.
func (d *Driver) Listen(address string) (bound string, err error) {
	p, err := d.port(address)
	if err != nil {
		return "", err
	}
	d.own()
	defer d.release()
	if d.gone {
		return "", d.reason()
	}
	if bound, err = p.carrier.Listen(address); err != nil {
		return "", err
	}
	d.router.bound = append(d.router.bound, bound)
	return bound, nil
}

// Addresses returns where the node listens, as bound.
func (d *Driver) Addresses() []string {
	d.own()
	defer d.release()
	return slices.Clone(d.router.bound)
}

// Connect makes the node dial address, where the node called name is expected,
// now and whenever no link to it is up.
func (d *Driver) Connect(name, address string) error {
	p, err := d.port(address)
	if err != nil {
		return err
	}
	d.own()
	defer d.release()
	if d.gone {
		return d.reason()
	}
	if err := p.carrier.CheckAddress(address); err != nil {
		return fmt.Errorf("%w: %w", ErrBadAddress, err)
	}
	d.step(&core.Event{Kind: core.EvConnect, Peer: name, Address: address})
	return d.refusal(d.refuse)
}

// Disconnect forgets the address of name and takes leave of it. Pending calls
// to it end; a peer that dials this node may come back.
func (d *Driver) Disconnect(name string) error {
	return d.submit(&core.Event{Kind: core.EvDisconnect, Peer: name})
}

// Readmit asks Config.Admit again about the peer of every accepted link, with an
// empty address, and hangs up those that are no longer welcome.
func (d *Driver) Readmit() {
	if d.config.Node.Admit == nil {
		return
	}
	d.own()
	defer d.release()
	if d.gone {
		return
	}
	for link, to := range d.router.links.All() {
		if link.Half != core.Listening || d.config.Node.Admit(to.name, "") {
			continue
		}
		d.router.hangUp(link)
		d.step(&core.Event{Kind: core.EvLinkLost, Peer: to.name, Link: link, Cause: core.CauseHandshake})
	}
}

// port returns the port for address, with its carrier open.
func (d *Driver) port(address string) (*port, error) {
	scheme, _, ok := strings.Cut(address, "://")
	if !ok {
		return nil, fmt.Errorf("%w %q: want scheme://place, for example tcp://127.0.0.1:5555", ErrBadAddress, address)
	}
	for _, p := range d.router.ports {
		if slices.Contains(p.schemes, scheme) {
			return p, d.open(p)
		}
	}
	return nil, fmt.Errorf("%w %q: no transport knows %s://", ErrBadAddress, address, scheme)
}

// open opens p's carrier, once. It needs no ownership, since a transport may take
// its time.
func (d *Driver) open(p *port) error {
	d.router.making.Lock()
	defer d.router.making.Unlock()
	d.own()
	made, gone := p.carrier != nil, d.gone
	d.release()
	switch {
	case gone:
		return d.reason()
	case made:
		return nil
	}
	carrier, err := p.transport.Open(p, d.config.Node)
	if err != nil {
		return err
	}
	d.own()
	p.carrier = carrier
	d.release()
	return nil
}

// The rest requires ownership, except flush.

func (r *router) dial(link core.Link, name, address string) {
	scheme, _, _ := strings.Cut(address, "://")
	for _, p := range r.ports {
		if p.carrier != nil && slices.Contains(p.schemes, scheme) {
			r.links.Put(link, farEnd{port: p, name: name})
			p.carrier.Dial(link, name, address)
			return
		}
	}
}

func (r *router) hangUp(link core.Link) {
	if to, ok := r.links.Find(link); ok {
		r.links.Delete(link)
		to.port.carrier.HangUp(link)
	}
}

func (r *router) send(link core.Link, command core.Command, head, body []byte) error {
	to, ok := r.links.Find(link)
	if !ok {
		return ErrUnroutable
	}
	r.unflushed |= to.port.bit
	return to.port.carrier.Send(link, command, head, body)
}

func (r *router) takeUnflushed() uint64 {
	bits := r.unflushed
	r.unflushed = 0
	return bits
}

// flush writes out what was sent on the ports of bits. It needs no ownership.
func (r *router) flush(bits uint64) {
	for _, p := range r.ports {
		if bits&p.bit != 0 {
			p.carrier.Flush()
		}
	}
}
