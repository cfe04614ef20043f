//go:build cgo && libzmq

package libzmq

import (
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// accepted is one link of the listening half.
type accepted struct {
	link    core.Link
	id      string // the routing id: a token, or the claimed name without CURVE
	route   []byte // the same, for sends
	name    string
	address string // of the host at the other end
	heard   time.Time
	// retired says that the link is over, but its connection perhaps is not: it is
	// remembered so that its token can't bring up the same link twice.
	retired   bool
	suspected bool // waits for settle
}

// links finds the accepted links.
type links struct {
	byID   map[string]*accepted    // retired ones too
	byLink map[core.Link]*accepted // not the retired ones
	newest map[string]*accepted    // by name, not the retired ones
}

func newLinks() links {
	return links{make(map[string]*accepted), make(map[core.Link]*accepted), make(map[string]*accepted)}
}

func (s links) add(a *accepted) {
	s.byID[a.id] = a
	s.byLink[a.link] = a
	if n := s.newest[a.name]; n == nil || n.link.N < a.link.N {
		s.newest[a.name] = a
	}
}

// retire takes a out of use, but keeps its routing id.
func (s links) retire(a *accepted) {
	a.retired = true
	delete(s.byLink, a.link)
	if s.newest[a.name] == a {
		delete(s.newest, a.name)
	}
}

// remove forgets a wholly.
func (s links) remove(a *accepted) {
	s.retire(a)
	if s.byID[a.id] == a {
		delete(s.byID, a.id)
	}
}

// accept brings up the link of a routing id that is not in use. before is its
// retired link, or nil. The result is nil if there is to be no such link.
func (l *listener) accept(before *accepted, id []byte, address string) *accepted {
	a := l.identify(before, id)
	if a == nil || a.name == l.carrier.cfg.Name || !l.carrier.admits(a.name, address) {
		l.carrier.sink.TurnedAway()
		l.carrier.log.Debug("message dropped: its sender has no valid or admitted name", "address", address)
		return nil
	}
	a.id, a.route, a.address = string(id), id, address
	if a.link.N == 0 {
		a.link = l.carrier.sink.NextLink()
	}
	l.links.add(a)
	l.carrier.sink.LinkUp(a.link, a.name)
	return a
}

// identify says whose routing id this is, and which link if that is decided
// already.
func (l *listener) identify(before *accepted, id []byte) *accepted {
	if l.responder == nil {
		if len(id) == 0 || id[0] == 0 { // libzmq's own name for somebody who gave none
			return nil
		}
		return &accepted{name: string(id)}
	}
	key, n, ok := l.responder.minter.verify(id)
	if !ok {
		return nil
	}
	a := &accepted{name: zmq.Z85encode(string(key)), link: core.Link{Half: core.Listening, N: n}}
	if before != nil {
		// PROTOCOL 2.1: "A frame of a link older than the current one of its half
		// changes nothing." A connection that we hung up goes on for its dialler;
		// only if that has made no other may it become a link again, a new one.
		if l.links.newest[a.name] != nil {
			return nil
		}
		a.link = core.Link{}
	}
	return a
}

// stillAdmitted asks the node's list again: taking a key off it cuts no
// connection. It returns a, or nil after the link has been reported lost.
func (l *listener) stillAdmitted(a *accepted) *accepted {
	if l.carrier.admits(a.name, a.address) {
		return a
	}
	l.carrier.sink.LinkLost(a.link, a.name, core.CauseHandshake)
	l.forget(a)
	return nil
}

// hangUp forgets a link: libzmq can't close one connection of a ROUTER.
func (l *listener) hangUp(link core.Link) {
	if a := l.links.byLink[link]; a != nil {
		l.forget(a)
	}
}

// forget ends a link whose connection may still be there. A token belongs to
// one connection, and is remembered until that is gone; a name does not.
func (l *listener) forget(a *accepted) {
	if l.responder != nil {
		l.links.retire(a)
	} else {
		l.links.remove(a)
	}
}
