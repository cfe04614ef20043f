package check

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Checker watches the steps of a run. It keeps what it needs to know of earlier
// ones by itself, and is used for one run.
type Checker interface {
	// Property is what the checker holds steps against.
	Property() report.Property
	// Step looks at one step and returns what is wrong with it, or "".
	Step(w World, s *Step) string
}

// Before is for a Checker that looks at a node before it takes a step: the
// step's Actions are not there yet.
type Before interface{ Before(w World, s *Step) }

// Lives is for a Checker that is told of the end of a node's life, by a crash.
// The node is still as it was.
type Lives interface{ Ended(w World, n *Node) }

// Audits is for a Checker that also looks at every running node of ours twice in
// each LIVE_TIME, because it would be too slow at every step, or because nothing
// happening is what it is about. It gets what the node knows of its peers, which
// is valid during the call.
type Audits interface {
	Audit(w World, n *Node, peers []core.PeerStatus) string
}

// Quiet is for a Checker that looks at every running node of ours once more, when
// faults have stopped and everything has had the time to come to rest. It gets what
// the node knows of its peers, which is valid during the call.
type Quiet interface {
	Quiet(w World, n *Node, peers []core.PeerStatus) string
}

// A World is what checkers may ask of the world that they watch. They change
// nothing in it.
type World interface {
	// Now is the world's time since its start.
	Now() time.Duration
	// Timing returns the constants of the protocol, which are those of every node.
	// They must not be changed.
	Timing() *core.Timing
	// WakeMax is how late a driver's timer wakes its node, at most.
	WakeMax() time.Duration
	// Node returns the node of that name, or nil.
	Node(name string) *Node
	// ClockAt returns what a node's clock shows at a time of the world. Before the
	// clock's latest change it is not known any more: an earlier t counts as the
	// time of that change.
	ClockAt(n *Node, t time.Duration) core.Instant
	// Honest reports whether every frame so far was sent by a machine and arrived as
	// it was sent: no fault has made one up or changed its bytes.
	Honest() bool
	// Strayed reports whether one of a node and the peer of a name was told a wrong
	// address that has to do with the other: two names may lead to one node then, and
	// one name to two.
	Strayed(n *Node, peer string) bool
	// Twin makes a second machine as the node's own was made for its present life.
	Twin(n *Node) (Stepper, error)
}

// A Stepper takes steps as a core.Machine does.
type Stepper interface {
	Step(dst []core.Action, ev *core.Event) []core.Action
}

// A Node is what checkers see of a node, in its present life.
type Node struct {
	Name    string // unique in the world
	Called  string // its name on the wire: Name, unless it is the twin of another node
	Twin    bool   // another node of the world has that name on the wire
	Network string // the one that it belongs to
	Old     bool   // it is the double of an old peer
	Blind   bool   // its driver reports no links
	Index   int    // its place among the nodes of the world, from 0
	Life    uint32 // the number of the present life, from 0
	Repeats bool   // a life of it has claimed the incarnation of an earlier one
	// Machine is the core of the present life, nil for an old peer. It may be asked
	// and cloned, not stepped.
	Machine *core.Machine
}

// A Step is one step of one node: what checkers see, and what the trace and the
// digest are made of. It is the world's own, and valid during the call.
type Step struct {
	N       uint64        // number of this step in its run, from 1
	Now     time.Duration // the world's time, since its start
	Node    *Node         // the one that takes the step
	Event   *core.Event   // what it is fed; At is by its own clock
	Actions []core.Action // nil until the step is taken

	// Cache of the last Status: most checkers ask for the same peer.
	peer   string // empty if nothing is kept
	status core.PeerStatus
	known  bool
}

// Begin makes s the nth step of a run, of a node that has yet to take it.
func (s *Step) Begin(n uint64, now time.Duration, node *Node, ev *core.Event) {
	s.N, s.Now, s.Node, s.Event, s.Actions, s.peer = n, now, node, ev, nil, ""
}

// Took adds what the node has done in its step.
func (s *Step) Took(actions []core.Action) {
	s.Actions, s.peer = actions, ""
}

// Status returns the view that the node, one of ours, has of a peer after the step,
// and whether it knows the peer. The status is valid until the next call.
func (s *Step) Status(peer string) (*core.PeerStatus, bool) {
	if s.peer != peer {
		s.peer = peer
		s.status, s.known = s.Node.Machine.Status(peer)
	}
	return &s.status, s.known
}

// All returns a new checker for each property that is about steps.
func All() []Checker {
	l := newLedger()
	return []Checker{
		newTwins(), newOneLink(), newLinkUse(), newCallCheck(), newOnce(), newJoins(),
		newBackoff(), newStale(), newTimers(), newBounds(), newPromise(),
		newTruth(l), newAnswers(l), newResend(l), newReasons(l), newVoid(l), newTurns(l), newRoles(l), newAlive(),
		newNotice(), newCrossed(), newMet(l),
	}
}
