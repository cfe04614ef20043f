package sim

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Property is something that always holds, or a bound on when it does. Its ID is
// one of P1 to P12 and L1 to L4, or one of your own.
type Property = report.Property

// A Violation is a property that did not hold.
type Violation = report.Violation

// The properties of the protocol.
var (
	PropDeterministic = Property{ID: "P1", Claim: "The same configuration and events give the same actions, whatever the destination slice held."}
	PropOneLink       = Property{ID: "P2", Claim: "A node offers requests to a peer on one link at a time, never to itself and never across networks."}
	PropLinks         = Property{ID: "P3", Claim: "A dial is hung up before the next one to that peer, and nothing is sent on a link that is not there."}
	PropCalls         = Property{ID: "P4", Claim: "Every call ends once, by its timeout, with one outcome for each addressed peer and its own reply."}
	PropOnce          = Property{ID: "P5", Claim: "A handler runs at most once for a call."}
	PropJoins         = Property{ID: "P6", Claim: "A dial phase has at most MAXIMUM_JOINS JOINs, JOIN_TIME apart."}
	PropBackoff       = Property{ID: "P7", Claim: "Backoff doubles to its cap, falls only with proof of life, and waits are as long as they should be."}
	PropStale         = Property{ID: "P8", Claim: "A stale JOIN, STAY, PART or TOCK changes nothing."}
	PropTimers        = Property{ID: "P9", Claim: "No timer is left unhandled once its deadline has passed by the node's own clock."}
	PropBounded       = Property{ID: "P10", Claim: "Tables stay within their limits, and nothing is left after a stop."}
	PropNoPanic       = Property{ID: "P11", Claim: "No bytes from outside make a node panic."}
	PropPromise       = Property{ID: "P12", Claim: "STAY is a promise: frames on that link are served until it ends or falls silent."}
	PropConverge      = Property{ID: "L1", Claim: "Every configured pair comes together within its bound after the faults stop, and stays so."}
	PropNotice        = Property{ID: "L2", Claim: "An end stops listing a peer as active soon after the last frame it heard from it."}
	PropCrossing      = Property{ID: "L3", Claim: "A simultaneous join resolves within one exchange, or two PART windows against an old peer."}
	PropWorks         = Property{ID: "L4", Claim: "After the faults stop, a call to every peer succeeds at the first try."}
	PropExpected      = report.Expected
)

// evenCorrupted says whether the property holds even if the network changes
// bits: P1, P3, P9 to P11, what a scenario expects, and properties of one's own.
func evenCorrupted(p Property) bool {
	switch p.ID {
	case "P2", "P4", "P5", "P6", "P7", "P8", "P12", "L1", "L2", "L3", "L4":
		return false
	}
	return true
}

// Properties lists all of them, P1 to L4.
func Properties() []Property {
	return []Property{
		PropDeterministic, PropOneLink, PropLinks, PropCalls, PropOnce, PropJoins, PropBackoff, PropStale,
		PropTimers, PropBounded, PropNoPanic, PropPromise, PropConverge, PropNotice, PropCrossing, PropWorks,
	}
}

// A Checker watches the steps of a run. It keeps what it knows of earlier ones
// by itself, and is used for one run.
type Checker interface {
	Property() Property
	// Step looks at one step and returns what is wrong with it, or "".
	Step(w *World, s *Step) string
}

// Before is for a Checker that looks at a node before it takes a step: the
// step's Actions are not there yet.
type Before interface{ Before(w *World, s *Step) }

// Lives is for a Checker that is told of the end of a node's life.
type Lives interface{ Ended(w *World, n *Node) }

// Audits is for a Checker that also looks at every running node of ours twice in
// each LIVE_TIME, because it would be too slow at every step, or because nothing
// happening is what it is about. It gets what the node knows of its peers.
type Audits interface {
	Audit(w *World, n *Node, peers []core.PeerStatus) string
}

// Checkers returns a new one for each property that is about steps.
func Checkers() []Checker {
	return []Checker{
		newTwins(), newOneLink(), newLinkUse(), newCallCheck(), newOnce(), newJoins(),
		newBackoff(), newStale(), newTimers(), newBounds(), newPromise(), newNotice(), newCrossed(),
	}
}
