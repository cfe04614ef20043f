package sim

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// crossed is L3. Between peers of ours a simultaneous join resolves within one
// exchange because each end, while it waits for the answer to its own JOIN,
// answers the other's with STAY. That neither end then hangs up in vain, and that
// one orientation remains, is for P12, P2 and L1.
type crossed struct{ before core.State }

func newCrossed() *crossed { return &crossed{} }

func (*crossed) Property() Property { return PropCrossing }

// Before remembers what our own dial was up to.
func (c *crossed) Before(_ *World, s *Step) {
	c.before = core.Idle
	if n, ev := s.Node, s.Event; n.core != nil && ev.Kind == core.EvFrame && ev.Command == core.JOIN && ev.Link.Half == core.Listening {
		st, _ := n.core.Status(ev.Peer)
		if ev.Link.N >= st.ListeningLink.N {
			c.before = st.Dialling
		}
	}
}

func (c *crossed) Step(w *World, s *Step) string {
	n, ev := s.Node, s.Event
	if c.before != core.Handshake || string(ev.Body) != w.networkOf(n) {
		return ""
	}
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
