package sim

import (
	"math"

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
	markEvicted     // a peer was forgotten, to make room for another one
	markFull        // a peer was turned away, since the table of peers was full
	markBusy        // a user's call was refused, since too many were pending
	markTooLarge    // a user's request was refused for its size
	markOversize    // a frame was dropped for its size
	markLeftover    // a step left timers that were due for the next one
	markWrap        // call ids have come round to 1
	markLongCall    // a reply came later than SERVE_TIME after its call
	markOutlived    // a drain was over before the calls that it waited for
	markLongHandler // a handler began that takes longer than SERVE_TIME
	markBack        // a machine was fed a time before that of its last step
	markHandshake   // a connection failed in its handshake
	markHead        // a request came with a head
	markLeft        // a request came with the time that its caller still waits
	markReplyHead   // a reply came with a head
	markGone        // a handler was told that its caller is gone
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
	markEvicted: "peer forgotten to make room", markFull: "no room for a peer", markBusy: "too many calls",
	markTooLarge: "request too large", markOversize: "frame too large", markLeftover: "timers left for the next step",
	markWrap: "call ids wrapped", markLongCall: "reply after SERVE_TIME", markOutlived: "drain over before its calls", markLongHandler: "handler beyond SERVE_TIME",
	markBack: "time ran back", markHandshake: "handshake failed",
	markHead: "request with a head", markLeft: "request with a deadline", markReplyHead: "reply with a head", markGone: "caller of a handler gone",
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
	// Of a machine's limits, those whose marks take a look of their own; zero where
	// nothing comes near the default.
	peersMax, timersMax int
	wraps               bool // call ids begin near their end
	makesRoom           bool // the step under way is one that may have to
}

// newMarks returns the marks of a world of those options, with their defaults.
func newMarks(o *Options) marks {
	return marks{
		backoffMax: o.Timing.BackoffMax, peersMax: o.Limits.PeersMax, timersMax: o.Limits.TimersStepMax,
		wraps: o.FirstCall > math.MaxUint32/2,
	}
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
		switch s.Event.Cause {
		case core.CauseHeartbeat:
			ms.hit(markHeartbeat)
		case core.CauseHandshake:
			ms.hit(markHandshake)
		}
	}
	if m := s.Node.Machine; ms.timersMax > 0 && m != nil && m.Deadline() <= s.Event.At {
		ms.hit(markLeftover)
	}
	if ms.makesRoom {
		if _, known := s.Status(s.Event.Peer); known {
			ms.hit(markEvicted)
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		switch a.Kind {
		case core.ActDrop:
			ms.drop(s, a)
		case core.ActResult:
			ms.result(a)
		case core.ActServe:
			ms.serve(a)
		case core.ActCancel:
			if a.Cause != 0 {
				ms.hit(markGone)
			}
		case core.ActSend:
			ms.send(s, a)
		case core.ActRefuse:
			ms.refuse(a)
		}
	}
}

// refuse counts the limits that a user has come to.
func (ms *marks) refuse(a *core.Action) {
	switch {
	case a.Refusal == core.RefuseTooLarge:
		ms.hit(markTooLarge)
	case a.Refusal == core.RefuseBusy && a.Call != 0:
		ms.hit(markBusy)
	case a.Refusal == core.RefuseBusy:
		ms.hit(markFull)
	}
}

// send marks the frames that say something about the halves or a call.
func (ms *marks) send(s *Step, a *core.Action) {
	switch {
	case ms.wraps && a.Command == core.CALL && a.ID == 1 && s.Node.Machine != nil:
		ms.hit(markWrap)
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
			switch st, _ := s.Status(a.Peer); {
			case st.Dialling != core.Idle || st.Listening != core.Serving:
			case !st.Proven:
				ms.hit(markUnanswered)
			case st.Pending > 0:
				ms.hit(markOutlived)
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
	core.DropNetwork: markNetwork, core.DropNotJoined: markNotJoined, core.DropPeersMax: markFull, core.DropOversize: markOversize,
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

// serve counts what goes with requests.
func (ms *marks) serve(a *core.Action) {
	if len(a.Head) > 0 {
		ms.hit(markHead)
	}
	if a.Left != 0 {
		ms.hit(markLeft)
	}
}

// result counts what goes with replies, and the ways in which a call can go wrong.
func (ms *marks) result(a *core.Action) {
	if len(a.Head) > 0 {
		ms.hit(markReplyHead)
	}
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
	if ms.peersMax > 0 {
		ms.room(s)
	}
	if s.Event.Kind == core.EvFrame && s.Event.Command == core.PART && s.Node.Machine != nil {
		if st, ok := s.Node.Machine.Status(s.Event.Peer); ok {
			ms.part(s.Event, &st)
		}
	}
}

// room notes whether a step is about a peer that a full table of peers does not know.
func (ms *marks) room(s *Step) {
	ms.makesRoom = false
	if m := s.Node.Machine; m != nil && s.Event.Peer != "" {
		_, known := m.Status(s.Event.Peer)
		ms.makesRoom = !known && m.Stats().Peers >= ms.peersMax
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
