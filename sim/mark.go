package sim

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// mark is something that has to happen sometimes: a batch of runs in which one
// of them never does is vacuous in that respect.
type mark uint8

const (
	markPartition     mark = iota // a partition or an isolation began
	markOneWay                    // a way was cut and the way back left
	markCrash                     // a life ended without a stop
	markRestart                   // a node that was down began a new life
	markPause                     // a process was stopped without ending
	markClock                     // a node's clock was changed
	markRefused                   // a node was told that a send was not carried out
	markCrossing                  // a JOIN came in while our own waited for its answer
	markDrain                     // a dialling half gave its role away and drains
	markUnanswered                // an unanswered dial was hung up, since the peer is served
	markRetry                     // a timer repeated a JOIN
	markBackoff                   // a dial after a phase that had failed
	markBackoffCap                // the wait before a dial was the longest
	markRedial                    // a timer began a dial
	markResume                    // a link began with a TICK, since an old peer may still serve us
	markLimbo                     // an old peer said STAY and has yet to answer
	markNotJoined                 // a request came from a peer that has not joined
	markPartWaiting               // a PART of a link that is over
	markPartHandshake             // a PART found the dialling half in that state, and so on
	markPartConnected
	markPartCheck
	markPartDraining
	markPartServing
	markStaleJoin // a JOIN of a link that is over, and so on
	markStaleStay
	markStalePart
	markStaleTock
	markMismatch    // a TOCK of another TICK, or a BACK of another method
	markLateBack    // a BACK of a call that is over, or the second one of a peer
	markForeignBack // a BACK of a peer that was not asked
	markDuplicate   // a request was repeated, and not run again
	markOverload    // a request beyond the limit of those served
	markOwnName     // a frame claimed the name of its receiver
	markNetwork     // a JOIN of another network
	markHeartbeat   // a transport's heartbeat expired
	markSilentCall  // a peer did not reply in time
	markRestarted   // a callee lost a request by a restart
	markCanceled    // a user gave a call up
	markResend      // a CALL was sent once more, over a new link
	markVoid        // a caller wants no reply any more, and said so
	markGraceful    // a node that was stopped began a new life
	markCount       // how many there are
)

// markNames are what scenarios, hunts and reports call the marks.
var markNames = [markCount]string{
	markPartition: "partition", markOneWay: "one-way cut", markCrash: "crash", markRestart: "restart",
	markPause: "pause", markClock: "clock fault", markRefused: "send refused", markCrossing: "crossing JOINs",
	markDrain: "drain", markUnanswered: "dial given up while the other half serves", markRetry: "JOIN repeated",
	markBackoff: "backoff", markBackoffCap: "backoff at its cap", markRedial: "redial within a phase",
	markResume: "TICK before JOIN after a redial", markLimbo: "limbo", markNotJoined: "PART: not joined",
	markPartWaiting: "PART without a current link", markPartHandshake: "PART in Handshake",
	markPartConnected: "PART in Connected", markPartCheck: "PART in Check", markPartDraining: "PART in Draining",
	markPartServing: "PART in Serving", markStaleJoin: "stale JOIN", markStaleStay: "stale STAY",
	markStalePart: "stale PART", markStaleTock: "stale TOCK", markMismatch: "TOCK of another TICK",
	markLateBack: "late or second BACK", markForeignBack: "foreign BACK", markDuplicate: "request repeated",
	markOverload: "overload", markOwnName: "own name", markNetwork: "wrong network",
	markHeartbeat: "heartbeat expired", markSilentCall: "call without a reply",
	markRestarted: "callee restarted during a call", markCanceled: "call canceled",
	markResend: "CALL sent again", markVoid: "VOID", markGraceful: "restart after a stop",
}

// adversarialMarks can't be hit in the physical model, where nothing arrives on
// a connection that its end has closed.
var adversarialMarks = [markCount]bool{
	markStaleStay: true, markStalePart: true, markStaleTock: true, markPartWaiting: true,
}

// marks counts what has happened in a run. Most of it shows in a step; faults and the
// ends of lives are counted where they happen.
type marks struct {
	counts     [markCount]uint64 // how often each was hit
	backoffMax int               // the cap of the exponent
}

// hit counts one mark once.
func (ms *marks) hit(m mark) { ms.counts[m]++ }

// list returns the counts in their fixed order.
func (ms *marks) list() report.Marks {
	counts := make(report.Marks, markCount)
	for m, name := range markNames {
		counts[m] = report.MarkCount{Name: name, Count: ms.counts[m], Adversarial: adversarialMarks[mark(m)]}
	}
	return counts
}

