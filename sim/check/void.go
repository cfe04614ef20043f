package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.5: "VOID tells a peer of ours that nobody waits for its reply any more:
// the call was given up or has timed out. The handler goes on; its BACK is not sent."
//
// void is P17. VOID names a call that this step gives up and that has gone to the
// peer by that link, where the peer has said that it understands it; and each such call
// has one. The driver of the callee is told to cancel that request and no other.
type void struct {
	tally
	*ledger // which other checkers share
}

func newVoid(l *ledger) *void { return &void{ledger: l} }

func (*void) Property() report.Property { return PropVoid }

// Looks names the steps that have something for it.
func (*void) Looks() Looks {
	return OnCommands(core.VOID) | OnActions(core.ActResult, core.ActCancel) | OnSent(core.VOID)
}

func (c *void) Step(_ World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil {
		return ""
	}
	cancels := false
	for i := range s.Actions {
		act := &s.Actions[i]
		wrong := ""
		switch {
		case act.Kind == core.ActSend && act.Command == core.VOID:
			c.judge()
			wrong = sentVoid(s, a, act)
		case act.Kind == core.ActCancel && act.Cause == 0: // P22 is about the others
			cancels = true
			wrong = heardVoid(s, a, act)
		case act.Kind == core.ActResult && (act.Outcome == core.Silent || act.Outcome == core.Canceled):
			wrong = unsentVoid(s, a, act)
		}
		if wrong != "" {
			return wrong
		}
	}
	if cancels || s.Node.Machine.Stopped() {
		return ""
	}
	for i := range a.requests {
		if r := &a.requests[i]; r.voidedIn == s.N && r.cancels == 0 {
			return fmt.Sprintf("%s serves CALL %d of %s, which takes it back, and does not cancel it", s.Node.Name, r.id, r.peer)
		}
	}
	return ""
}

// sentVoid holds a VOID against the calls that this step has ended.
func sentVoid(s *Step, a *account, act *core.Action) string {
	call := a.withID(act.ID)
	wrong := ""
	if call == nil {
		wrong = "which is no call of its"
	} else if r := call.row(act.Peer); r == nil {
		wrong = "which has not gone there"
	} else {
		t := a.of(act.Peer).earlier(act.Link, s.N)
		switch {
		case r.outcome == 0:
			wrong = fmt.Sprintf("though call k#%d still waits for it", call.call)
		case r.endedIn != s.N || r.outcome != core.Silent && r.outcome != core.Canceled:
			wrong = fmt.Sprintf("though call k#%d was not given up: %v", call.call, r.outcome)
		case act.Link != r.way.link:
			wrong = "which went by " + r.way.link.String()
		case !t.knows(bitVoid):
			wrong = "which has not said that it understands VOID"
		}
	}
	if wrong == "" {
		return ""
	}
	return fmt.Sprintf("%s sends VOID %d to %s on %v, %s", s.Node.Name, act.ID, act.Peer, act.Link, wrong)
}

// unsentVoid demands a VOID for a call that was given up, if its link is still there
// and both ends have met on it.
func unsentVoid(s *Step, a *account, act *core.Action) string {
	call := a.named(act.Call)
	if call == nil {
		return ""
	}
	r := call.row(act.Peer)
	if r == nil || r.way.unjoined || r.excused {
		return ""
	}
	t := a.of(act.Peer).on(r.way.link)
	if st, _ := s.Status(act.Peer); !t.sure || t.at == s.N || !t.offers(bitVoid) || !carries(st, r.way.link) {
		return ""
	}
	for i := range s.Actions {
		if v := &s.Actions[i]; v.Kind == core.ActSend && v.Command == core.VOID && v.Peer == act.Peer && v.ID == call.id {
			return ""
		}
	}
	return fmt.Sprintf("%s gives call k#%d up and does not tell %s on %v", s.Node.Name, act.Call, act.Peer, r.way.link)
}

// heardVoid holds an ActCancel against the VOID that came in.
func heardVoid(s *Step, a *account, act *core.Action) string {
	ev := s.Event
	head, ok, _ := core.ParsePayload(core.VOID, ev.Body)
	if ok && ev.Kind == core.EvFrame && ev.Command == core.VOID {
		for i := range a.requests {
			r := &a.requests[i]
			if r.ticket == act.Ticket && r.peer == ev.Peer && r.id == head.ID && r.wants && r.voidedIn == s.N {
				return ""
			}
		}
	}
	return fmt.Sprintf("%s cancels a request at a %v %d of %s that does not take it back", s.Node.Name, ev.Command, head.ID, ev.Peer)
}
