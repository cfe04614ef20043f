package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// side says which end of a connection is meant, or the direction of what that end
// sends.
type side uint8

const (
	dialling  side = iota // the end that dialled
	listening             // the end that was dialled
)

// other returns the end that what s sends arrives at.
func (s side) other() side { return 1 - s }

// conn is one connection. Its record outlives it: a frame that is delivered late
// keeps its connection, and with it its link numbers.
type conn struct {
	index    int32  // its place in network.conns
	key      uint64 // which of its dialling node's it is: no other node's dials shift it
	ends     [2]end // by side
	epoch    uint32 // counts breaks: what was under way before one is lost
	attempts uint64 // handshakes that were begun
	stuck    bool   // its handshake waits for the end of a clog
	// redials says that the dialling socket redials by itself, as libzmq does.
	// Frames sent before the connection is up then wait.
	redials  bool
	waiting  list
	vanished time.Duration // since when one end has been gone without a word; 0: it has not
}

// end is one end of a connection.
type end struct {
	node   *Node         // nil where nobody lives at the dialled address
	life   uint32        // of the node, when the connection was made
	link   core.Link     // what the node calls the connection
	peer   string        // what the node calls the other end
	pair   *pair         // of what is sent from here; nil with the node at the other end
	open   bool          // the node has not closed it, nor has it learnt of its end
	ready  bool          // the node may send
	queued int32         // frames from here that are under way
	last   time.Duration // when the newest of these arrives, and nothing later sent does sooner
	held   list          // those of them that can't arrive at present
	hush   hush          // in which nothing from here arrives
}

// hush is a time in which nothing arrives from one end of a connection, heartbeats
// neither, since a frame on its way holds back what is behind it.
type hush struct{ from, until time.Duration }

// sideOf returns which end of the connection a node still has open. A node that
// has dialled itself has both, and closes the dialling one first.
func (c *conn) sideOf(n *Node) side {
	if d := &c.ends[dialling]; d.node == n && d.open {
		return dialling
	}
	return listening
}

// nobody says whether there is no node at the address that was dialled.
func (c *conn) nobody() bool { return c.ends[listening].node == nil }

// unreachable says whether a handshake between the two ends can't go on at present.
func (c *conn) unreachable() bool {
	return c.ends[dialling].pair.blocked > 0 || c.ends[listening].pair.blocked > 0 || c.ends[listening].node.paused()
}

// wrongNode says whether the node that answers is another than the one that was
// dialled, which shows only where connections are authenticated.
func (c *conn) wrongNode(keys bool) bool {
	return keys && c.ends[dialling].peer != c.ends[listening].node.Called
}

// pair is what holds for all frames from one node to another, on whatever
// connections: their names, what is planned for them, and the faults of their way.
// Ordinals outlive connections and lives, so that a rule means the same frame
// however often the two have dialled each other before it.
type pair struct {
	// How many faults in force say so: nothing arrives; what arrives is held back;
	// the send queue is full. Each frame asks, so they come first, with what else it asks.
	blocked, clogged, full int32
	ordinals               [commands]uint32 // of the newest frame, by command
	key                    uint64           // of the decisions that are about its frames
	rules                  []*FrameRule     // planned for its frames, oldest first

	from, to    *Node         // frames of the pair go from one to the other
	silentSince time.Duration // no heartbeats arrive, if none do
}

// stopped says whether nothing arrives, or is held back.
func (p *pair) stopped() bool { return p.blocked > 0 || p.clogged > 0 }

const commands = int(core.VOID) + 1

// pairs are the pairs of a world, made when something first goes from one node to
// another.
type pairs struct {
	list  []*pair          // by age
	index map[uint64]*pair // by the Index of both nodes
}

// of returns the pair of two nodes, which it makes at need.
func (ps *pairs) of(from, to *Node) *pair {
	k := uint64(uint32(from.Index))<<32 | uint64(uint32(to.Index))
	p := ps.index[k]
	if p == nil {
		// The key is made of the two names, in their order: neither the other direction
		// nor any third node has to do with it.
		p = &pair{from: from, to: to, key: dice.Mix(from.key) ^ to.key*0x9e3779b97f4a7c15}
		ps.index[k] = p
		ps.list = append(ps.list, p)
	}
	return p
}

// sockets are the connections of one node as it knows them: by link.
type sockets struct {
	dialling  []*conn // by the number of their dial; nil for one that this life did not make
	listening []*conn // by the number that they got here, less one; the numbers rise through all lives
	open      []*conn // those that the node has not closed, oldest first
	dialled   uint64  // how many it has dialled in all its lives
	// An old peer's listening socket goes by names: the newest connection of a name
	// takes over.
	newest map[string]*conn
	// ghosts are connections that the node vanished from, whose other end knows
	// nothing of it yet.
	ghosts []*conn
}

// begin forgets the connections of an earlier life.
func (s *sockets) begin(old bool) {
	s.dialling, s.open = s.dialling[:0], s.open[:0]
	if old {
		s.newest = map[string]*conn{}
	}
}

// addDialling adds a connection that the node dials. One that redials by itself
// takes the place of the one before.
func (s *sockets) addDialling(c *conn) {
	n := c.ends[dialling].link.N
	for uint64(len(s.dialling)) <= n {
		s.dialling = append(s.dialling, nil)
	}
	s.dialling[n] = c
	s.open = append(s.open, c)
}

// addListening adds a connection that has reached the node, and returns its
// link.
func (s *sockets) addListening(c *conn) core.Link {
	s.listening = append(s.listening, c)
	s.open = append(s.open, c)
	if s.newest != nil {
		s.newest[c.ends[listening].peer] = c // ROUTER_HANDOVER
	}
	return core.Link{Half: core.Listening, N: uint64(len(s.listening))}
}

// remove forgets a connection of which the node closes one end.
func (s *sockets) remove(c *conn, at side) {
	for i, other := range s.open {
		if other == c {
			s.open = append(s.open[:i], s.open[i+1:]...)
			break
		}
	}
	if peer := c.ends[at].peer; at == listening && s.newest[peer] == c {
		delete(s.newest, peer)
	}
}

// find returns the connection that an action names, and which end of it the node
// is; nil if there is none.
func (s *sockets) find(a *core.Action) (*conn, side) {
	n := a.Link.N
	switch {
	case a.Link.Half == core.Dialling:
		if n >= uint64(len(s.dialling)) {
			return nil, dialling
		}
		return s.dialling[n], dialling
	case s.newest != nil:
		return s.newest[a.Peer], listening
	case n == 0 || n > uint64(len(s.listening)):
		return nil, listening
	}
	return s.listening[n-1], listening
}
