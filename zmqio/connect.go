package zmqio

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
)

// Listening, connecting and disconnecting don't go through the combiner, but take
// the lock themselves. They are rare, their callers wait for the answer, and a
// carrier has to be asked before the machine gets the event. Listening may look up a
// name, so that is asked for with the node unlocked.

// Listen binds address and returns the address bound, which has a real port in
// place of a wildcard. The error is the carrier's, which wraps ErrBadAddress if the
// address is at fault.
func (d *Driver) Listen(address string) (bound string, err error) {
	p, err := d.port(address)
	if err != nil {
		return "", err
	}
	bound, err = p.carrier.Listen(address)
	d.lock()
	defer d.unlockAndDispatch()
	switch {
	case d.phase == phaseClosed:
		return "", d.reason()
	case err != nil:
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
	d.do(hosted.Connect, name+" "+address, func() { err = d.connect(p, name, address) })
	return err
}

// connect is Connect with the lock.
func (d *Driver) connect(p *port, name, address string) error {
	if d.phase == phaseClosed {
		return d.reason()
	}
	if err := p.carrier.CheckAddress(address); err != nil {
		return badAddress(err)
	}
	if p, ok := d.dialled.find(name); ok && p.barred {
		return ErrDuplicate
	}
	err := d.refusal(d.step(&core.Event{Kind: core.EvConnect, Peer: name, Address: address}, false))
	if err == nil {
		d.dialled.add(name, address)
		d.seen.note(name, func(p *seenPeer) { p.dialled = true })
	}
	return err
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
func (d *Driver) Disconnect(name string) (err error) {
	d.do(hosted.Disconnect, name, func() {
		p, _ := d.dialled.find(name)
		d.dialled.remove(name)
		d.seen.undial(name)
		if !p.barred || d.phase >= phaseStopped {
			err = d.refusal(d.step(&core.Event{Kind: core.EvDisconnect, Peer: name}, false))
		}
	})
	return err
}

// Redial has the peer called name dialled at once, if it is dialled and no connection is
// up, and its backoff begin anew. The error is ErrNoPeer for a peer that the user has not
// connected to, and ErrNotAllowed for one that Readmit keeps out.
func (d *Driver) Redial(name string) (err error) {
	d.do(hosted.Redial, name, func() {
		if p, _ := d.dialled.find(name); p.barred && d.phase < phaseStopped {
			err = ErrNotAllowed
			return
		}
		err = d.refusal(d.step(&core.Event{Kind: core.EvRedial, Peer: name}, false))
	})
	return err
}

// RedialAll is Redial for every peer that the user has connected to.
func (d *Driver) RedialAll() (err error) {
	names := d.dialled.names()
	slices.Sort(names)
	d.do(hosted.Redial, "", func() {
		if d.phase >= phaseStopped {
			err = d.reason()
			return
		}
		for _, name := range names { // one that is barred, or was disconnected meanwhile, is passed over
			d.step(&core.Event{Kind: core.EvRedial, Peer: name}, false)
		}
	})
	return err
}
