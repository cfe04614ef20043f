package check

import (
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// The properties of the protocol. What each means is for people who have never read PROTOCOL.md.
var (
	PropDeterministic = report.Property{ID: "P1", Claim: "The same configuration and events give the same actions, whatever the destination slice held.",
		Means: "What a node does follows from what it is told, and from nothing else. One that does something else when it is told the same can't be replayed: something hidden decides."}
	PropOneLink = report.Property{ID: "P2", Claim: "A node offers requests to a peer on one link at a time, never to itself and never across networks.",
		Means: "Two nodes may be connected twice, once each way, and have to agree which connection carries requests. With two at a time, or with a node of another network, requests run where nobody expects them."}
	PropLinks = report.Property{ID: "P3", Claim: "A dial is hung up before the next one to that peer, and nothing is sent on a link that is not there.",
		Means: "A node has one connection of its own to a peer at a time, and ends it before it dials anew. One that it leaves behind is never ended by anybody, and what it sends where no connection is goes nowhere."}
	PropCalls = report.Property{ID: "P4", Claim: "Every call ends once, by its timeout, with one outcome for each addressed peer and its own reply.",
		Means: "A caller gets one answer for each peer that it asked: a reply, or why there is none. If one is missing, comes twice or is somebody else's, a program waits for ever, or takes a wrong result for its own."}
	PropOnce = report.Property{ID: "P5", Claim: "A handler runs at most once for a call.",
		Means: "A call may be sent again when its answer was lost with a connection. Its handler must not run again for that: it may have moved money."}
	PropJoins = report.Property{ID: "P6", Claim: "A dial phase has at most MAXIMUM_JOINS JOINs, JOIN_TIME apart, and TICK goes before them to a peer that may serve already.",
		Means: "JOIN asks a peer to serve this node. It goes out so often at most, and not too fast. A peer that may still serve the node's earlier connection is asked by TICK first, since one with the old software would ignore everything after a second JOIN."}
	PropBackoff = report.Property{ID: "P7", Claim: "Backoff doubles to its cap, falls only with proof of life, and waits are as long as they should be.",
		Means: "A node that does not reach a peer waits longer and longer before it tries again, up to a bound. A wrong wait floods the network, or keeps two nodes apart for no reason."}
	PropStale = report.Property{ID: "P8", Claim: "A stale JOIN, STAY, PART or TOCK changes nothing, nor does a JOIN whose STAY could not be sent.",
		Means: "Each connection has a number. What comes late by one that is over is stale: it speaks of the past. A node that obeys it ends, or revives, a connection that it is not about."}
	PropTimers = report.Property{ID: "P9", Claim: "No timer is left unhandled once its deadline has passed by the node's own clock.",
		Means: "A node says when it wants to be woken next. If it leaves something undone that was due then, a wait or a call does not end when it should."}
	PropBounded = report.Property{ID: "P10", Claim: "Tables stay within their limits, and nothing is left after a stop.",
		Means: "Whatever its peers do, a node's tables keep to their limits, and each peer leaves service to the others. Else a single peer can take all the memory, or all the service."}
	PropNoPanic = report.Property{ID: "P11", Claim: "No bytes from outside make a node panic.",
		Means: "Peers may send anything. A node that breaks on some bytes can be taken down by everybody who reaches it."}
	PropPromise = report.Property{ID: "P12", Claim: "STAY is a promise: frames on that link are served until it ends or falls silent.",
		Means: "By STAY a node tells one that has dialled it: you are connected, and I serve what you send by this connection. It takes that back by PART only. A node that ignores frames without having said so is deaf: the other end believes itself connected, and waits for answers that never come."}
	PropTruth = report.Property{ID: "P13", Claim: "An outcome of a call is one that what has happened allows.",
		Means: "What a caller is told about a call has to be what can have happened: no reply only when its time is up, restarted only if the peer was, a reply only if the peer gave it. A program decides by that whether it may try again."}
	PropAnswers = report.Property{ID: "P14", Claim: "A request is answered once, when its handler ends and as that has ended, by a link that the caller can tell it by.",
		Means: "Each request that comes in is answered once, with what its own handler gave, and by a connection where the caller knows whose answer it is."}
	PropResend = report.Property{ID: "P15", Claim: "A CALL is sent again where that is allowed, as soon as it is, and nowhere else.",
		Means: "When a connection ends, the calls that were under way are sent again by the next one, but only if the peer can tell that it has not run them. Left out, they wait in vain; sent where they should not be, they run twice."}
	PropReasons = report.Property{ID: "P16", Claim: "The reason in a PART is the true one, a JOIN of another network gets one, and a driver is told of two lives of one name just where there are two.",
		Means: "PART says that a connection is over, and why. The other end goes by the reason: it joins again at once, waits, or tells its user that two nodes have one name. A wrong reason has it do the wrong thing."}
	PropVoid = report.Property{ID: "P17", Claim: "VOID names a call that was given up and went to that peer, and cancels that request and no other.",
		Means: "VOID tells a peer that nobody waits for the reply to a call any more. For a call that is still waited for, it would take the reply away; left out, a handler works for nobody."}
	PropTurns = report.Property{ID: "P18", Claim: "JOIN and TICK come from the dialler; STAY, TOCK and a listener's MEET answer what came in by their link.",
		Means: "The end that has dialled asks, by JOIN and TICK; the other end answers, by STAY and TOCK. An answer that nobody asked for, or a question from the wrong end, is not understood."}
	PropRoles = report.Property{ID: "P19", Claim: "While both halves are up, one of them gives way when it should: by 2 s without an answer, or by a drain of JOIN_TIME to SERVE_TIME.",
		Means: "When two nodes have dialled each other they are connected twice, and need one connection. Both go by the same rules to choose which one ends, and when: else both end, or none does."}
	PropAlive = report.Property{ID: "P20", Claim: "TICK goes out every LIVE_TIME, in Limbo every 2 s, a silent old dialler is made to speak, and no dial is given up before its answer is due.",
		Means: "Connected nodes ask each other whether they are there (TICK), and answer (TOCK), so that a silent end is noticed in time and a living one is not given up."}
	PropHeads = report.Property{ID: "P21", Claim: "The head of a request or reply arrives as it was given or not at all, goes only where it is read, and tells of no more time than the caller waits.",
		Means: "Metadata of the program and the caller's deadline go with a call. They arrive as they were given or not at all, and only where the peer has said that it reads them."}
	PropGone = report.Property{ID: "P22", Claim: "A handler is told once that its caller is gone, as soon as that is known, and only if it is so.",
		Means: "A handler is told when nobody waits for its reply any more, so that it can end early. Told too early, it ends work that is wanted; told late or twice, it works for nobody."}
	PropConverge = report.Property{ID: "L1", Claim: "Every configured pair comes together within its bound after the faults stop, and stays so.",
		Means: "When the faults are over and everybody runs, nodes that were told to connect have to find each other in bounded time. A pair that does not stays apart though nothing is wrong any more."}
	PropNotice = report.Property{ID: "L2", Claim: "An end stops listing a peer as active soon after the last frame it heard from it.",
		Means: "An active peer is one that gets calls. When nothing is heard of it any more it has to lose that place soon: else calls go to somebody who is not there."}
	PropCrossing = report.Property{ID: "L3", Claim: "A simultaneous join resolves within one exchange, or two PART windows against an old peer.",
		Means: "Two nodes may ask each other at the same time to be served (JOIN). That has to be settled at once, not by both waiting for the other."}
	PropWorks = report.Property{ID: "L4", Claim: "After the faults stop, a call to every peer succeeds at the first try.",
		Means: "When the faults are over, the connections that nodes believe in have to carry calls."}
	PropMet = report.Property{ID: "L5", Claim: "Linked nodes of ours come to use every extension: each tells the other who it is, and goes on until it is heard.",
		Means: "Nodes with the present software tell each other so (MEET), and who they are in this life. Without it they do not use what only the present software can do, such as not to run a call twice."}
)

// EvenCorrupted says whether the property holds even if the network changes
// bits: P1, P3, P9 to P11, P18, and every property that is not of this package.
func EvenCorrupted(p report.Property) bool {
	switch p.ID {
	case "P2", "P4", "P5", "P6", "P7", "P8", "P12", "P13", "P14", "P15", "P16", "P17", "P19", "P20", "P21", "P22", "L1", "L2", "L3", "L4", "L5":
		return false
	}
	return true
}

// Properties lists all of them, P1 to L5.
func Properties() []report.Property {
	return []report.Property{
		PropDeterministic, PropOneLink, PropLinks, PropCalls, PropOnce, PropJoins, PropBackoff, PropStale,
		PropTimers, PropBounded, PropNoPanic, PropPromise, PropTruth, PropAnswers, PropResend, PropReasons, PropVoid,
		PropTurns, PropRoles, PropAlive, PropHeads, PropGone, PropConverge, PropNotice, PropCrossing, PropWorks, PropMet,
	}
}
