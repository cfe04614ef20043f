//go:build defects

package sim

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// defects is the kill matrix. The numbers are those of docs/KILL.md.
func defects() []Defect {
	return []Defect{
		{"K1", "a JOIN while serving leaves the peer unheard until the entry's old deadline", []Property{PropPromise}, newServingLimbo},
		{"K2", "a JOIN while waiting leaves the peer unheard until the wait would have ended", []Property{PropPromise}, newWaitingLimbo},
		{"K3", "a call that ends without a reply wedges the node", []Property{PropTimers, PropCalls, PropPromise}, newWedge},
		{"K4", "replies are counted, not matched to the peers that were asked", []Property{PropCalls}, newCounter},
		{"K5", "the network of a JOIN is checked for unknown peers only", []Property{PropOneLink}, newAnyNetwork},
		{"K6", "a frame that claims the node's own name crashes it", []Property{PropNoPanic}, newOwnNameCrash},
		{"K7", "the queue of timeouts is not sorted, and only its first one is looked at", []Property{PropCalls}, newFirstInQueue},
		{"K8", "PART is obeyed whatever link it came by", []Property{PropStale}, newAnyPart},
		{"K9", "a simultaneous JOIN gets PART, both ends wait, and one is served only after its own wait", []Property{PropCrossing, PropPromise}, newCrossing},
		{"K10", "any TOCK counts, whichever TICK it answers", []Property{PropStale}, newAnyTock},
		{"K11", "a peer to which the CALL could not be sent counts as asked", []Property{PropCalls}, newSentOrNot},
		{"K11b", "peers that are not ready are passed over in silence", []Property{PropCalls}, newPassedOver},
		{"K12", "a call without replies is sent again under a new id, up to three times", []Property{PropOnce}, newRepeater},
		{"K13", "disconnecting forgets the peer and leaves the socket connected", []Property{PropLinks}, newLeftConnected},
		{"K13b", "a dead entry refuses a later connect", []Property{PropConverge}, newDeadEntry},
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
