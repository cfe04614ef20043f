package stream

import (
	"errors"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// mark is something that has to happen sometimes: a batch of runs in which one of
// them never does is vacuous in that respect.
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

// cutMarks are the marks of a cut by what the reading end awaits: see
// zmtp.Conn.Awaits.
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

// markSevered marks what the reading end awaits when its pipe is cut.
func (p *pipe) markSevered() {
	w, e := p.conn.world, p.reader()
	if e.engine == nil || !e.open {
		return
	}
	m := cutMarks[e.engine.Awaits()]
	if m == markCutCurveReady && !w.plan.Curve {
		m = markCutNullReady
	}
	w.mark(m)
}

// markFault marks why the engine did not accept bytes.
func (e *end) markFault(err error) {
	w, peer, h := e.conn.world, e.conn.plan.Peer, &e.incoming().harm
	switch {
	case w.plan.Curve && e.side == Listening && peer == Replayer, w.plan.Curve && h.altered >= 0 && h.latest == Replay:
		w.mark(markReplay)
	case w.plan.Curve && h.altered >= 0 && h.latest == Flip:
		w.mark(markFlip)
	case w.plan.Curve && h.altered >= 0:
		w.mark(markMangled)
	case errors.Is(err, zmtp.FaultTooLarge):
		w.mark(markTooLarge)
	case errors.Is(err, zmtp.FaultMechanism):
		w.mark(markOtherMechanism)
	case peer == Stranger:
		w.mark(markStranger)
	}
}

// markTimeout marks an end that time has ended.
func (e *end) markTimeout(err error) {
	w, peer := e.conn.world, e.conn.plan.Peer
	switch {
	case errors.Is(err, zmtp.FaultSilent):
		w.mark(markSilence)
	case e.side == Listening && (peer == Mute || peer == Greeter):
		w.mark(markDeadline)
	}
}

// markSurvived marks a connection that is still there behind a stall.
func (c *conn) markSurvived() {
	open := c.ends[Dialling].open && c.ends[Listening].open
	for i := range c.pipes {
		if h := &c.pipes[i].harm; open && h.latest == Stall && h.disturbed && h.altered < 0 {
			c.world.mark(markStallSurvived)
		}
	}
}
