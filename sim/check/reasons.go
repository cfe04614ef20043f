package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// reason is what a PART of ours says.
type reason uint8

// PROTOCOL 6.7: "The payload of a PART of ours is a version byte (1) and a reason: 1
// not joined, 2 wrong network, 3 leaving, 4 replaced."
const (
	reasonNone reason = iota
	reasonNotJoined
	reasonNetwork
	reasonLeaving
	reasonReplaced
)

// reasonOf returns what a PART says.
func reasonOf(body []byte) reason {
	if len(body) < 2 || body[0] != 1 {
		return reasonNone
	}
	return reason(body[1])
}

// reasons is P16: a PART of ours says why, and that is so. A JOIN of another network
// gets one.
type reasons struct {
	tally
	*ledger             // which other checkers share
	namesakes namesakes // what drivers are told of links that were replaced
}

func newReasons(l *ledger) *reasons { return &reasons{ledger: l} }

func (*reasons) Property() report.Property { return PropReasons }

// Looks names the steps that have something for it.
func (*reasons) Looks() Looks {
	return OnCommands(core.JOIN, core.STAY, core.MEET) | OnSent(core.PART)
}

// Ended forgets a node's life.
func (c *reasons) Ended(w World, n *Node) {
	c.ledger.Ended(w, n)
	c.namesakes.Ended(w, n)
}

// Before looks at what a JOIN may replace.
func (c *reasons) Before(_ World, s *Step) {
	if ev := s.Event; s.Node.Machine != nil && ev.Kind == core.EvFrame && ev.Command == core.JOIN {
		c.namesakes.before(s)
	}
}

func (c *reasons) Step(_ World, s *Step) string {
	a := c.ledger.enter(s)
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	judged, wrong := c.namesakes.step(s)
	if judged {
		c.judge()
	}
	if wrong != "" || !s.says(core.PART) && ev.Command != core.JOIN {
		return wrong
	}
	parts := false
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind != core.ActSend || act.Command != core.PART {
			continue
		}
		c.judge()
		if wrong := part(s, a, act); wrong != "" {
			return fmt.Sprintf("%s sends PART %x to %s on %v, %s", n.Name, act.Body, act.Peer, act.Link, wrong)
		}
		parts = parts || act.Link == ev.Link && reasonOf(act.Body) == reasonNetwork
	}
	// PROTOCOL 3.7: "A JOIN of another network always gets PART, with the reason wrong
	// network."
	if ev.Kind == core.EvFrame && ev.Command == core.JOIN && ev.Link.Half == core.Listening && !parts &&
		string(ev.Body) != n.Network && core.LegalName(ev.Peer) && ev.Peer != n.Called && !n.Machine.Stopped() {
		return fmt.Sprintf("%s does not tell %s on %v that %q is another network than its own", n.Name, ev.Peer, ev.Link, ev.Body)
	}
	return ""
}

// part says what is untrue about a PART, or "".
func part(s *Step, a *account, act *core.Action) string {
	ev := s.Event
	answer := ev.Kind == core.EvFrame && ev.Peer == act.Peer && ev.Link == act.Link && act.Link.Half == core.Listening
	switch reasonOf(act.Body) {
	case reasonNotJoined:
		// PROTOCOL 2.5: "TICK, CALL, CAST or BACK on a listening link that has not joined
		// gets PART with the reason not joined"
		switch ev.Command {
		case core.TICK, core.CALL, core.CAST, core.BACK:
			if st, _ := s.Status(act.Peer); answer && !carries(st, act.Link) {
				return ""
			}
		}
		return fmt.Sprintf("not joined, for a %v on %v", ev.Command, ev.Link)
	case reasonNetwork:
		return unless(answer && ev.Command == core.JOIN && string(ev.Body) != s.Node.Network, "wrong network, and no JOIN of another one came in there")
	case reasonLeaving:
		return unless(ev.Kind == core.EvStop || ev.Kind == core.EvDisconnect && ev.Peer == act.Peer, "leaving, and nobody leaves")
	case reasonReplaced:
		return replaced(s, a, act)
	}
	return "which is no reason"
}

// PROTOCOL 2.7: "The older one gets PART with the reason replaced, and is hung up"
func replaced(s *Step, a *account, act *core.Action) string {
	switch j := a.of(act.Peer).before(s.N); {
	case act.Link.Half != core.Listening || pack(act.Link) != j.former:
		return fmt.Sprintf("replaced, where %v has replaced %v", j.joined, j.former)
	case s.Event.Kind == core.EvSendRefused:
		return "replaced, before it is known that the STAY was taken"
	}
	for i := range s.Actions {
		if h := &s.Actions[i]; h.Kind == core.ActHangUp && h.Peer == act.Peer && h.Link == act.Link {
			return ""
		}
	}
	return "replaced, and does not hang it up"
}
