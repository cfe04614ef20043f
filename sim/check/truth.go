package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 7.4: "Every call ends once, no later than its timeout, with exactly one
// outcome for each addressed peer."
//
// truth is P13: that outcome is one which what has happened allows. An answer has
// come in by this very step, is of that kind, and is what the callee has answered;
// the others each have the event that they speak of.
type truth struct {
	tally
	*ledger // which other checkers share
}

func newTruth(l *ledger) *truth { return &truth{ledger: l} }

func (*truth) Property() report.Property { return PropTruth }

// Looks names the steps that have something for it.
func (*truth) Looks() Looks {
	return OnEvents(core.EvDisconnect, core.EvCancel) | OnActions(core.ActResult)
}

func (c *truth) Step(w World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil {
		return ""
	}
	if wrong := lasts(s, a); wrong != "" || !s.does(core.ActResult) {
		return wrong
	}
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind != core.ActResult {
			continue
		}
		call := a.named(act.Call)
		if call == nil {
			continue // P4 is about that
		}
		c.judge()
		if wrong := c.result(w, s, a, call, act); wrong != "" {
			return fmt.Sprintf("%s ended call k#%d for %s with %v, %s", s.Node.Name, act.Call, act.Peer, act.Outcome, wrong)
		}
	}
	return ""
}

// PROTOCOL 9.3: "Disconnecting forgets the address, sends PART on both halves, hangs up,
// and ends the calls to that peer."
//
// lasts looks for a call that goes on though its user has just ended it, or the
// connection to a peer that it waits for.
func lasts(s *Step, a *account) string {
	ev := s.Event
	if ev.Kind != core.EvDisconnect && ev.Kind != core.EvCancel {
		return ""
	}
	for i := range s.Actions {
		if act := &s.Actions[i]; act.Kind == core.ActRefuse && act.Call == ev.Call && act.Peer == ev.Peer {
			return ""
		}
	}
	for _, call := range a.calls {
		r := call.row(ev.Peer)
		switch {
		case ev.Kind == core.EvCancel && call.call == ev.Call && !call.over:
			return fmt.Sprintf("%s goes on with call k#%d, which its user has given up", s.Node.Name, call.call)
		case ev.Kind == core.EvDisconnect && r != nil && r.pending():
			return fmt.Sprintf("%s goes on waiting for the answer of %s to call k#%d, though its user has disconnected it", s.Node.Name, ev.Peer, call.call)
		}
	}
	return ""
}

// result says what is untrue about an outcome, or "".
func (c *truth) result(w World, s *Step, a *account, call *asked, act *core.Action) string {
	ev, r := s.Event, call.row(act.Peer)
	if act.Outcome == core.NotConnected {
		return notConnected(ev, a.of(act.Peer), r, act)
	}
	if r == nil {
		return "though nothing was sent to it"
	}
	switch act.Outcome {
	case core.Replied, core.Failed, core.Unserved:
		return c.answered(w, s, call, act)
	case core.Silent:
		if a.now < call.deadline {
			return fmt.Sprintf("%v before its deadline", call.deadline.Sub(a.now))
		}
	case core.Refused:
		if ev.Kind != core.EvSendRefused || ev.Command != core.CALL || ev.ID != call.id || ev.Peer != act.Peer ||
			ev.Link != r.way.link || ev.Cause != act.Cause || r.sent != 1 {
			return fmt.Sprintf("though no first CALL to it was refused (%v)", act.Cause)
		}
	case core.Restarted:
		return c.restarted(w, s, a, call, r)
	case core.Disconnected:
		return unless(ev.Kind == core.EvDisconnect && ev.Peer == act.Peer, "though the user has not disconnected it")
	case core.Canceled:
		return unless(ev.Kind == core.EvCancel && ev.Call == act.Call, "though the user has not given it up")
	case core.Closed:
		return unless(ev.Kind == core.EvStop, "though the node does not close")
	}
	return ""
}

