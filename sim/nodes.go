package sim

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// nodes are the nodes of a world: it makes them, gives them their lives, and has
// the queue wake them.
type nodes struct {
	opts     *Options         // of the world
	time     *timeline        // of the world
	list     []*Node          // by their Index
	byName   map[string]*Node // without the outsider
	outsider *Node            // nil until a fault needs it
}

// add makes a node, running. A name is legal once.
func (ns *nodes) add(p *Peer) error {
	if !core.LegalName(p.Name) {
		return fmt.Errorf("sim: peer name %q: want 1 to 255 bytes, the first not zero", p.Name)
	}
	if ns.byName[p.Name] != nil {
		return fmt.Errorf("sim: there are two peers named %q", p.Name)
	}
	called := p.Name
	if p.As != "" {
		called = p.As
	}
	if !core.LegalName(called) {
		return fmt.Errorf("sim: peer %q as %q: want 1 to 255 bytes, the first not zero", p.Name, called)
	}
	n := &Node{
		Node: check.Node{Name: p.Name, Called: called, Network: ns.opts.Network, Old: p.Old, Blind: p.Blind, Index: len(ns.list)},
		key:  dice.HashName(p.Name),
	}
	if p.Network != nil {
		n.Network = *p.Network
	}
	if err := ns.begin(n, ns.newIncarnation(n)); err != nil {
		return err
	}
	for _, other := range ns.list {
		if !other.foreign && other.Called == called {
			n.Twin, other.Twin = true, true
		}
	}
	ns.byName[p.Name] = n
	ns.list = append(ns.list, n)
	return nil
}

// newIncarnation returns what tells the present life of a node from its others.
func (ns *nodes) newIncarnation(n *Node) uint64 {
	return dice.Decide(ns.opts.Seed, aboutIncarnation, n.key, uint64(n.Life))
}

// begin begins a life of a node: a new machine, with a seed of its own, at the
// present moment of its clock, which is the computer's and goes on through all
// lives. An error says what is wrong with the options or the peer.
func (ns *nodes) begin(n *Node, incarnation uint64) error {
	seed := dice.Decide(ns.opts.Seed, aboutMachine, n.key, uint64(n.Life))
	n.sockets.begin(n.Old)
	n.clock.begin(ns.time.now)
	n.wakeAt = forever
	n.down, n.stopped, n.pause = false, false, pause{}
	if n.Old {
		n.machine = original.New(n.Called, n.Network, seed, ns.opts.Timing)
		return nil
	}
	m, err := core.New(core.Config{
		Name: n.Called, Network: n.Network, Incarnation: incarnation, Seed: seed,
		LinksReported: !n.Blind, Timing: ns.opts.Timing, Limits: ns.opts.Limits,
		FirstCall: ns.opts.FirstCall,
	})
	if err != nil {
		return err
	}
	n.machine, n.Machine, n.incarnation = ns.opts.Double.of(m), m, incarnation
	return nil
}

// arm has the queue wake a node at its machine's deadline. An earlier wake-up
// that is no longer needed stays where it is and finds nothing to do.
func (ns *nodes) arm(n *Node) {
	at := n.clock.when(n.machine.Deadline())
	if at >= n.wakeAt {
		return
	}
	n.wakeAt = max(at, ns.time.now)
	ns.time.push(n.wakeAt, itemWake, int32(n.Index))
}

// rearm is arm after the node's clock has changed, or a pause has ended.
func (ns *nodes) rearm(n *Node) {
	n.wakeAt = forever
	if n.Up() && !n.paused() {
		ns.arm(n)
	}
}

// due says whether a node that the queue wakes, as planned for a time, has to take a
// Timeout now. If it is too early, because the deadline has moved since, it is armed again.
func (ns *nodes) due(n *Node, planned time.Duration) bool {
	if n.wakeAt != planned || !n.Up() {
		return false // another wake-up than the one that it is armed for
	}
	n.wakeAt = forever
	if n.paused() {
		return false // when it goes on, it is armed again
	}
	if n.clock.when(n.machine.Deadline()) > ns.time.now {
		ns.arm(n)
		return false
	}
	return true
}

// freeze lets a node's clock stand still.
func (ns *nodes) freeze(n *Node) {
	n.clock.set(ns.time.now)
	n.clock.frozen++
	ns.rearm(n)
}

// thaw takes back one freeze. After the last one a node's clock goes on from where it
// stands still, and does not catch up with the time that it has missed.
func (ns *nodes) thaw(n *Node) {
	n.clock.set(ns.time.now)
	n.clock.frozen--
	ns.rearm(n)
}

// stepClock lets a node's clock jump, forwards or back.
func (ns *nodes) stepClock(n *Node, by time.Duration) {
	n.clock.set(ns.time.now)
	n.clock.step(by)
	ns.rearm(n)
}

// drift lets a node's clock run fast by parts per million, or slow below zero.
func (ns *nodes) drift(n *Node, ppm int64) {
	n.clock.set(ns.time.now)
	n.clock.ppm = ppm
	ns.rearm(n)
}

// pause stops a node's process without ending it; World.resume lets it go on.
func (ns *nodes) pause(n *Node) {
	if n.pause.count++; n.pause.count == 1 {
		n.pause.since = ns.time.now
	}
}

// slow makes the handlers that a node begins to run take at least that long.
func (ns *nodes) slow(n *Node, by time.Duration) { n.slow = append(n.slow, by) }

// quicken takes back one slow.
func (ns *nodes) quicken(n *Node, by time.Duration) {
	if i := slices.Index(n.slow, by); i >= 0 {
		n.slow = slices.Delete(n.slow, i, i+1)
	}
}

// handlerMin is the least time that a handler takes which a node begins to run now.
func (n *Node) handlerMin() time.Duration {
	var least time.Duration
	for _, by := range n.slow {
		least = max(least, by)
	}
	return least
}

// deafen makes a node refuse connections.
func (ns *nodes) deafen(n *Node) { n.deaf++ }

// undeafen takes back one deafen.
func (ns *nodes) undeafen(n *Node) { n.deaf-- }

// heal ends the faults of a node's clock, handlers and listening socket.
func (ns *nodes) heal(n *Node) {
	n.slow, n.deaf = nil, 0
	if n.clock.still(ns.time.now) {
		n.clock.set(ns.time.now)
		n.clock.heal()
		ns.rearm(n)
	}
}

// inert is the machine of the outsider, which only says what faults have it say.
type inert struct{}

func (inert) Step(dst []core.Action, _ *core.Event) []core.Action { return dst }
func (inert) Deadline() core.Instant                              { return core.Never }

// theOutsider returns the node that forged connections come from. It has no name,
// and is no node of the world to anybody else.
func (ns *nodes) theOutsider() *Node {
	if ns.outsider == nil {
		ns.outsider = &Node{
			Node: check.Node{Blind: true, Index: len(ns.list)},
			key:  1, machine: inert{}, wakeAt: forever, foreign: true,
		}
		ns.list = append(ns.list, ns.outsider)
	}
	return ns.outsider
}
