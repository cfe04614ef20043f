package zmqio

import (
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/few"
)

// seen is what the driver remembers of peers for people: those that are active, those
// that its user has connected to, and, of the others, the latest that came to nothing. It
// has a lock of its own, since a peer may be turned away without the node's.
type seen struct {
	mu       sync.Mutex
	peers    few.Map[string, *seenPeer]
	forgetAt int // how many there are when the others are forgotten
}

// seenPeer is what is remembered of one name.
type seenPeer struct {
	dialled bool      // the user has connected to it
	since   time.Time // when it became active; zero if it is not
	err     error     // what went wrong last; nil if nothing has,
	errAt   time.Time // and when that was
	down    downNote  // why it is no longer active
}

// downNote says why a peer ceased to be active, and when.
type downNote struct {
	cause core.Cause
	err   error
	at    time.Time
}

// strangersMax bounds the names that are neither active nor connected to: anybody who can
// reach the node can have some remembered.
const strangersMax = 1024

// note has f change what is remembered of name, which is made if need be.
func (s *seen) note(name string, f func(*seenPeer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p, ok := s.peers.Get(name)
	if !ok {
		if s.peers.Len() >= s.forgetAt {
			s.forgetStrangers()
		}
		p = &seenPeer{}
		s.peers.Put(name, p)
	}
	f(p)
}

// forgetStrangers makes room for as many names as there may be strangers, by forgetting
// them all. Requires mu.
func (s *seen) forgetStrangers() {
	for name, p := range s.peers.All() {
		if !p.dialled && p.since.IsZero() {
			s.peers.Delete(name)
		}
	}
	s.forgetAt = s.peers.Len() + strangersMax
}

// undial notes that the user no longer wants the peer called name.
func (s *seen) undial(name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.peers.Get(name); ok {
		p.dialled = false
	}
}

// find returns what is remembered of name, and whether anything is.
func (s *seen) find(name string) (seenPeer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p, ok := s.peers.Get(name); ok {
		return *p, true
	}
	return seenPeer{}, false
}

// failed notes what went wrong with the peer called name, if that is known.
func (d *Driver) failed(name string, err error) {
	if name == "" {
		return
	}
	d.dialled.failed(name, err)
	at := d.config.Node.Clock.Now()
	d.seen.note(name, func(p *seenPeer) { p.err, p.errAt = err, at })
}

// matters says whether the end of a link of name says something about the peer. One that
// the peer has dialled, and that does not serve it, has ended for a reason that was noted
// before. Requires the lock.
func (d *Driver) matters(link core.Link, name string) bool {
	s, _ := d.machine.Status(name)
	return link.Half == core.Dialling || s.Listening == core.Serving && s.ListeningLink == link
}

// noteUp notes that a peer is active, and tells the watchers. Requires the lock.
func (d *Driver) noteUp(a *core.Action) {
	at := d.time()
	d.dialled.failed(a.Peer, nil)
	d.seen.note(a.Peer, func(p *seenPeer) { p.since = at })
	if d.watchers.any() {
		d.watchers.tell(PeerEvent{Kind: PeerUp, Peer: a.Peer, Address: d.whereabouts(a.Peer), At: at})
	}
}

// noteDown notes why a peer is no longer active, and tells the watchers. Requires the lock.
func (d *Driver) noteDown(a *core.Action) {
	n := downNote{cause: a.Cause, at: d.time()}
	switch a.Cause {
	case core.CauseDisconnected, core.CauseStopped: // the user's own doing is no failure
		n.err = lost(a.Cause, nil)
		d.dialled.failed(a.Peer, n.err)
	case core.CauseLost, core.CauseHeartbeat, core.CauseUnreachable, core.CauseHandshake:
		p, _ := d.seen.find(a.Peer) // the end of the link, which came before, has said more
		n.err = p.err
	default:
		n.err = downError(a.Cause)
		d.failed(a.Peer, n.err)
	}
	d.seen.note(a.Peer, func(p *seenPeer) { p.since, p.down = time.Time{}, n })
	if d.watchers.any() {
		d.watchers.tell(PeerEvent{Kind: PeerDown, Peer: a.Peer, Address: d.whereabouts(a.Peer), Cause: n.cause, Err: n.err, At: n.at})
	}
}

// refused tells the watchers that a connection was turned away.
func (d *Driver) refused(name, address string, cause core.Cause, why error) {
	if d.watchers.any() {
		d.watchers.tell(PeerEvent{Kind: PeerRefused, Peer: name, Address: address, Cause: cause, Err: why, At: d.config.Node.Clock.Now()})
	}
}

// time returns the time at which this holder of the lock took it. Requires the lock.
func (d *Driver) time() time.Time { return d.alarm.epoch.Add(time.Duration(d.now)) }
