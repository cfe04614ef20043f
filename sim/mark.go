package sim

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// mark is something that has to happen sometimes: a batch of runs in which one
// of them never does is vacuous in that respect.
type mark uint8

const (
	markPartition mark = iota
	markOneWay
	markCrash
	markRestart
	markPause
	markClock
	markRefused
	markCrossing
	markDrain
	markUnanswered
	markRetry
	markBackoff
	markBackoffCap
	markRedial
	markResume
	markLimbo
	markNotJoined
	markPartWaiting
	markPartHandshake
	markPartConnected
	markPartCheck
	markPartDraining
	markPartServing
	markStaleJoin
	markStaleStay
	markStalePart
	markStaleTock
	markMismatch
	markLateBack
	markForeignBack
	markDuplicate
	markOverload
	markOwnName
	markNetwork
	markHeartbeat
	markSilentCall
	markRestarted
	markCanceled
	markResend
	markVoid
	markCount
)

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
	markResend: "CALL sent again", markVoid: "VOID",
}

// adversarialMarks can't be hit in the physical model, where nothing arrives on
// a connection that its end has closed.
var adversarialMarks = [markCount]bool{
	markStaleStay: true, markStalePart: true, markStaleTock: true, markPartWaiting: true,
}

// marks counts what a run has met. Most of it shows in a step; faults and the
// ends of lives are counted where they happen.
type marks struct {
	counts     [markCount]uint64
	backoffMax int // the cap of the exponent
}

func (ms *marks) hit(m mark) { ms.counts[m]++ }

// report returns the counts in their fixed order.
func (ms *marks) report() report.Marks {
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
			if st, _ := s.Status(a.Peer); st.Dial == core.Idle && st.Listen == core.Serving && !st.Proven {
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
	case ev.Command == core.JOIN && st.Dial == core.Handshake:
		ms.hit(markCrossing)
	case ev.Command == core.STAY && st.Dial == core.Limbo:
		ms.hit(markLimbo)
	}
	if st.Dial == core.Draining {
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

func (ms *marks) part(ev *core.Event, before *core.PeerStatus) {
	if ev.Link.Half == core.Listening {
		if before.Listen == core.Serving {
			ms.hit(markPartServing)
		}
		return
	}
	if before.DialLink != ev.Link {
		return
	}
	switch before.Dial {
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
