package zmqio

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Listening, connecting and disconnecting don't go through the combiner, but take
// the lock themselves. They are rare, their callers wait for the answer, and a
// carrier has to be asked before the machine hears of it.

// Listen binds address and returns the address bound, which has a real port in
// place of a wildcard. The error is the carrier's, which wraps ErrBadAddress if the
// address is at fault.
func (d *Driver) Listen(address string) (bound string, err error) {
	p, err := d.port(address)
	if err != nil {
		return "", err
	}
	d.lock()
	defer d.unlockAndDispatch()
	if d.phase == phaseClosed {
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
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.router.bound)
}

// Connect makes the node dial address, where the node called name is expected,
// now and whenever no link to it is up.
func (d *Driver) Connect(name, address string) error {
	p, err := d.port(address)
	if err != nil {
		return err
	}
	d.lock()
	defer d.unlockAndDispatch()
	if d.phase == phaseClosed {
		return d.reason()
	}
	if err := p.carrier.CheckAddress(address); err != nil {
		return badAddress(err)
	}
	return d.refusal(d.step(&core.Event{Kind: core.EvConnect, Peer: name, Address: address}, false))
}

// badAddress makes err one that wraps ErrBadAddress, if it is not.
func badAddress(err error) error {
	if errors.Is(err, ErrBadAddress) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrBadAddress, err)
}

// Disconnect forgets the address of name and takes leave of it. Pending calls
// to it end; a peer that dials this node may come back.
func (d *Driver) Disconnect(name string) error {
	d.lock()
	defer d.unlockAndDispatch()
	return d.refusal(d.step(&core.Event{Kind: core.EvDisconnect, Peer: name}, false))
}

// Readmit asks Config.Node.Admit again about the peer of every link of the
// listening half, with an empty address, and hangs up those that it turns down.
func (d *Driver) Readmit() {
	admit := d.config.Node.Admit
	if admit == nil {
		return
	}
	turnedDown := d.listeningLinks()
	turnedDown = slices.DeleteFunc(turnedDown, func(l peerLink) bool { return admit(l.peer, "") })
	if len(turnedDown) == 0 {
		return
	}
	d.lock()
	defer d.unlockAndDispatch()
	if d.phase == phaseClosed {
		return
	}
	for _, l := range turnedDown {
		if _, up := d.router.routes.Find(l.link); !up {
			continue // it has ended meanwhile; its number is not used again
		}
		d.router.hangUp(l.link)
		d.step(&core.Event{Kind: core.EvLinkLost, Peer: l.peer, Link: l.link, Cause: core.CauseHandshake}, false)
	}
}

// peerLink is a link and the name at its other end.
type peerLink struct {
	link core.Link
	peer string
}

// listeningLinks returns the links of the listening half, in no order.
func (d *Driver) listeningLinks() []peerLink {
	d.mu.Lock()
	defer d.mu.Unlock()
	var links []peerLink
	for link, to := range d.router.routes.All() {
		if link.Half == core.Listening {
			links = append(links, peerLink{link, to.peer})
		}
	}
	return links
}
