package sim

import "github.com/bitmark-inc/bilateralrpc/core"

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

func (w *World) mark(m mark) { w.marks[m]++ }

// A MarkCount says how often something happened.
type MarkCount struct {
	Name  string
	Count uint64
	// Adversarial says that it can't happen in the physical model.
	Adversarial bool
}

// adversarialMarks can't be hit in the physical model, where nothing arrives on
// a connection that its end has closed.
var adversarialMarks = [markCount]bool{
	markStaleStay: true, markStalePart: true, markStaleTock: true, markPartWaiting: true,
}

// Marks counts what has to happen sometimes, in a fixed order.
func (w *World) Marks() []MarkCount {
	counts := make([]MarkCount, markCount)
	for m, name := range markNames {
		counts[m] = MarkCount{name, w.marks[m], adversarialMarks[mark(m)]}
	}
	return counts
}

// markStep marks what a step shows.
func (w *World) markStep(s *Step) {
	switch s.Event.Kind {
	case core.EvTimeout:
		w.markTimeout(s)
	case core.EvFrame:
		w.markFrame(s)
	case core.EvSendRefused:
		w.mark(markRefused)
	case core.EvLinkLost:
		if s.Event.Cause == core.CauseHeartbeat {
			w.mark(markHeartbeat)
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		switch a.Kind {
		case core.ActDrop:
			w.markDrop(s, a)
		case core.ActResult:
			w.markResult(a)
		case core.ActSend:
			w.markSend(s, a)
		}
	}
}

// markSend marks the frames that say something about the halves or a call.
func (w *World) markSend(s *Step, a *core.Action) {
	switch {
	case a.Command == core.VOID:
		w.mark(markVoid)
	case a.Command == core.CALL && s.Event.Kind != core.EvCall && len(a.Method) > 0:
		w.mark(markResend)
	case a.Command == core.TICK && s.Event.Kind == core.EvLinkUp && s.Node.core != nil:
		w.mark(markResume)
	}
}

// markTimeout marks what only a timer brings about.
func (w *World) markTimeout(s *Step) {
	if s.Node.core == nil {
		return
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		switch a.Kind {
		case core.ActSend:
			if a.Command == core.JOIN {
				w.mark(markRetry)
			}
		case core.ActDial:
			w.markDial(s.Status(a.Peer))
		case core.ActHangUp:
			if st, _ := s.Status(a.Peer); st.Dialling == core.Idle && st.Listening == core.Serving && !st.Proven {
				w.mark(markUnanswered)
			}
		}
	}
}

// markDial marks a dial by how often dialling has failed before.
func (w *World) markDial(st *core.PeerStatus, _ bool) {
	w.mark(markRedial)
	if st.Backoff > 0 {
		w.mark(markBackoff)
	}
	if st.Backoff == w.opts.Timing.BackoffMax {
		w.mark(markBackoffCap)
	}
}

// markFrame marks the commands that decide who serves whom.
func (w *World) markFrame(s *Step) {
	ev := s.Event
	if s.Node.core == nil {
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
		w.mark(markCrossing)
	case ev.Command == core.STAY && st.Dialling == core.Limbo:
		w.mark(markLimbo)
	}
	if st.Dialling == core.Draining {
		w.mark(markDrain)
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

func (w *World) markDrop(s *Step, a *core.Action) {
	if m, ok := dropMarks[a.Drop]; ok {
		w.mark(m)
	}
	if m, ok := staleMarks[a.Command]; ok && a.Drop == core.DropStale {
		w.mark(m)
		if a.Command == core.PART {
			w.mark(markPartWaiting)
		}
	}
}

func (w *World) markResult(a *core.Action) {
	switch a.Outcome {
	case core.Silent:
		w.mark(markSilentCall)
	case core.Restarted:
		w.mark(markRestarted)
	case core.Canceled:
		w.mark(markCanceled)
	}
}

// markPart marks a PART by the state that it found; before is the status
// without it.
func (w *World) markPart(ev *core.Event, before core.PeerStatus) {
	if ev.Link.Half == core.Listening {
		if before.Listening == core.Serving {
			w.mark(markPartServing)
		}
		return
	}
	if before.DiallingLink != ev.Link {
		return
	}
	switch before.Dialling {
	case core.Handshake:
		w.mark(markPartHandshake)
	case core.Connected:
		w.mark(markPartConnected)
	case core.Check:
		w.mark(markPartCheck)
	case core.Draining:
		w.mark(markPartDraining)
	}
}