// unless returns what is wrong where something does not hold.
func unless(holds bool, wrong string) string {
	if holds {
		return ""
	}
	return wrong
}

// PROTOCOL 7.3: "A call goes once to each addressed peer that is active"
func notConnected(ev *core.Event, in *introduction, r *askedPeer, act *core.Action) string {
	switch {
	case ev.Kind != core.EvCall || ev.Call != act.Call:
		return "after it has begun"
	case r != nil:
		return "though it was sent a CALL"
	case in.up:
		return "though it is active"
	}
	return ""
}

// PROTOCOL 7.7: "A BACK without an error text: the peer could not run it."
//
// answered holds an answer against the BACK that this step got, and that against what
// the callee has made of the call.
func (c *truth) answered(w World, s *Step, call *asked, act *core.Action) string {
	ev := s.Event
	if ev.Kind != core.EvFrame || ev.Command != core.BACK || ev.Peer != act.Peer {
		return "though no BACK of it came in"
	}
	back, _, ok := core.ParsePayload(core.BACK, ev.Body)
	is := core.Replied
	switch {
	case !ok || back.ID != call.id:
		return "though the BACK is of another call"
	case !bytes.Equal(back.Method, call.method):
		return fmt.Sprintf("though the BACK is of %s", back.Method)
	case !back.HasErr:
		is = core.Unserved
	case len(back.Err) > 0:
		is = core.Failed
	}
	if act.Outcome != is {
		return fmt.Sprintf("where the BACK says %v", is)
	}
	if is == core.Failed && !bytes.Equal(act.Err, back.Err) || is == core.Replied && !bytes.Equal(act.Body, back.Rest) {
		return fmt.Sprintf("%q, where the BACK says %q", append(act.Err, act.Body...), append(back.Err, back.Rest...))
	}
	if call.number == 0 || !w.Honest() || w.Strayed(s.Node, act.Peer) || s.Node.Repeats {
		return ""
	}
	gave := func(m *answer) bool {
		switch is {
		case core.Replied:
			return m.replied
		case core.Failed:
			return m.said(back.Err)
		}
		return m.old && len(m.texts) > 0 // the double of an old peer says so by no text
	}
	if !c.ledger.might(call.number, act.Peer, gave) && !c.ledger.mixesUp(act.Peer, s.Node.Called, call.id, func(call uint64) bool {
		return c.ledger.might(call, act.Peer, gave)
	}) {
		return fmt.Sprintf("%q, which is not what it has made of it", back.Err)
	}
	return ""
}

// PROTOCOL 8.3: "A call sent to another incarnation than the present one ends with an
// error that says: restarted, may have run."
//
// restarted demands that the peer has told another incarnation than the one which was
// asked, and that it has not said that it passed the only CALL over, in the life that it
// still has: that one has not run. It says so by STAY, which it may have had no occasion to
// send: while it serves the callee's dial, the caller does not join again. Nor has it to know of
// a caller any more that was away for SERVE_TIME by its clock (PROTOCOL 9.5). And it says so
// once, by a STAY that may be lost, come where none is awaited, or come after a late one.
func (c *truth) restarted(w World, s *Step, a *account, call *asked, r *askedPeer) string {
	in := a.of(r.peer)
	was := r.way.incarnation
	other := false
	for i := range in.told {
		now := in.told[i].incarnation
		other = other || now != 0 && now != was
	}
	if was == 0 || !other {
		return fmt.Sprintf("though it has told no other incarnation than %x", was)
	}
	if call.number == 0 || r.sent > 1 || !r.way.stayed || !w.Honest() {
		return ""
	}
	callee := w.Node(r.peer)
	if callee == nil {
		return ""
	}
	made := c.ledger.made(call.number, r.peer)
	if made.stayed == 0 || made.named && !r.way.unrun {
		return ""
	}
	if made.passed && !made.ran && !callee.Twin && callee.Life == made.life && made.stayed.Sub(made.at) < w.Timing().Serve {
		return "though it has passed the CALL over, since its link had not joined, and has said so"
	}
	return ""
}
