package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PROTOCOL 3.6: "If the STAY can't be sent, the JOIN changed nothing."
//
// undone is the half of P8 that is about that: the state after the refusal is compared
// with that of a clone for which only time has passed. Where the JOIN has ended a dial
// or sent calls, or may have made room for its peer, what follows is not nothing.
type undone struct {
	node int       // index of the node whose step a JOIN was last
	peer string    // whose JOIN; empty: there is none to be taken back
	link core.Link // that it came by
	// What its undoing has to leave: a clone for which only time has passed. Mostly the STAY
	// is sent, so that it is written down only where it is not.
	passed       *core.Machine
	state, after []byte // scratch: the states of passed, and of the machine itself
}

// before keeps what the JOIN of a step has to leave if it is undone.
func (c *undone) before(s *Step) {
	n, ev := s.Node, s.Event
	if ev.Kind == core.EvSendRefused && c.node == n.Index {
		return
	}
	c.peer = ""
	if ev.Kind != core.EvFrame || ev.Command != core.JOIN || n.Machine.Stopped() {
		return
	}
	m := n.Machine.Clone()
	m.Step(nil, &core.Event{Kind: core.EvTimeout, At: ev.At})
	if m.Stats().Peers >= m.Config().Limits.PeersMax {
		return // another peer may be forgotten for this one
	}
	c.node, c.peer, c.link = n.Index, ev.Peer, ev.Link
	c.passed = m
}

// step looks at what a JOIN did, and at its undoing.
func (c *undone) step(s *Step) string {
	n, ev := s.Node, s.Event
	if c.peer == "" || c.node != n.Index {
		return ""
	}
	if ev.Kind != core.EvSendRefused {
		for i := range s.Actions {
			a := &s.Actions[i]
			if a.Kind == core.ActHangUp || a.Kind == core.ActSend && a.Command == core.CALL {
				c.peer = ""
			}
		}
		return ""
	}
	if ev.Command != core.STAY || ev.Peer != c.peer || ev.Link != c.link {
		return ""
	}
	c.peer = ""
	c.state = c.passed.AppendState(c.state[:0])
	c.after = n.Machine.AppendState(c.after[:0])
	if bytes.Equal(c.state, c.after) {
		return ""
	}
	return fmt.Sprintf("%s changed its state on a JOIN of %s on %v, though the STAY could not be sent", n.Name, ev.Peer, ev.Link)
}
