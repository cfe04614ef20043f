package zmqio

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/few"
)

// dialled is what the driver keeps of the peers that its user has connected to. It
// has a lock of its own, since a peer may be turned away without the node's.
type dialled struct {
	mu    sync.Mutex
	peers few.Map[string, *dialledPeer]
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
	errAnotherNetwork = errors.New("it belongs to another network")
	errTwin           = errors.New("another node uses this node's name, and has taken its place there")
)

func (s *dialled) add(name, address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers.Put(name, &dialledPeer{address: address})
}

func (s *dialled) remove(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.peers.Delete(name)
}

// find returns what is kept of name, if there is any.
func (s *dialled) find(name string) (dialledPeer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.peers.Get(name); ok {
		return *p, true
	}
	return dialledPeer{}, false
}

// change has f change what is kept of name, if there is any.
func (s *dialled) change(name string, f func(*dialledPeer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.peers.Get(name); ok {
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
	for name := range s.peers.All() {
		names = append(names, name)
	}
	return names
}

// lost says why a link ended or never came up.
func lost(cause core.Cause, why error) error {
	if why != nil {
		return why
	}
	return errors.New(strings.ReplaceAll(cause.String(), "-", " "))
}

// downError says why a peer is no longer active, where the machine has decided that.
func downError(cause core.Cause) error {
	switch cause {
	case core.CauseWrongNetwork:
		return errAnotherNetwork
	case core.CauseTwin:
		return errTwin
	}
	return fmt.Errorf("the connection has ended: %w", lost(cause, nil))
}

// noteDrop keeps why a peer does not become active, if a says that, and tells the
// watchers. Requires the lock.
func (d *Driver) noteDrop(a *core.Action) {
	switch {
	case a.Drop == core.DropNetwork:
		d.failed(a.Peer, errAnotherNetwork)
		d.refused(a.Peer, d.actionAddress(a), core.CauseWrongNetwork, errAnotherNetwork)
	case a.Drop == core.DropTwin && a.Link.Half == core.Dialling:
		d.failed(a.Peer, errTwin)
		d.refused(a.Peer, d.actionAddress(a), core.CauseTwin, errTwin)
	}
}
