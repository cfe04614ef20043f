package check

import (
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.8: "WITH and VOID go to a peer that has offered them on that link, by STAY or
// MEET"
//
// heads is P21. What goes with a request or a reply is what its user gave, or nothing; it
// is nothing where the peer has not offered to read it, and is not where it surely has. The
// time that is left, as a CALL tells it, is what is left of its call at that moment, be it the first
// CALL or one more; a handler is told what the frame told.
type heads struct {
	tally
	*ledger // which other checkers share
}

func newHeads(l *ledger) *heads { return &heads{ledger: l} }

func (*heads) Property() report.Property { return PropHeads }

// Looks names the steps that have something for it. Of other frames than requests and
// replies only those count that have a head.
func (*heads) Looks() Looks {
	return OnCommands(core.WITH) | OnActions(core.ActServe, core.ActResult) | OnSent(core.CALL, core.CAST, core.BACK, core.WITH)
}

func (c *heads) Step(w World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil {
		if s.Event.Kind == core.EvFrame && s.Event.Command == core.WITH && w.Honest() {
			return fmt.Sprintf("%s, an old peer, is sent a WITH by %s", s.Node.Name, s.Event.Peer)
		}
		return ""
	}
	for i := range s.Actions {
		act := &s.Actions[i]
		wrong := ""
		switch act.Kind {
		case core.ActSend:
			wrong = c.sent(s, a, act)
		case core.ActServe:
			wrong = c.served(w, s, act)
		case core.ActResult:
			wrong = c.result(w, s, a, act)
		}
		if wrong != "" {
			return fmt.Sprintf("%s: %v of %v, %s, with the head %x and %d left, %s",
				s.Node.Name, act.Kind, act.Command, act.Peer, act.Head, act.Left, wrong)
		}
	}
	return ""
}

// sent holds the head of a frame against what its user gave.
func (c *heads) sent(s *Step, a *account, act *core.Action) string {
	given, left := c.given(s, a, act)
	if len(given) == 0 && left == 0 {
		return unless(act.OnWire() == act.Command, "though none was given")
	}
	t := a.of(act.Peer).earlier(act.Link, s.N)
	c.judge()
	switch {
	case act.OnWire() != core.WITH:
		return unless(!t.sure || t.at == s.N || !t.knows(bitHeads), "though the peer reads heads")
	case !t.knows(bitHeads):
		return "though the peer has not offered to read one"
	case !slices.Equal(act.Head, given):
		return fmt.Sprintf("where %x was given", given)
	case act.Left != left:
		return fmt.Sprintf("where it waits for %d", left)
	}
	return ""
}

// given returns what should go with a frame.
func (c *heads) given(s *Step, a *account, act *core.Action) (head []byte, left core.Left) {
	switch ev := s.Event; {
	case act.Command == core.CAST && ev.Kind == core.EvCast, act.Command == core.BACK && ev.Kind == core.EvReply:
		return ev.Head, 0
	case act.Command == core.CALL && len(act.Method) > 0:
		if call := a.withID(act.ID); call != nil {
			if call.tell {
				left = core.LeftUntil(call.deadline, a.now)
			}
			return call.head, left
		}
	}
	return nil, 0
}

// served holds what a handler is told against the frame, and that against what the caller
// gave.
func (c *heads) served(w World, s *Step, act *core.Action) string {
	ev := s.Event
	if !slices.Equal(act.Head, ev.Head) || act.Left != ev.Left {
		return fmt.Sprintf("where the frame has %x, and %d", ev.Head, ev.Left)
	}
	if len(act.Head) == 0 || !w.Honest() {
		return ""
	}
	c.judge()
	call := callOf(ev)
	return unless(call == 0 || c.ledger.heads[call] == string(act.Head), "which the caller has not given")
}

// result holds what a caller is told against the frame, and that against what the callee
// has given.
func (c *heads) result(w World, s *Step, a *account, act *core.Action) string {
	ev := s.Event
	switch act.Outcome {
	case core.Replied, core.Failed, core.Unserved:
		if !slices.Equal(act.Head, ev.Head) {
			return fmt.Sprintf("where the frame has %x", ev.Head)
		}
	default:
		return unless(len(act.Head) == 0, "though no reply has come in")
	}
	call := a.named(act.Call)
	if len(act.Head) == 0 || call == nil || call.number == 0 || !w.Honest() || w.Strayed(s.Node, act.Peer) || s.Node.Repeats {
		return ""
	}
	c.judge()
	so := c.ledger.might(call.number, act.Peer, func(m *answer) bool { return slices.Contains(m.heads, string(act.Head)) })
	return unless(so, "which the callee has not given")
}
