package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 7.8: "A BACK goes by the link of its CALL; if that is gone and the peer
// speaks our extensions, by the other half."
//
// answers is P14. A request gets one answer, when its handler ends and as that has
// ended; one that is not run is answered at once. None is sent to a CAST, or after a
// VOID, and none is kept back while the link of its CALL is there.
type answers struct {
	tally
	*ledger // which other checkers share
}

func newAnswers(l *ledger) *answers { return &answers{ledger: l} }

func (*answers) Property() report.Property { return PropAnswers }

// Looks names the steps that have something for it.
func (*answers) Looks() Looks {
	return OnEvents(core.EvReply) | OnActions(core.ActDrop) | OnSent(core.BACK)
}

func (c *answers) Step(w World, s *Step) string {
	a := c.ledger.enter(s)
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	if wrong := unreadable(w, s); wrong != "" || !s.says(core.BACK) && ev.Kind != core.EvReply {
		return wrong
	}
	answered := false
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind != core.ActSend || act.Command != core.BACK {
			continue
		}
		c.judge()
		wrong := ""
		switch {
		case answered:
			wrong = "in the same step as another one"
		case ev.Kind == core.EvReply:
			wrong = c.reply(s, a, act)
		case ev.Kind == core.EvFrame && ev.Command == core.CALL:
			wrong = turnedDown(s, a, act)
		default:
			wrong = "though no handler has ended"
		}
		if wrong != "" {
			return fmt.Sprintf("%s sends BACK %d to %s on %v, %s", n.Name, act.ID, act.Peer, act.Link, wrong)
		}
		answered = true
	}
	if ev.Kind != core.EvReply || answered || n.Machine.Stopped() {
		return ""
	}
	// A VOID of one whose caller had told nothing shows in nothing if its handler had been told
	// before.
	if r := &a.finished; r.wants && !r.voided && (r.life != 0 || r.cancels == 0) {
		if st, known := s.Status(r.peer); known && carries(st, r.link) {
			return fmt.Sprintf("%s has served CALL %d of %s, and sends no answer on %v, which is there", n.Name, r.id, r.peer, r.link)
		}
	}
	return ""
}

// PROTOCOL 10.2: "What has no decodable id, or id zero, is dropped and counted."
//
// unreadable looks for a frame that has come in as it was sent, and was not understood:
// what one machine has written another one can read.
func unreadable(w World, s *Step) string {
	if !s.does(core.ActDrop) || !w.Honest() {
		return ""
	}
	for i := range s.Actions {
		if act := &s.Actions[i]; act.Kind == core.ActDrop && act.Drop == core.DropUndecodable {
			return fmt.Sprintf("%s can't read a %v of %s on %v, which has arrived as it was sent: %x", s.Node.Name, act.Command, act.Peer, act.Link, s.Event.Body)
		}
	}
	return ""
}

// reply holds a BACK against the request whose handler has ended.
func (c *answers) reply(s *Step, a *account, act *core.Action) string {
	ev, r := s.Event, &a.finished
	switch {
	case r.ticket == 0 || act.Peer != r.peer || act.ID != r.id:
		return fmt.Sprintf("where CALL %d of %s was served", r.id, r.peer)
	case !r.wants:
		return "which answers a CAST"
	case r.voided:
		return "which the caller has taken back"
	case !bytes.Equal(act.Method, ev.Method) || !bytes.Equal(act.Err, ev.Err) || len(ev.Err) == 0 && !bytes.Equal(act.Body, ev.Body):
		return "with another answer than its handler's"
	case act.Link == r.link:
		return ""
	}
	t := a.of(r.peer).on(act.Link)
	if !t.offers(bitAtMostOnce) {
		return "on which the peer has told nothing of itself, for a CALL of " + r.link.String()
	}
	if r.life != 0 && t.incarnation != r.life {
		return fmt.Sprintf("on which the peer is another incarnation than the one that has asked, %x", r.life)
	}
	if st, _ := s.Status(r.peer); carries(st, r.link) {
		return "though its CALL came by " + r.link.String() + ", which is there"
	}
	return ""
}

// turnedDown holds a BACK against the CALL that came in.
func turnedDown(s *Step, a *account, act *core.Action) string {
	ev := s.Event
	head, _, _ := core.ParsePayload(core.CALL, ev.Body)
	switch {
	case act.Peer != ev.Peer || act.Link != ev.Link || act.ID != head.ID || len(act.Err) == 0:
		return fmt.Sprintf("%q, where CALL %d of %s came in", act.Err, head.ID, ev.Peer)
	}
	// Two incarnations of one name, on two links, may each have a CALL with that id.
	if r := a.running(ev.Peer, head.ID); r != nil {
		in := a.of(ev.Peer)
		if here, there := in.on(act.Link), in.on(r.link); r.link == act.Link || here.sure && there.sure && here.incarnation == there.incarnation {
			return "whose handler still runs"
		}
	}
	for i := range s.Actions {
		d := &s.Actions[i]
		if d.Kind != core.ActDrop || d.Link != ev.Link {
			continue
		}
		switch d.Drop {
		case core.DropUndecodable, core.DropOversize, core.DropDuplicate, core.DropOverload:
			return ""
		}
	}
	return "though nothing is wrong with the CALL"
}
