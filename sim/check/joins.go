package check

import (
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// reaching lists, by node, the peers whose dialling half is between two
// attempts: a phase can end there without an action that names the peer.
type reaching struct{ nodes [][]placed }

// each calls f for the peers that the step is about, and for those that may
// have changed in silence. f returns what is wrong and the half's state.
func (r *reaching) each(s *Step, f func(p placed) (string, core.State)) string {
	for len(r.nodes) <= s.Node.Index {
		r.nodes = append(r.nodes, nil)
	}
	list := r.nodes[s.Node.Index]
	// Peers that the step names, which may come to be between two attempts by it.
	about := s.subjects()
	for i := range about {
		p := about[i].placed
		wrong, state := f(p)
		if state == core.Reaching && !slices.Contains(list, p) {
			list = append(list, p)
		}
		if wrong != "" {
			return wrong
		}
	}
	// The others of the list, which a timer may have taken further.
	kept := list[:0]
	for _, p := range list {
		if named := s.subject(p.name); named != nil {
			if st, _ := s.status(named); st.Dialling == core.Reaching {
				kept = append(kept, p)
			}
			continue
		}
		wrong, state := f(p)
		if wrong != "" {
			return wrong
		}
		if state == core.Reaching {
			kept = append(kept, p)
		}
	}
	r.nodes[s.Node.Index] = kept
	return ""
}

// PROTOCOL 3.3: "JOIN is repeated every JOIN_TIME until STAY or PART, at most
// MAXIMUM_JOINS times a dial phase."
//
// joins is P6. A phase begins with a dial after a wait, or in the place of a link
// that was served, and ends when it is answered or given up; within it there are
// redials. JOINs are counted by the phase, and timed by the node's own clock.
type joins struct {
	tally
	perPeer[phase]
	probes probes // what goes before JOIN
	reaching
}

// phase is the dial phase to one peer.
type phase struct {
	state core.State   // of the dialling half, after the latest step that was looked at
	count int          // JOINs in the present phase
	last  core.Instant // when the last one was sent
	sent  bool         // one has been, in whichever phase that the node remembers
}

func newJoins() *joins { return &joins{} }

func (*joins) Property() report.Property { return PropJoins }

// Ended forgets a node's life: its next one may be served by the peers of this one.
func (c *joins) Ended(w World, n *Node) {
	c.perPeer.Ended(w, n)
	c.probes.Ended(w, n)
}

// Before looks for a peer that the node does not know any more: a full table has made room
// of it, and with it went when the last JOIN to it was sent.
func (c *joins) Before(_ World, s *Step) {
	n, ev := s.Node, s.Event
	if n.Machine == nil || ev.Kind != core.EvConnect && (ev.Kind != core.EvFrame || ev.Command != core.JOIN) {
		return
	}
	if _, known := n.Machine.Status(ev.Peer); !known {
		c.of(n, ev.Peer).sent = false
	}
}

func (c *joins) Step(w World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	if wrong := c.probes.step(s); wrong != "" {
		return wrong
	}
	return c.each(s, func(who placed) (string, core.State) {
		peer := who.name
		p := c.at(n, who.place)
		st, _ := s.Status(peer)
		// PROTOCOL 6.10: "a phase in which no connection is up begins anew", with a dial or
		// with the attempt that is under way.
		redialled := granted(s, core.EvRedial, peer)
		if redialled && p.state == core.Reaching {
			p.count = 0
		}
		// Also after a violation, keep the state for the next step.
		defer func() { p.state = st.Dialling }()
		if inPhase(st.Dialling) && !inPhase(p.state) { // a new one; it may begin with a pause
			p.count, p.state = 0, core.Reaching
		}
		// A dial in the step in which the other half ended begins a phase too: the
		// present one was over when that half took its place.
		down := peerDown(s, peer)
		for i := range s.Actions {
			a := &s.Actions[i]
			switch {
			case a.Peer != peer:
			case a.Kind == core.ActDial && (!inPhase(p.state) || down || redialled):
				p.count, p.state = 0, core.Reaching
			case a.Kind == core.ActSend && a.Command == core.JOIN:
				if established(p.state) {
					p.count = 0 // the listener has forgotten us: a new phase on the same link
				}
				if wrong := c.join(w, s, p, peer); wrong != "" {
					return wrong, st.Dialling
				}
				p.state = core.Handshake
			}
		}
		if established(p.state) && !established(st.Dialling) { // what follows is another phase
			p.count = 0
		}
		return "", st.Dialling
	})
}

// peerDown says whether a peer has stopped being active in a step.
func peerDown(s *Step, peer string) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActPeerDown && a.Peer == peer {
			return true
		}
	}
	return false
}

// inPhase says whether a dialling half is in a dial phase.
func inPhase(s core.State) bool {
	return s == core.Reaching || s == core.Probe || s == core.Handshake
}

// join looks at one JOIN of a phase.
func (c *joins) join(w World, s *Step, p *phase, peer string) string {
	t := w.Timing()
	apart := s.Event.At.Sub(p.last)
	before := p.sent
	c.judge()
	p.count++
	p.last, p.sent = s.Event.At, true
	switch {
	case p.count > t.JoinsMax:
		return fmt.Sprintf("%s sends JOIN number %d of one dial phase to %s", s.Node.Name, p.count, peer)
	case p.count > 1 && apart < t.Join:
		return fmt.Sprintf("%s sends JOIN to %s only %v after the last one", s.Node.Name, peer, apart)
	case before && apart < t.Join:
		// PROTOCOL 11.2: "It is sent at most one JOIN per JOIN_TIME"
		if st, _ := s.Status(peer); !st.Ours {
			return fmt.Sprintf("%s sends JOIN to %s, which may be an old peer, only %v after the last one of another phase", s.Node.Name, peer, apart)
		}
	}
	return ""
}
