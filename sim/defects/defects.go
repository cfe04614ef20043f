// Package defects is the kill matrix: what the original package is known to do
// wrong, and what earlier versions of this one did, put back into test doubles of our
// nodes. Each has to be found by a property: a world in which one of them survives
// proves nothing about the core either.
//
// A double owns a core.Machine and rewrites the events that go in and the actions
// that come out, so that its node behaves as the original, or the earlier version,
// does; the core itself has no switch for it. No program of the library imports this package: only
// cmd/bilsim, whose command "kill" hunts the defects.
package defects

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// All returns every known defect, in the order of their numbers.
func All() []Defect { return append(originals(), recent()...) }

// originals returns those of the original package. The comments are the rows of
// PROTOCOL 13 that they belong to, where one speaks of it.
func originals() []Defect {
	return []Defect{
		// F11
		{"K1", "a JOIN while serving leaves the peer unheard until the entry's old deadline",
			"A peer joins again while it is served. It is served at once, on the new link.",
			"k01-join-while-serving", []sim.Property{check.PropPromise}, newServingLimbo},
		// F11
		{"K2", "a JOIN while waiting leaves the peer unheard until the wait would have ended",
			"A peer joins while we wait to dial it. It is served at once, and the wait is over.",
			"k02-join-while-waiting", []sim.Property{check.PropPromise}, newWaitingLimbo},
		// F5
		{"K3", "a call that ends without a reply wedges the node",
			"A call ends without a single reply. The node goes on.",
			"k03-call-without-replies", []sim.Property{check.PropTimers, check.PropCalls, check.PropPromise, check.PropNotice, check.PropBounded}, newWedge},
		// F17
		{"K4", "replies are counted, not matched to the peers that were asked",
			"A reply that nobody asked for comes, of another peer or for the second time. It counts for nobody.",
			"k04-reply-of-nobody", []sim.Property{check.PropCalls}, newCounter},
		// F15
		{"K5", "the network of a JOIN is checked for unknown peers only",
			"A peer of another network is dialled, and joins in turn. It is refused, and offered nothing.",
			"k05-known-peer-of-another-network", []sim.Property{check.PropReasons, check.PropOneLink}, newAnyNetwork},
		// F1
		{"K6", "a frame that claims the node's own name crashes it",
			"A frame claims the receiver's own name. It is dropped.",
			"k06-own-name", []sim.Property{check.PropNoPanic}, newOwnNameCrash},
		// F8
		{"K7", "the queue of timeouts is not sorted, and only its first one is looked at",
			"A call with a short timeout follows one with a long timeout. Each ends by its own.",
			"k07-short-timeout-behind-a-long-one", []sim.Property{check.PropCalls}, newFirstInQueue},
		// F16
		{"K8", "PART is obeyed whatever link it came by",
			"A PART arrives when the link that it is about has been replaced. It changes nothing.",
			"k08-part-of-an-old-link", []sim.Property{check.PropStale}, newAnyPart},
		// F13
		{"K9", "a simultaneous JOIN gets PART, both ends wait, and one is served only after its own wait",
			"Two peers join each other at the same time. Each says STAY to the other at once.",
			"k09-simultaneous-join", []sim.Property{check.PropCrossing, check.PropReasons, check.PropPromise}, newCrossing},
		{"K10", "any TOCK counts, whichever TICK it answers",
			"A TOCK arrives that does not answer the TICK that is waiting. It changes nothing.",
			"k10-tock-of-another-tick", []sim.Property{check.PropStale}, newAnyTock},
		// F25
		{"K11", "a peer to which the CALL could not be sent counts as asked",
			"A CALL can't be sent. The call ends for that peer at once, and says why.",
			"k11-call-not-sent", []sim.Property{check.PropCalls}, newSentOrNot},
		{"K11b", "peers that are not ready are passed over in silence",
			"A call names a peer that is not connected. It gets an outcome like any other.",
			"k11b-peer-not-ready", []sim.Property{check.PropCalls}, newPassedOver},
		// F6
		{"K12", "a call without replies is sent again under a new id, up to three times",
			"A call gets no reply. Its handler has run once, and does not run again.",
			"k12-call-once", []sim.Property{check.PropOnce, check.PropVoid}, newRepeater},
		// F18
		{"K13", "disconnecting forgets the peer and leaves the socket connected",
			"A peer is disconnected. It is told so, and the connection ends.",
			"k13-disconnect", []sim.Property{check.PropLinks, check.PropPromise}, newLeftConnected},
		// F14
		{"K13b", "a dead entry refuses a later connect",
			"A peer that was served goes away, and is connected to later. It is dialled.",
			"k13b-connect-after-serving", []sim.Property{check.PropConverge}, newDeadEntry},
	}
}

// recent returns those of earlier versions of this package.
func recent() []Defect {
	return []Defect{
		{"K14", "an accepted link that a newer one has replaced is told nothing",
			"A newer link of a peer replaces one that is up. The older one is told so by PART, and is over.",
			"k14-replaced-link", []sim.Property{check.PropPromise}, newSilentlyReplaced},
		{"K15", "JOIN is the first word to a peer of which nothing is known",
			"A peer is dialled that may serve an earlier life of this node. It is asked by TICK before it is told JOIN.",
			"k15-tick-before-join", []sim.Property{check.PropJoins}, newJoinFirst},
		{"K16", "a JOIN whose STAY can't be sent is taken back as if its peer had left",
			"A STAY can't be sent. Its JOIN has changed nothing: neither our dial, nor what was served before, nor a timer.",
			"k16-stay-not-sent", []sim.Property{check.PropStale, check.PropPromise}, newHalfUndone},
		{"K17", "a peer is served up to its limit, whatever it leaves to others",
			"A peer asks for more at a time than it leaves free. What is beyond that is turned away.",
			"k17-share-of-requests", []sim.Property{check.PropBounded}, newFirstCome},
		{"K18", "a listener does not say which calls it has not run",
			"A call is refused because its link has not joined. It has not run, and is sent again.",
			"k18-call-not-run", []sim.Property{check.PropTruth, check.PropResend}, newUnnamed},
	}
}

// within is the machine that a double owns.
type within struct{ *core.Machine }

// skip lets time pass for the machine, and keeps the event from it.
func (w within) skip(dst []core.Action, ev *core.Event) []core.Action {
	return w.Machine.Step(dst, &core.Event{Kind: core.EvTimeout, At: ev.At})
}

// beforeFrame returns what the machine will think of a peer when it comes to
// look at ev: what is due by then comes first.
func (w within) beforeFrame(ev *core.Event) core.PeerStatus {
	m := w.Clone()
	m.Step(nil, &core.Event{Kind: core.EvTimeout, At: ev.At})
	st, _ := m.Status(ev.Peer)
	return st
}

// ownNetwork says whether ev is a JOIN that the machine will accept.
func (w within) ownNetwork(ev *core.Event) bool {
	return ev.Kind == core.EvFrame && ev.Command == core.JOIN && ev.Peer != w.Config().Name &&
		string(ev.Body) == w.Config().Network
}

// Payloads of PART: version, reason.
const (
	partNotJoined = "\x01\x01"
	partLeaving   = "\x01\x03"
	partReplaced  = "\x01\x04"
)
