package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
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
	Name string
	// Network is the network it belongs to; nil means the world's own.
	Network *string
	// Old makes it a double of an old peer, without extensions and with limbo.
	Old bool
	// Blind makes it a node whose driver reports no links.
	Blind bool
}

// Node is one peer of a world. It outlives its crashes: each restart is a new
// life with a new machine.
type Node struct {
	Peer
	index       int32
	life        uint32
	key         uint64
	machine     Machine
	core        *core.Machine // the machine, where it is one of ours
	clock       clock
	incarnation uint64

	down        bool // crashed, and not yet restarted
	stopped     bool // it was told to stop, and said that it has
	paused      bool
	pausedSince time.Duration
	deaf        bool          // refuses connections
	slow        time.Duration // handlers take at least this long
	wakeAt      time.Duration // when the queue wakes it; forever if not
	deferred    []events.Item // what happened to it while it was paused

	wanted   []wanted         // what its user connected, for a restart with memory
	dials    []int32          // connections by the number of their dial
	accepts  []int32          // connections by the number of their acceptance, less one
	conns    []int32          // the open ones
	newest   map[string]int32 // an old peer's listening socket: connections by name
	ghosts   []int32          // connections that it vanished from
	tickets  uint64           // handlers run in all lives
	lastCall uint32           // the newest call id that it has sent
	started  time.Duration    // when its present life began
	foreign  bool             // the outsider, whom forged connections come from
}

// wanted is one connect of a node's user.
type wanted struct{ peer, address string }

// Up says whether the node runs: not crashed, not stopped.
func (n *Node) Up() bool { return !n.down && !n.stopped }

// Life counts the node's restarts.
func (n *Node) Life() uint32 { return n.life }

// Machine returns the core of the node's present life, nil for an old peer. It
// may be looked at, not stepped.
func (n *Node) Machine() *core.Machine { return n.core }

// Status returns what the node thinks of a peer. For an old peer only Active is set.
func (n *Node) Status(peer string) (core.PeerStatus, bool) {
	if n.core != nil {
		return n.core.Status(peer)
	}
	st, known := n.machine.(*original.Peer).Status(peer)
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

// reports says whether the node's driver reports links.
func (n *Node) reports() bool { return !n.Old && !n.Blind && n.Up() }

// redialsItself says whether the node's sockets do what libzmq's do.
func (n *Node) redialsItself() bool { return n.Old || n.Blind }

func (n *Node) setDial(link core.Link, ci int32) {
	for uint64(len(n.dials)) <= link.N {
		n.dials = append(n.dials, -1)
	}
	n.dials[link.N] = ci
}

// connOf returns the connection that an action names, and which end of it n is.
// An old peer's listening socket goes by names.
func (n *Node) connOf(a *core.Action) (ci int32, end int, ok bool) {
	if a.Link.Half == core.Dialling {
		if a.Link.N >= uint64(len(n.dials)) || n.dials[a.Link.N] < 0 {
			return 0, 0, false
		}
		return n.dials[a.Link.N], dialEnd, true
	}
	if n.Old {
		ci, ok = n.newest[a.Peer]
		return ci, acceptEnd, ok
	}
	if a.Link.N == 0 || a.Link.N > uint64(len(n.accepts)) {
		return 0, 0, false
	}
	return n.accepts[a.Link.N-1], acceptEnd, true
}

// want remembers what the user connected, until it is disconnected.
func (n *Node) want(peer, address string) {
	for _, x := range n.wanted {
		if x.peer == peer {
			return
		}
	}
	n.wanted = append(n.wanted, wanted{peer, address})
}

func (n *Node) unwant(peer string) {
	for i, x := range n.wanted {
		if x.peer == peer {
			n.wanted = append(n.wanted[:i], n.wanted[i+1:]...)
			return
		}
	}
}

// start begins a life of n: a new machine, at the present moment of its clock.
func (w *World) start(n *Node) error {
	n.incarnation = dice.Decide(w.opts.Seed, aboutIncarnation, n.key, uint64(n.life))
	return w.startAs(n, n.incarnation)
}

func (w *World) startAs(n *Node, incarnation uint64) error {
	network := w.opts.Network
	if n.Network != nil {
		network = *n.Network
	}
	seed := dice.Decide(w.opts.Seed, aboutMachine, n.key, uint64(n.life))
	n.dials, n.conns = n.dials[:0], n.conns[:0]
	n.wakeAt, n.deferred = forever, nil
	n.down, n.stopped, n.paused = false, false, false
	if n.Old {
		n.newest = map[string]int32{}
		n.machine = original.New(n.Name, network, seed, w.opts.Timing)
		return nil
	}
	m, err := core.New(core.Config{
		Name: n.Name, Network: network, Incarnation: incarnation, Seed: seed,
		LinksReported: !n.Blind, Timing: w.opts.Timing, Limits: w.opts.Limits,
	})
	if err != nil {
		return err
	}
	n.machine, n.core, n.incarnation = w.opts.Double.of(m), m, incarnation
	return nil
}

// arm has the queue wake n at its machine's deadline. An earlier wake-up that
// is no longer needed stays where it is and finds nothing to do.
func (w *World) arm(n *Node) {
	at := n.clock.when(n.machine.Deadline())
	if at >= n.wakeAt {
		return
	}
	n.wakeAt = max(at, w.now)
	w.queue.Push(n.wakeAt, itemWake, n.index)
}

// rearm is arm after the node's clock has changed.
func (w *World) rearm(n *Node) {
	n.wakeAt = forever
	if n.Up() && !n.paused {
		w.arm(n)
	}
}

// wake feeds a Timeout if the machine's deadline has come.
func (w *World) wake(n *Node) {
	if n.wakeAt != w.now || !n.Up() {
		return
	}
	n.wakeAt = forever
	if n.paused {
		return // resume arms it again
	}
	if n.clock.when(n.machine.Deadline()) > w.now {
		w.arm(n)
		return
	}
	w.feed(n, w.event(core.Event{Kind: core.EvTimeout}))
}
