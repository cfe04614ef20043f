package stream

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// mark is something that has to happen sometimes.
type mark uint8

const (
	markCutGreeting mark = iota
	markCutNullReady
	markCutHello
	markCutWelcome
	markCutInitiate
	markCutAdmission
	markCutCurveReady
	markCutUp
	markFlip
	markReplay
	markMangled
	markHarmless
	markStallSurvived
	markDeadline
	markTurnedAway
	markOld
	markMalformed
	markPong
	markSilence
	markLarge
	markPromise
	markTooLarge
	markRefusal
	markStranger
	markOtherMechanism
	markWindow
	markCount
)

var markNames = [markCount]string{
	markCutGreeting: "cut awaiting the greeting", markCutNullReady: "cut awaiting READY (NULL)",
	markCutHello: "cut awaiting HELLO", markCutWelcome: "cut awaiting WELCOME", markCutInitiate: "cut awaiting INITIATE",
	markCutAdmission: "cut awaiting admission", markCutCurveReady: "cut awaiting READY (CURVE)", markCutUp: "cut when up",
	markFlip: "flipped bit rejected", markReplay: "replayed bytes rejected", markMangled: "lost, doubled or added bytes rejected",
	markHarmless: "byte altered that means nothing", markStallSurvived: "stall survived",
	markDeadline: "half-open connection met its deadline", markTurnedAway: "turned away: too many handshakes",
	markOld: "ZMTP 3.0 up", markMalformed: "malformed message passed over", markPong: "PING answered",
	markSilence: "ended by silence", markLarge: "large payload handed over", markPromise: "large frame promised",
	markTooLarge: "too large a frame refused", markRefusal: "admission refused", markStranger: "wrong key refused",
	markOtherMechanism: "other mechanism refused", markWindow: "window full",
}

var cutMarks = map[string]mark{
	"greeting": markCutGreeting, "HELLO": markCutHello, "WELCOME": markCutWelcome, "INITIATE": markCutInitiate,
	"admission": markCutAdmission, "READY": markCutCurveReady, "": markCutUp,
}

func (w *world) mark(m mark) { w.marks[m]++ }

func (w *world) markCounts() report.Marks {
	counts := make(report.Marks, markCount)
	for m, name := range markNames {
		counts[m] = report.MarkCount{Name: name, Count: w.marks[m]}
	}
	return counts
}

// markSevered marks what the receiving end of a direction awaits when it is cut.
func (w *world) markSevered(c *conn, side Side) {
	e := &c.ends[side.other()]
	if e.engine == nil || !e.open {
		return
	}
	m := cutMarks[e.engine.Awaits()]
	if m == markCutCurveReady && !w.plan.Curve {
		m = markCutNullReady
	}
	w.mark(m)
}

// markFault marks why bytes were not accepted.
func (w *world) markFault(c *conn, side Side, err error) {
	p := &c.pipes[side.other()]
	switch {
	case w.plan.Curve && side == Listener && c.plan.Peer == Replayer, w.plan.Curve && p.altered >= 0 && p.by == Replay:
		w.mark(markReplay)
	case w.plan.Curve && p.altered >= 0 && p.by == Flip:
		w.mark(markFlip)
	case w.plan.Curve && p.altered >= 0:
		w.mark(markMangled)
	case errors.Is(err, zmtp.FaultTooLarge):
		w.mark(markTooLarge)
	case errors.Is(err, zmtp.FaultMechanism):
		w.mark(markOtherMechanism)
	case c.plan.Peer == Stranger:
		w.mark(markStranger)
	}
}

// markTimeout marks what time has ended.
func (w *world) markTimeout(c *conn, side Side, err error) {
	switch {
	case errors.Is(err, zmtp.FaultSilent):
		w.mark(markSilence)
	case side == Listener && (c.plan.Peer == Mute || c.plan.Peer == Greeter):
		w.mark(markDeadline)
	}
}

// markEnd marks what a connection has survived.
func (w *world) markEnd(c *conn) {
	for side := range c.pipes {
		if p := &c.pipes[side]; p.by == Stall && p.shaken && p.altered < 0 && c.ends[Dialler].open && c.ends[Listener].open {
			w.mark(markStallSurvived)
		}
	}
}
