package zmqio

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/buffers"
	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// router spreads the links of a node over its transports, by the scheme of
// their addresses. Except for ports and opening, it is used with the lock.
type router struct {
	ports []*port // one for each transport, in their order; never changed
	// opening is held while a carrier is opened, and when all are about to be
	// closed. It is taken before the lock of the node.
	opening sync.Mutex

	routes Links[*route]
	guests guests   // the accepted links among them
	bound  []string // the addresses where the node listens
	// lastListening is the number of the newest link of the listening half.
	lastListening uint64
}

// route is the way to the other end of a link.
type route struct {
	port    *port
	peer    string   // the name at the other end: expected by a dial, claimed or proved once the link is up
	address string   // that was dialled, or where an accepted link comes from; empty if it is not known
	account *Account // of the peer
}

// transportsMax is how many bits effects.flush has.
const transportsMax = 64

func (r *router) init(d *Driver, transports []Transport) error {
	if len(transports) > transportsMax {
		return fmt.Errorf("bilateralrpc: bad Config: %d transports: give at most %d", len(transports), transportsMax)
	}
	for i, t := range transports {
		if some, ok := t.(Availability); ok {
			if err := some.Available(); err != nil {
				return err
			}
		}
		r.ports = append(r.ports, &port{driver: d, transport: t, schemes: t.Schemes(), bit: 1 << i})
	}
	return nil
}

// port returns the port for address, with its carrier open. It must be called
// without the lock.
func (d *Driver) port(address string) (*port, error) {
	if p := d.router.portOf(address); p != nil {
		return p, d.open(p)
	}
	scheme, _, ok := strings.Cut(address, "://")
	if !ok {
		return nil, fmt.Errorf("%w %q: want scheme://place, for example tcp://127.0.0.1:5555", ErrBadAddress, address)
	}
	var schemes []string
	for _, p := range d.router.ports {
		schemes = append(schemes, p.schemes...)
	}
	return nil, fmt.Errorf("%w %q: no transport of this node carries %s://, but %s", ErrBadAddress, address, scheme, strings.Join(schemes, ", "))
}

// portOf returns the first port that has the scheme of address, or nil. Its carrier
// may not be open yet.
func (r *router) portOf(address string) *port {
	scheme, _, ok := strings.Cut(address, "://")
	if i := slices.IndexFunc(r.ports, func(p *port) bool { return ok && slices.Contains(p.schemes, scheme) }); i >= 0 {
		return r.ports[i]
	}
	return nil
}

// open opens p's carrier, once. It must be called without the lock, since a
// transport may take its time.
func (d *Driver) open(p *port) error {
	d.router.opening.Lock()
	defer d.router.opening.Unlock()
	d.mu.Lock()
	opened, closed := p.carrier != nil, d.phase == phaseClosed
	d.mu.Unlock()
	switch {
	case closed:
		return d.reason()
	case opened:
		return nil
	}
	carrier, err := p.transport.Open(p, d.config.Node)
	if err != nil {
		return err
	}
	d.mu.Lock()
	p.carrier = carrier
	_, p.recycles = carrier.(buffers.User)
	_, p.remote = carrier.(bulk.Remote)
	d.mu.Unlock()
	return nil
}

// dial dials address, whose port is there and open: the machine has no address but
// from Connect, which gets it past Driver.port first.
func (r *router) dial(link core.Link, name, address string) {
	p := r.portOf(address)
	r.add(link, p, name, address)
	p.carrier.Dial(link, name, address)
}

func (r *router) hangUp(link core.Link) {
	if to, ok := r.remove(link); ok {
		to.port.carrier.HangUp(link)
	}
}

// add notes that link leads to peer, at address, by p.
func (r *router) add(link core.Link, p *port, peer, address string) {
	r.routes.Put(link, &route{port: p, peer: peer, address: address, account: p.driver.config.Node.Budget.Open(peer)})
	if link.Half == core.Listening {
		r.guests.enter(link, peer, address)
	}
}

// remove forgets link, and says where it led to, if it is there.
func (r *router) remove(link core.Link) (to *route, ok bool) {
	if to, ok = r.routes.Find(link); ok {
		r.routes.Delete(link)
		to.account.Close()
		if link.Half == core.Listening {
			r.guests.leave(link, to.peer, to.address)
		}
	}
	return to, ok
}

// address returns where link leads to or comes from, empty if it is not known.
func (r *router) address(link core.Link) string {
	if to, ok := r.routes.Find(link); ok {
		return to.address
	}
	return ""
}

// isRemote says whether link leads to another process.
func (r *router) isRemote(link core.Link) bool {
	to, ok := r.routes.Find(link)
	return ok && to.port.remote
}

// twins returns where the newest accepted link of name comes from, and where the one
// did that it has replaced, which is old unless that is gone already.
func (r *router) twins(name string, old core.Link) (newest, replaced string) {
	of := r.guests.byName[name]
	if of == nil {
		return "", ""
	}
	replaced = of.left
	if to, ok := r.routes.Find(old); ok {
		replaced = to.address
	}
	return r.address(of.links[len(of.links)-1]), replaced
}

// flush writes out what was sent on the ports of bits. It must be called without
// the lock.
func (r *router) flush(bits uint64) {
	for _, p := range r.ports {
		if bits&p.bit != 0 {
			p.carrier.Flush()
		}
	}
}
