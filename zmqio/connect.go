package zmqio

import (
	"errors"
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
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
	d.lock()
	defer d.unlockAndDispatch()
	if d.phase == phaseClosed {
		return d.reason()
	}
	if err := p.carrier.CheckAddress(address); err != nil {
		return badAddress(err)
	}
	if p, ok := d.dialled.find(name); ok && p.barred {
		return ErrDuplicate
	}
	err = d.refusal(d.step(&core.Event{Kind: core.EvConnect, Peer: name, Address: address}, false))
	if err == nil {
		d.dialled.add(name, address)
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
func (d *Driver) Disconnect(name string) error {
	d.lock()
	defer d.unlockAndDispatch()
	p, _ := d.dialled.find(name)
	d.dialled.remove(name)
	if p.barred && d.phase < phaseStopped {
		return nil
	}
	return d.refusal(d.step(&core.Event{Kind: core.EvDisconnect, Peer: name}, false))
}
