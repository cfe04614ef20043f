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

// Sparse is for a Checker to which most steps mean nothing: it need be shown only those of
// which Looks names something.
type Sparse interface{ Looks() Looks }

// Keeps is for a Checker that keeps account of all steps together with others, be it
// Sparse or not: a step is entered once before it is shown to those that share the Keeper.
type Keeps interface{ Keeper() Keeper }

// A Keeper keeps account of steps.
type Keeper interface{ Enter(s *Step) }

// Before is for a Checker that looks at a node before it takes a step: the
// step's Actions are not there yet. One that is Sparse need be shown those only of whose
// event its Looks name something.
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

	places places // of its peers
}

// All returns a new checker for each property that is about steps.
func All() []Checker {
	l, p := newLedger(), &pulses{}
	return []Checker{
		newTwins(), newOneLink(), newLinkUse(), newCallCheck(l), newOnce(), newJoins(),
		newBackoff(), newStale(), newTimers(), newBounds(), newPromise(),
		newTruth(l), newAnswers(l), newResend(l), newReasons(l), newVoid(l), newTurns(), newRoles(l), newAlive(p),
		newHeads(l), newGone(l), newNotice(p), newCrossed(), newMet(l),
	}
}
