package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 3.5: "A JOIN of the right network always gets STAY and makes the listening
// half serve at once"
//
// crossed is L3. Between peers of ours a simultaneous join resolves within one
// exchange because each end, while it waits for the answer to its own JOIN,
// answers the other's with STAY. That neither end then hangs up in vain, and that
// one orientation remains, is for P12, P2 and L1.
type crossed struct {
	tally
	before core.State // of our dial to the peer whose JOIN is coming; Idle if none is
}

func newCrossed() *crossed { return &crossed{} }

func (*crossed) Property() report.Property { return PropCrossing }

// Looks names the steps that have something for it.
func (*crossed) Looks() Looks { return OnCommands(core.JOIN) }

// Before remembers what our own dial was up to.
func (c *crossed) Before(_ World, s *Step) {
	c.before = core.Idle
	if n, ev := s.Node, s.Event; n.Machine != nil && ev.Kind == core.EvFrame && ev.Command == core.JOIN && ev.Link.Half == core.Listening {
		st, _ := n.Machine.Status(ev.Peer)
		// A JOIN of an older link is stale, whatever our dial is up to.
		if ev.Link.N >= st.ListeningLink.N {
			c.before = st.Dialling
		}
	}
}

func (c *crossed) Step(w World, s *Step) string {
	n, ev := s.Node, s.Event
	if c.before != core.Handshake || string(ev.Body) != n.Network {
		return ""
	}
	c.judge()
	for i := range s.Actions {
		switch a := &s.Actions[i]; {
		case a.Kind == core.ActSend && a.Command == core.STAY && a.Link == ev.Link:
			return ""
		case a.Kind == core.ActDrop && a.Drop == core.DropStale:
			return "" // the link is gone already
		}
	}
	return fmt.Sprintf("%s has sent JOIN to %s, whose own JOIN on %v crosses it, and does not say STAY", n.Name, ev.Peer, ev.Link)
}
