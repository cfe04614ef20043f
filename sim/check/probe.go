package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PROTOCOL 3.4: "To a peer that is not known as ours a TICK goes first if it may serve
// us already, and JOIN follows only when it does not answer".
//
// probes is the half of P6 that is about a peer that has not answered this life of the
// node: it may serve an earlier one. What the node has heard is taken generously, since
// the machine may have forgotten it.
type probes struct{ perPeer[probe] }

// probe is what passed between a node and a peer.
type probe struct {
	answered bool      // the peer has said something on a dial of this life
	asked    core.Link // the last dial that a TICK went out on
}

// step looks at the JOINs of a step.
func (c *probes) step(s *Step) string {
	n, ev := s.Node, s.Event
	if ev.Kind == core.EvFrame && ev.Link.Half == core.Dialling && ev.Command != core.PART {
		c.of(n, ev.Peer).answered = true
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Link.Half != core.Dialling {
			continue
		}
		switch p := c.of(n, a.Peer); a.Command {
		case core.TICK:
			p.asked = a.Link
		case core.JOIN:
			if st, _ := s.Status(a.Peer); !st.Ours && !p.answered && p.asked != a.Link {
				return fmt.Sprintf("%s sends JOIN to %s on %v, which may serve it already, and has not asked by TICK", n.Name, a.Peer, a.Link)
			}
		}
	}
	return ""
}
