package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.11: "The driver of a callee learns, once, that nobody gets the reply to a
// request any more"
//
// gone is P22. The driver is told once that nobody waits for a handler; where its caller
// has not taken the call back (P17), then because the caller is gone, for a reason that is so: it
// has left, has told another incarnation, has lost the only link that could bring the
// reply, or is not there any more. It is told so in the step that shows it.
type gone struct {
	tally
	*ledger // which other checkers share
}

func newGone(l *ledger) *gone { return &gone{ledger: l} }

func (*gone) Property() report.Property { return PropGone }

// Looks names the steps that have something for it.
func (*gone) Looks() Looks {
	return OnEvents(core.EvLinkLost) | OnCommands(core.PART, core.STAY, core.MEET) | OnActions(core.ActCancel)
}

func (c *gone) Step(_ World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil {
		return ""
	}
	for i := 0; i < len(s.Actions) && s.does(core.ActCancel); i++ {
		act := &s.Actions[i]
		if act.Kind != core.ActCancel {
			continue
		}
		c.judge()
		r := a.withTicket(act.Ticket)
		switch {
		case r == nil:
			return fmt.Sprintf("%s tells a handler that does not run that nobody waits for it", s.Node.Name)
		case !r.wants:
			return fmt.Sprintf("%s tells the handler of CAST %d of %s that nobody waits for it", s.Node.Name, r.id, r.peer)
		case r.cancels > 1:
			return fmt.Sprintf("%s tells the handler of CALL %d of %s a second time that nobody waits for it", s.Node.Name, r.id, r.peer)
		case act.Cause == 0: // P17
		case !a.isGone(s, r, act.Cause):
			return fmt.Sprintf("%s tells the handler of CALL %d of %s, by %v, that its caller is gone (%v), and it is not", s.Node.Name, r.id, r.peer, r.link, act.Cause)
		}
	}
	return a.untold(s)
}

// isGone says whether the caller of a request is gone for that reason.
func (a *account) isGone(s *Step, r *request, why core.Cause) bool {
	ev := s.Event
	st, _ := s.Status(r.peer)
	switch why {
	case core.CauseParted:
		return ev.Kind == core.EvFrame && ev.Command == core.PART && ev.Link == r.link && reasonOf(ev.Body) == reasonLeaving
	case core.CauseLost:
		return a.of(r.peer).on(r.link).incarnation == 0 && !carries(st, r.link)
	case core.CauseRestarted:
		return r.life != 0 && !a.leadsTo(st, r)
	case core.CauseUnreachable: // its JOIN may come in the very step in which it is given up
		return !st.Active || ev.Peer == r.peer
	}
	return false
}

// leadsTo says whether a link is up that leads to the life of a peer that has asked, as far
// as it has told.
func (a *account) leadsTo(st *core.PeerStatus, r *request) bool {
	in := a.of(r.peer)
	return carries(st, st.DiallingLink) && in.on(st.DiallingLink).incarnation == r.life ||
		carries(st, st.ListeningLink) && in.on(st.ListeningLink).incarnation == r.life
}

// untold looks for a handler whose caller this step has shown to be gone, and that has
// not been told.
func (a *account) untold(s *Step) string {
	ev := s.Event
	if len(a.requests) == 0 || s.Node.Machine.Stopped() || dropped(s) {
		return ""
	}
	leaves := ev.Kind == core.EvFrame && ev.Command == core.PART && reasonOf(ev.Body) == reasonLeaving
	tells := ev.Kind == core.EvFrame && (ev.Command == core.MEET || ev.Command == core.STAY)
	lost := ev.Kind == core.EvLinkLost
	if !leaves && !tells && !lost {
		return ""
	}
	for i := range a.requests {
		r := &a.requests[i]
		if r.peer != ev.Peer || !r.wants || r.cancels > 0 {
			continue
		}
		st, known := s.Status(r.peer)
		if !known {
			continue
		}
		why := ""
		switch {
		case leaves && ev.Link == r.link:
			why = "which leaves"
		case lost && ev.Link == r.link && r.life == 0 && a.of(r.peer).on(r.link).incarnation == 0:
			why = "whose only link is lost"
		case tells && r.life != 0 && a.of(r.peer).on(ev.Link).incarnation != 0 && !a.leadsTo(st, r):
			why = "which is another life now"
		}
		if why != "" {
			return fmt.Sprintf("%s does not tell the handler of CALL %d of %s, by %v, that nobody waits for it: its caller is %s, %s", s.Node.Name, r.id, r.peer, r.link, r.peer, why)
		}
	}
	return ""
}
