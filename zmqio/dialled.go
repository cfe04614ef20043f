package zmqio

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// dialled is what the driver keeps of the peers that its user has connected to. It
// has a lock of its own, since a peer may be turned away without the node's.
type dialled struct {
	mu    sync.Mutex
	peers map[string]*dialledPeer
}

type dialledPeer struct {
	address string
	// err is why the last connection or attempt failed, if the peer was not active since.
	err error
	// barred says that Readmit has the node neither connected to it nor dialling,
	// until Admit admits it again. The machine does not know it meanwhile.
	barred bool
}

// Why a dialled peer is not active, where its connection has not failed.
var (
	errNotAllowed     = errors.New("it is no longer admitted")
	errAnotherNetwork = errors.New("it belongs to another network")
	errTwin           = errors.New("another node uses this node's name, and has taken its place there")
)

func (s *dialled) add(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.peers == nil {
		s.peers = make(map[string]*dialledPeer)
	}
	s.peers[name] = &dialledPeer{address: address}
}

func (s *dialled) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.peers, name)
}

// find returns what is kept of name, if there is any.
func (s *dialled) find(name string) (dialledPeer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[name]; p != nil {
		return *p, true
	}
	return dialledPeer{}, false
}

// change has f change what is kept of name, if there is any.
func (s *dialled) change(name string, f func(*dialledPeer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p := s.peers[name]; p != nil {
		f(p)
	}
}

// failed notes why name is not active.
func (s *dialled) failed(name string, err error) {
	s.change(name, func(p *dialledPeer) {
		if !p.barred {
			p.err = err
		}
	})
}

// names returns all names, in no order.
func (s *dialled) names() (names []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for name := range s.peers {
		names = append(names, name)
	}
	return names
}

// PeerStatus is what a node knows of one peer at one moment.
type PeerStatus struct {
	core.PeerStatus
	// Err is why the last connection, or attempt at one, of a peer failed that the
	// node dials; nil while the peer is active.
	Err error
}

// Status returns the state of every peer, those that Readmit has barred last.
func (d *Driver) Status() (all []PeerStatus) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.machine.AppendStatus(nil) {
		p, _ := d.dialled.find(s.Name)
		if p.barred {
			s.Address = p.address // for the machine it has none
		}
		if s.Active {
			p.err = nil
		}
		all = append(all, PeerStatus{s, p.err})
	}
	for _, name := range d.dialled.names() {
		p, _ := d.dialled.find(name)
		if _, known := d.machine.Status(name); p.barred && !known {
			all = append(all, PeerStatus{core.PeerStatus{Name: name, Address: p.address}, p.err})
		}
	}
	return all
}

// lost says why a link ended or never came up.
func lost(cause core.Cause, why error) error {
	if why != nil {
		return why
	}
	return errors.New(strings.ReplaceAll(cause.String(), "-", " "))
}

// noteDown keeps why name is no longer active.
func (d *Driver) noteDown(name string, cause core.Cause) {
	err := fmt.Errorf("the connection has ended: %w", lost(cause, nil))
	switch cause {
	case core.CauseWrongNetwork:
		err = errAnotherNetwork
	case core.CauseTwin:
		err = errTwin
	}
	d.dialled.failed(name, err)
}

// noteDrop keeps why a peer does not become active, if a says that.
func (d *Driver) noteDrop(a *core.Action) {
	switch {
	case a.Drop == core.DropNetwork:
		d.dialled.failed(a.Peer, errAnotherNetwork)
	case a.Drop == core.DropTwin && a.Link.Half == core.Dialling:
		d.dialled.failed(a.Peer, errTwin)
	}
}
