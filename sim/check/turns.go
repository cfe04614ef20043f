package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 1.5 says which end of a link a command comes from, and what it answers.
//
// turns is P18. The dialler says JOIN and TICK; the listener says STAY, TOCK and MEET,
// and each of these to the frame that it answers.
type turns struct{ tally }

func newTurns() *turns { return &turns{} }

func (*turns) Property() report.Property { return PropTurns }

// Looks names the steps that have something for it.
func (*turns) Looks() Looks {
	return OnSent(core.JOIN, core.TICK, core.STAY, core.TOCK, core.MEET)
}

func (c *turns) Step(_ World, s *Step) string {
	if s.Node.Machine == nil {
		return ""
	}
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind != core.ActSend {
			continue
		}
		var of core.Command // that it answers
		switch act.Command {
		case core.JOIN, core.TICK:
			c.judge()
			if act.Link.Half != core.Dialling {
				return fmt.Sprintf("%s sends %v to %s on %v, which it has not dialled", s.Node.Name, act.Command, act.Peer, act.Link)
			}
			continue
		case core.STAY:
			of = core.JOIN
		case core.TOCK:
			of = core.TICK
		case core.MEET:
			if act.Link.Half == core.Dialling {
				continue
			}
			of = core.MEET
		default:
			continue
		}
		c.judge()
		if !answersFrame(s, act, of) {
			return fmt.Sprintf("%s sends %v %x to %s on %v, which answers no %v there", s.Node.Name, act.Command, act.Body, act.Peer, act.Link, of)
		}
	}
	return ""
}

// answersFrame says whether a frame of a listener answers the one that came in.
//
// PROTOCOL 4.3: "TICK is answered by TOCK with the same payload"
func answersFrame(s *Step, act *core.Action, of core.Command) bool {
	ev := s.Event
	switch {
	case act.Link.Half != core.Listening, ev.Kind != core.EvFrame, ev.Command != of, ev.Peer != act.Peer, ev.Link != act.Link:
		return false
	case of == core.JOIN:
		return string(ev.Body) == s.Node.Network
	case of == core.TICK:
		return bytes.Equal(ev.Body, act.Body)
	}
	return true
}
