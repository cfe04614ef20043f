package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// A Machine is what a node runs: a core.Machine, the double of an old peer, or a
// [Double]. It takes one event at a time, as a core.Machine does.
type Machine interface {
	Step(dst []core.Action, ev *core.Event) []core.Action
	Deadline() core.Instant
}

// A Double puts something in the place of a machine of ours that owns it and
// stands between it and the world: it may rewrite the events that go in and the
// actions that come out. With one that does something wrong it is shown that a
// property, or a checker of one's own, finds what it is there to find.
//
// A Double is called once for each life of a node, and once more by the checker
// of P1, and must make the same of the same machine. It returns the machine itself
// for a node that is to stay as it is. Checkers go on looking at the machine
// within: a double differs in what it does.
type Double func(m *core.Machine) Machine

// of returns what steps in the place of m.
func (d Double) of(m *core.Machine) Machine {
	if d == nil {
		return m
	}
	return d(m)
}

// Peer says what a node is made from.
type Peer struct {
	Name string // unique in the world
	// As is the name that it has on the wire; empty means Name. Two nodes with one
	// name on the wire are twins, as a machine and its copy are.
	As string
	// Network is the network it belongs to; nil means the world's own.
	Network *string
	// Old makes it a double of an old peer, without extensions and with limbo.
	Old bool
	// Blind makes it a node whose driver reports no links.
	Blind bool
}

// Node is one peer of a world. It outlives its crashes: each restart is a new
// life with a new machine. The embedded Node may be looked at, and not changed.
type Node struct {
	check.Node
	key         uint64          // of the decisions that are about it: a hash of its name
	incarnation uint64          // of the present life
	machine     Machine         // that takes its steps
	clock       clock           // goes on through all lives
	wakeAt      time.Duration   // when the queue wakes it; forever if not
	down        bool            // crashed, and not yet restarted
	stopped     bool            // it was told to stop, and said that it has
	pause       pause           // of the present life
	resumed     uint32          // counts resumes; the end of a pause from before one does nothing
	deaf        int             // how many faults in force have it refuse connections
	slow        []time.Duration // handlers take at least this long, by each such fault in force
	sockets     sockets         // its connections
	wanted      []wanted        // what its user connected, for a restart with memory
	handlers    uint64          // run in all lives
	lastCall    uint32          // the id of the newest CALL that it has sent
	foreign     bool            // it is the outsider, whom forged connections come from
	program     Program         // that runs on it; nil: the methods of package echo
}

// pause is the state of a node whose process is stopped without having ended.
type pause struct {
	count    int           // pauses in force; the process is stopped while there is one
	since    time.Duration // when the first of them began, since the start of the world
	deferred []events.Item // what has happened to the node since, for when it goes on
}

// wanted is one connect of a node's user.
type wanted struct {
	peer    string // its name on the wire
	address string // the name of the node that the dial leads to, or of none
	full    bool   // the node's table of peers had no room for it
	own     bool   // its program did, of which the next life knows nothing
}

// paused says whether the node's process is stopped without having ended.
func (n *Node) paused() bool { return n.pause.count > 0 }

// Up says whether the node runs: not crashed, not stopped.
func (n *Node) Up() bool { return !n.down && !n.stopped }

// Status returns what the node thinks of a peer, and whether it knows the peer.
// For an old peer only Name and Active are set.
func (n *Node) Status(peer string) (core.PeerStatus, bool) {
	if n.Machine != nil {
		return n.Machine.Status(peer)
	}
	st, known := n.old().Status(peer)
	return core.PeerStatus{Name: peer, Active: st.Active}, known
}

// Active says whether the node runs and lists the peer as active.
func (n *Node) Active(peer string) bool {
	if !n.Up() {
		return false
	}
	s, _ := n.Status(peer)
	return s.Active
}

// old returns the double that an old peer runs.
func (n *Node) old() *original.Peer { return n.machine.(*original.Peer) }

// reportsLinks says whether the node's driver reports links.
func (n *Node) reportsLinks() bool { return !n.Old && !n.Blind && n.Up() }

// redialsItself says whether the node's sockets do what libzmq's do.
func (n *Node) redialsItself() bool { return n.Old || n.Blind }

// want remembers what the user connected, until it is disconnected.
func (n *Node) want(peer, address string) {
	if x := n.wish(peer); x != nil {
		x.full = false // as far as is known before the node is asked again
		return
	}
	n.wanted = append(n.wanted, wanted{peer: peer, address: address})
}

// wish returns the connect to a peer, or nil.
func (n *Node) wish(peer string) *wanted {
	for i := range n.wanted {
		if n.wanted[i].peer == peer {
			return &n.wanted[i]
		}
	}
	return nil
}

// turnedAway notes that the node has no room for a peer that its user connected. The
// user is told, and has to connect again.
func (n *Node) turnedAway(peer string) {
	if x := n.wish(peer); x != nil {
		x.full = true
	}
}

// unwant forgets it.
func (n *Node) unwant(peer string) {
	for i, x := range n.wanted {
		if x.peer == peer {
			n.wanted = append(n.wanted[:i], n.wanted[i+1:]...)
			return
		}
	}
}

// wantsAt says whether the user connected the node to other, at other's own
// address, and the node had room for it.
func (n *Node) wantsAt(other *Node) bool {
	x := n.wish(other.Name)
	return x != nil && x.address == other.Name && !x.full
}
