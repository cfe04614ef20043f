package zmqio

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PeerStatus is what a node knows of one peer at one moment.
type PeerStatus struct {
	core.PeerStatus
	// From is where the peer's own dial comes from; empty if there is none, or that is
	// not known.
	From string
	// Since is when the peer became active; zero if it is not.
	Since time.Time
	// NextDial is when the node dials the peer next, in the state Waiting; else zero. It stands
	// before that of core.PeerStatus, which is on the machine's time scale.
	NextDial time.Time
	// Err is why the last connection, or attempt at one, of a peer failed that the
	// node dials; nil while the peer is active.
	Err error
	// LastErr is what went wrong with the peer last, and LastErrAt when that was. It is kept
	// while the peer is active; nil if nothing has, or that was forgotten.
	LastErr   error
	LastErrAt time.Time
	// Seen says that the node dials the peer, or has heard of it and not forgotten that yet.
	Seen bool
}

// Status returns the state of every peer, those that Readmit has barred last.
func (d *Driver) Status() (all []PeerStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.machine.AppendStatus(nil) {
		all = append(all, d.statusOf(s))
	}
	for _, name := range d.dialled.names() {
		p, _ := d.dialled.find(name)
		if _, known := d.machine.Status(name); p.barred && !known {
			all = append(all, d.statusOf(core.PeerStatus{Name: name}))
		}
	}
	return all
}

// StatusOf returns the states of the peers of those names, in their order.
func (d *Driver) StatusOf(names ...string) (all []PeerStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		s, _ := d.machine.Status(name)
		s.Name = name
		all = append(all, d.statusOf(s))
	}
	return all
}

// Inactive returns those of names whose peers are not active.
func (d *Driver) Inactive(names []string) (inactive []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		if s, _ := d.machine.Status(name); !s.Active {
			inactive = append(inactive, name)
		}
	}
	return inactive
}

// statusOf adds to what the machine knows of a peer what the driver does. Requires the lock.
func (d *Driver) statusOf(s core.PeerStatus) PeerStatus {
	p, dialled := d.dialled.find(s.Name)
	if dialled {
		s.Address = p.address // one that is barred has none for the machine
	}
	if s.Active {
		p.err = nil
	}
	h, seen := d.seen.find(s.Name)
	all := PeerStatus{
		PeerStatus: s, From: d.router.address(s.ListeningLink), Since: h.since,
		Err: p.err, LastErr: h.err, LastErrAt: h.errAt, Seen: seen || dialled,
	}
	if s.NextDial != 0 {
		all.NextDial = d.alarm.timeOf(s.NextDial)
	}
	return all
}
