package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// timers is P9. The order of timers and their being disarmed are the machine's own
// business, and tested there; from outside it shows whether a step leaves one
// behind that was due. Only the limit of timers a step excuses that: n steps in a row
// that leave some have handled n times as many.
type timers struct {
	tally
	nodes []leftover // by index of the node
	armed int        // timers that the node had before this step, if one was due
}

// leftover is the latest steps of a node, as far as they left timers behind.
type leftover struct {
	at    core.Instant // of the steps
	steps int          // how many there were
	armed int          // timers that were armed before the first of them
}

func newTimers() *timers { return &timers{} }

func (*timers) Property() report.Property { return PropTimers }

// Before counts the timers if one is due: it is not cheap.
func (c *timers) Before(_ World, s *Step) {
	if m := s.Node.Machine; m != nil && m.Deadline() <= s.Event.At {
		c.armed = m.Stats().Timers
	}
}

func (c *timers) Step(_ World, s *Step) string {
	n, at := s.Node, s.Event.At
	// A refused send is fed back in the middle of a step, so to speak: no timer is handled.
	if n.Machine == nil || n.Machine.Stopped() || s.Event.Kind == core.EvSendRefused {
		return ""
	}
	for len(c.nodes) <= n.Index {
		c.nodes = append(c.nodes, leftover{})
	}
	l := &c.nodes[n.Index]
	d := s.deadline
	if d > at {
		l.steps = 0
		return ""
	}
	if l.steps == 0 || l.at != at {
		*l = leftover{at: at, armed: c.armed}
	}
	l.steps++
	c.judge()
	if l.steps*n.Machine.Config().Limits.TimersStepMax < l.armed {
		return ""
	}
	return fmt.Sprintf("%s stepped at %d of its clock and left a timer of %d unhandled", n.Name, at, d)
}

// Ended forgets a node's life.
func (c *timers) Ended(_ World, n *Node) {
	if n.Index < len(c.nodes) {
		c.nodes[n.Index] = leftover{}
	}
}

// bounds is P10. Tables only grow by what steps add, so that a look now and
// then sees every excess that lasts.
type bounds struct {
	tally
	shares shares // of the requests that are served
}

func newBounds() *bounds { return &bounds{} }

func (*bounds) Property() report.Property { return PropBounded }

// timersPerPeerMax is above what the two halves of a peer, their calls apart, have
// timers for.
const timersPerPeerMax = 12

// Ended forgets a node's life, and its handlers with it.
func (b *bounds) Ended(w World, n *Node) { b.shares.Ended(w, n) }

func (b *bounds) Step(_ World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	if wrong := b.shares.step(b, s); wrong != "" {
		return wrong
	}
	if n.Machine.Stopped() {
		b.judge()
		if st := n.Machine.Stats(); st.Peers+st.ActivePeers+st.CallsPending+st.Timers > 0 {
			return fmt.Sprintf("%s has stopped and still has %d peers, %d calls, %d timers", n.Name, st.Peers, st.CallsPending, st.Timers)
		}
		return ""
	}
	if s.N%64 != 0 { // the count of timers is not cheap
		return ""
	}
	st, l := n.Machine.Stats(), n.Machine.Config().Limits
	if st.Peers > l.PeersMax || st.CallsPending > l.CallsMax || st.Serving > l.ServingMax ||
		st.Timers > timersPerPeerMax*st.Peers+st.CallsPending {
		return fmt.Sprintf("%s has %d peers, %d calls, serves %d, and has %d timers", n.Name, st.Peers, st.CallsPending, st.Serving, st.Timers)
	}
	return ""
}

// Audit looks at the peers one by one.
func (*bounds) Audit(_ World, n *Node, peers []core.PeerStatus) string {
	most := n.Machine.Config().Limits.ServingPeerMax
	for i := range peers {
		if st := &peers[i]; st.Serving > most {
			return fmt.Sprintf("%s serves %d requests of %s", n.Name, st.Serving, st.Name)
		}
	}
	return ""
}
