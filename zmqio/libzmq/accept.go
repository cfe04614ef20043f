//go:build cgo && libzmq

package libzmq

import (
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// accepted is one link of the listening half.
type accepted struct {
	link    core.Link
	id      string // the routing id: a token, or the claimed name without CURVE
	route   []byte // the same, for sends
	name    string
	address string // of the host at the other end
	heard   time.Time
	meter   *meter
	conn    *conn         // that its messages come on; nil while that is not known
	promise time.Duration // what conn has promised, or will have when it is known
	// retired says that the link is over, but its connection perhaps is not: it is
	// remembered so that its token can't bring up the same link twice.
	retired   bool
	suspected bool // waits for probeSuspects
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

// retire takes a out of use, but keeps its routing id. What is held for it is counted
// until its connection ends, if that is known.
func (s links) retire(a *accepted) {
	if a.conn == nil || a.conn.gone {
		a.meter.close()
	}
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

// knock is the first message of a connection that has no link. It waits while the
// node is asked whether to admit its sender.
type knock struct {
	from     *accepted // without a name if nobody valid sent it
	conn     *conn     // that it came on; nil if that is not known
	body     body
	admitted bool
}

// knocked says who sends the first message on a routing id. before is the retired
// link of the id, or nil.
func (l *listener) knocked(before *accepted, id, address string, b body) *knock {
	a := &accepted{id: id, route: []byte(id), address: hostOf(address)}
	b.keep() // others receive while the node is asked
	k := &knock{from: a, body: b}
	if l.responder == nil {
		if core.LegalName(id) { // else it is libzmq's own name for a peer that gave none
			a.name = id
		}
		return k
	}
	key, n, ok := l.responder.minter.verify(a.route)
	if !ok {
		return k
	}
	name := zmq.Z85encode(string(key))
	if before == nil {
		a.name, a.link = name, core.Link{Half: core.Listening, N: n}
		return k
	}
	// PROTOCOL 2.1: "A frame of a link older than the current one of its half
	// changes nothing." A connection that we hung up goes on for its dialler;
	// only if that has made no other may it become a link again, a new one.
	if l.links.newest[name] == nil {
		a.name = name
	}
	return k
}

// admits decides on a knock. It needs no lock, and must not be called with
// it: Admit is the user's code.
func (l *listener) admits(k *knock) bool {
	a, c := k.from, l.carrier
	var why error
	switch {
	case a.name == "":
		why = zmqio.ErrRefusedName
	case a.name == c.cfg.Name:
		why = zmqio.ErrRefusedOwnName
	case !c.admits(a.name, a.address):
		why = zmqio.ErrRefusedAdmit
	default:
		return true
	}
	c.sink.TurnedAway(a.name, a.address, why)
	return false
}

// accept brings up the link of a knock that was admitted, and hands up its message.
func (l *listener) accept(k *knock) {
	a, c := k.from, l.carrier
	if k.conn != nil && k.conn.ending { // the node was closed to it meanwhile
		return
	}
	room := l.attach(a, k.conn)
	if a.meter == nil {
		a.meter = c.newMeter(nil, a.heard)
		room = a.meter.open(c.cfg.Budget.Open(a.name))
	}
	if !room {
		c.turnAway(a.name, a.address, errBudget)
		l.links.retire(a)
		k.drop(a.heard)
		return
	}
	if a.link.N == 0 {
		a.link = c.sink.NextLink()
	}
	l.links.add(a)
	c.sink.LinkUp(a.link, a.name, a.address)
	if !a.retired { // the report may have led to its end
		l.deliver(a, k.body)
	}
}

// drop ends the connection of a knock that was refused, if it is known.
func (k *knock) drop(now time.Time) {
	if k.conn != nil {
		k.conn.hangUp(0, now)
	}
}

// hangUp ends a link without a report.
func (l *listener) hangUp(link core.Link, linger time.Duration) {
	if a := l.links.byLink[link]; a != nil {
		l.forget(a, linger)
	}
}

// forget ends a link, and its connection if that is known: libzmq can't close one
// connection of a ROUTER. A token belongs to one connection, and is remembered until
// that is gone; a name does not.
func (l *listener) forget(a *accepted, linger time.Duration) {
	if a.conn != nil {
		a.conn.hangUp(linger, time.Now())
	}
	if l.responder != nil {
		l.links.retire(a)
	} else {
		l.links.remove(a)
	}
}