// step counts what a step shows.
func (ms *marks) step(s *Step) {
	switch s.Event.Kind {
	case core.EvTimeout:
		ms.timeout(s)
	case core.EvFrame:
		ms.frame(s)
	case core.EvSendRefused:
		ms.hit(markRefused)
	case core.EvLinkLost:
		if s.Event.Cause == core.CauseHeartbeat {
			ms.hit(markHeartbeat)
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		switch a.Kind {
		case core.ActDrop:
			ms.drop(s, a)
		case core.ActResult:
			ms.result(a)
		case core.ActSend:
			ms.send(s, a)
		}
	}
}

// send marks the frames that say something about the halves or a call.
func (ms *marks) send(s *Step, a *core.Action) {
	switch {
	case a.Command == core.VOID:
		ms.hit(markVoid)
	case a.Command == core.CALL && s.Event.Kind != core.EvCall && len(a.Method) > 0:
		ms.hit(markResend)
	case a.Command == core.TICK && s.Event.Kind == core.EvLinkUp && s.Node.Machine != nil:
		ms.hit(markResume)
	}
}

// timeout marks what only a timer brings about.
func (ms *marks) timeout(s *Step) {
	if s.Node.Machine == nil {
		return
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		switch a.Kind {
		case core.ActSend:
			if a.Command == core.JOIN {
				ms.hit(markRetry)
			}
		case core.ActDial:
			ms.dial(s.Status(a.Peer))
		case core.ActHangUp:
			if st, _ := s.Status(a.Peer); st.Dialling == core.Idle && st.Listening == core.Serving && !st.Proven {
				ms.hit(markUnanswered)
			}
		}
	}
}

// dial marks a dial by how often dialling has failed before.
func (ms *marks) dial(st *core.PeerStatus, _ bool) {
	ms.hit(markRedial)
	if st.Backoff > 0 {
		ms.hit(markBackoff)
	}
	if st.Backoff == ms.backoffMax {
		ms.hit(markBackoffCap)
	}
}

// frame marks the commands that decide who serves whom.
func (ms *marks) frame(s *Step) {
	ev := s.Event
	if s.Node.Machine == nil {
		return
	}
	switch ev.Command {
	case core.JOIN, core.STAY, core.PART, core.TOCK, core.MEET, core.TICK:
	default:
		return
	}
	st, ok := s.Status(ev.Peer)
	if !ok {
		return
	}
	switch {
	case ev.Command == core.JOIN && st.Dialling == core.Handshake:
		ms.hit(markCrossing)
	case ev.Command == core.STAY && st.Dialling == core.Limbo:
		ms.hit(markLimbo)
	}
	if st.Dialling == core.Draining {
		ms.hit(markDrain)
	}
}

var staleMarks = map[core.Command]mark{
	core.JOIN: markStaleJoin, core.STAY: markStaleStay, core.PART: markStalePart, core.TOCK: markStaleTock,
}

var dropMarks = map[core.Drop]mark{
	core.DropMismatch: markMismatch, core.DropLate: markLateBack, core.DropForeign: markForeignBack,
	core.DropDuplicate: markDuplicate, core.DropOverload: markOverload, core.DropOwnName: markOwnName,
	core.DropNetwork: markNetwork, core.DropNotJoined: markNotJoined,
}

// drop counts what a node ignored, by its reason.
func (ms *marks) drop(s *Step, a *core.Action) {
	if m, ok := dropMarks[a.Drop]; ok {
		ms.hit(m)
	}
	if m, ok := staleMarks[a.Command]; ok && a.Drop == core.DropStale {
		ms.hit(m)
		if a.Command == core.PART {
			ms.hit(markPartWaiting)
		}
	}
}

// result counts the ways in which a call can go wrong.
func (ms *marks) result(a *core.Action) {
	switch a.Outcome {
	case core.Silent:
		ms.hit(markSilentCall)
	case core.Restarted:
		ms.hit(markRestarted)
	case core.Canceled:
		ms.hit(markCanceled)
	}
}

// before counts a PART by the state that it is about to find, which afterwards
// is another.
func (ms *marks) before(s *Step) {
	if s.Event.Kind == core.EvFrame && s.Event.Command == core.PART && s.Node.Machine != nil {
		if st, ok := s.Node.Machine.Status(s.Event.Peer); ok {
			ms.part(s.Event, &st)
		}
	}
}

// part counts a PART of a link that is current.
func (ms *marks) part(ev *core.Event, before *core.PeerStatus) {
	if ev.Link.Half == core.Listening {
		if before.Listening == core.Serving {
			ms.hit(markPartServing)
		}
		return
	}
	if before.DiallingLink != ev.Link {
		return
	}
	switch before.Dialling {
	case core.Handshake:
		ms.hit(markPartHandshake)
	case core.Connected:
		ms.hit(markPartConnected)
	case core.Check:
		ms.hit(markPartCheck)
	case core.Draining:
		ms.hit(markPartDraining)
	}
}
