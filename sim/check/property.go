package check

import (
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// The properties of the protocol.
var (
	PropDeterministic = report.Property{ID: "P1", Claim: "The same configuration and events give the same actions, whatever the destination slice held."}
	PropOneLink       = report.Property{ID: "P2", Claim: "A node offers requests to a peer on one link at a time, never to itself and never across networks."}
	PropLinks         = report.Property{ID: "P3", Claim: "A dial is hung up before the next one to that peer, and nothing is sent on a link that is not there."}
	PropCalls         = report.Property{ID: "P4", Claim: "Every call ends once, by its timeout, with one outcome for each addressed peer and its own reply."}
	PropOnce          = report.Property{ID: "P5", Claim: "A handler runs at most once for a call."}
	PropJoins         = report.Property{ID: "P6", Claim: "A dial phase has at most MAXIMUM_JOINS JOINs, JOIN_TIME apart, and TICK goes before them to a peer that may serve already."}
	PropBackoff       = report.Property{ID: "P7", Claim: "Backoff doubles to its cap, falls only with proof of life, and waits are as long as they should be."}
	PropStale         = report.Property{ID: "P8", Claim: "A stale JOIN, STAY, PART or TOCK changes nothing, nor does a JOIN whose STAY could not be sent."}
	PropTimers        = report.Property{ID: "P9", Claim: "No timer is left unhandled once its deadline has passed by the node's own clock."}
	PropBounded       = report.Property{ID: "P10", Claim: "Tables stay within their limits, and nothing is left after a stop."}
	PropNoPanic       = report.Property{ID: "P11", Claim: "No bytes from outside make a node panic."}
	PropPromise       = report.Property{ID: "P12", Claim: "STAY is a promise: frames on that link are served until it ends or falls silent."}
	PropTruth         = report.Property{ID: "P13", Claim: "An outcome of a call is one that what has happened allows."}
	PropAnswers       = report.Property{ID: "P14", Claim: "A request is answered once, when its handler ends and as that has ended, by a link that the caller can tell it by."}
	PropResend        = report.Property{ID: "P15", Claim: "A CALL is sent again where that is allowed, as soon as it is, and nowhere else."}
	PropReasons       = report.Property{ID: "P16", Claim: "The reason in a PART is the true one, a JOIN of another network gets one, and a driver is told of two lives of one name just where there are two."}
	PropVoid          = report.Property{ID: "P17", Claim: "VOID names a call that was given up and went to that peer, and cancels that request and no other."}
	PropTurns         = report.Property{ID: "P18", Claim: "JOIN and TICK come from the dialler; STAY, TOCK and a listener's MEET answer what came in by their link."}
	PropRoles         = report.Property{ID: "P19", Claim: "While both halves are up, one of them gives way when it should: by 2 s without an answer, or by a drain of JOIN_TIME to SERVE_TIME."}
	PropAlive         = report.Property{ID: "P20", Claim: "TICK goes out every LIVE_TIME, in Limbo every 2 s, a silent old dialler is made to speak, and no dial is given up before its answer is due."}
	PropConverge      = report.Property{ID: "L1", Claim: "Every configured pair comes together within its bound after the faults stop, and stays so."}
	PropNotice        = report.Property{ID: "L2", Claim: "An end stops listing a peer as active soon after the last frame it heard from it."}
	PropCrossing      = report.Property{ID: "L3", Claim: "A simultaneous join resolves within one exchange, or two PART windows against an old peer."}
	PropWorks         = report.Property{ID: "L4", Claim: "After the faults stop, a call to every peer succeeds at the first try."}
	PropMet           = report.Property{ID: "L5", Claim: "Linked nodes of ours come to use every extension: each tells the other who it is, and goes on until it is heard."}
)

// EvenCorrupted says whether the property holds even if the network changes
// bits: P1, P3, P9 to P11, P18, and every property that is not of this package.
func EvenCorrupted(p report.Property) bool {
	switch p.ID {
	case "P2", "P4", "P5", "P6", "P7", "P8", "P12", "P13", "P14", "P15", "P16", "P17", "P19", "P20", "L1", "L2", "L3", "L4", "L5":
		return false
	}
	return true
}

// Properties lists all of them, P1 to L5.
func Properties() []report.Property {
	return []report.Property{
		PropDeterministic, PropOneLink, PropLinks, PropCalls, PropOnce, PropJoins, PropBackoff, PropStale,
		PropTimers, PropBounded, PropNoPanic, PropPromise, PropTruth, PropAnswers, PropResend, PropReasons, PropVoid,
		PropTurns, PropRoles, PropAlive, PropConverge, PropNotice, PropCrossing, PropWorks, PropMet,
	}
}
