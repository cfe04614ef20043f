package sim

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// perPeer keeps something for every (node, name of a peer), for the present
// life of the node. Lookups of the same pair in a row are cheap.
type perPeer[T any] struct {
	nodes    []map[string]*T
	lastNode int32
	lastName string
	last     *T
}

func (p *perPeer[T]) of(n *Node, peer string) *T {
	if p.last != nil && p.lastNode == n.index && p.lastName == peer {
		return p.last
	}
	for len(p.nodes) <= int(n.index) {
		p.nodes = append(p.nodes, nil)
	}
	m := p.nodes[n.index]
	if m == nil {
		m = map[string]*T{}
		p.nodes[n.index] = m
	}
	t := m[peer]
	if t == nil {
		t = new(T)
		m[peer] = t
	}
	p.lastNode, p.lastName, p.last = n.index, peer, t
	return t
}

// Ended forgets a node's life.
func (p *perPeer[T]) Ended(_ *World, n *Node) {
	if int(n.index) < len(p.nodes) {
		p.nodes[n.index] = nil
	}
	p.last = nil
}

// eachPeer calls f for every peer that a step is about, mostly one, until f
// finds something wrong.
func eachPeer(s *Step, f func(peer string) string) string {
	if s.Event.Peer != "" {
		if wrong := f(s.Event.Peer); wrong != "" {
			return wrong
		}
	}
	for i := range s.Actions {
		if peer := s.Actions[i].Peer; peer != "" && !named(s, peer, i) {
			if wrong := f(peer); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

// named says whether a step's event or its first actions name the peer.
func named(s *Step, peer string, actions int) bool {
	if s.Event.Peer == peer {
		return true
	}
	for i := range s.Actions[:actions] {
		if s.Actions[i].Peer == peer {
			return true
		}
	}
	return false
}

func sameActions(a, b []core.Action) (int, bool) {
	if len(a) != len(b) {
		return min(len(a), len(b)), false
	}
	for i := range a {
		if !sameAction(&a[i], &b[i]) {
			return i, false
		}
	}
	return 0, true
}

func sameAction(a, b *core.Action) bool {
	return a.Kind == b.Kind && a.Command == b.Command && a.Outcome == b.Outcome && a.Cause == b.Cause &&
		a.Drop == b.Drop && a.Refusal == b.Refusal && a.ID == b.ID && a.Peer == b.Peer && a.Link == b.Link &&
		a.Address == b.Address && a.Call == b.Call && a.Ticket == b.Ticket && bytes.Equal(a.Method, b.Method) &&
		bytes.Equal(a.Err, b.Err) && bytes.Equal(a.Body, b.Body)
}

// isRequest says whether an action sends a CALL or CAST. One with an empty method
// is none, but a question to an old peer.
func isRequest(a *core.Action) bool {
	return a.Kind == core.ActSend && (a.Command == core.CALL || a.Command == core.CAST) && a.ID != 0 && len(a.Method) > 0
}

// established says whether a dialling half has been accepted.
func established(s core.State) bool {
	switch s {
	case core.Limbo, core.Connected, core.Check, core.Draining:
		return true
	}
	return false
}

// healthy says whether it also carries new requests.
func healthy(s core.State) bool { return s == core.Connected || s == core.Check }

// twins is P1: beside every machine a second one is fed the same events, with
// destination slices of other contents and capacities.
type twins struct {
	machines []Machine
	lives    []uint32
	dirty    []core.Action
}

func newTwins() *twins { return &twins{dirty: make([]core.Action, 64)} }

func (*twins) Property() Property { return PropDeterministic }

func (t *twins) Step(w *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
	for len(t.machines) <= int(n.index) {
		t.machines = append(t.machines, nil)
		t.lives = append(t.lives, 0)
	}
	if t.machines[n.index] == nil || t.lives[n.index] != n.life {
		m, err := core.New(n.core.Config())
		if err != nil {
			return "a second machine of the same configuration: " + err.Error()
		}
		t.machines[n.index], t.lives[n.index] = w.opts.Double.of(m), n.life
	}
	prefix := int(s.N % 3)
	dst := t.dirty[:prefix]
	if s.N%16 == 0 { // no room: it has to be grown
		dst = t.dirty[:prefix:prefix]
	}
	acts := t.machines[n.index].Step(dst, s.Event)[prefix:]
	if i, same := sameActions(s.Actions, acts); !same {
		return fmt.Sprintf("%s and its twin differ at action %d of %d and %d for the same event", n.Name, i+1, len(s.Actions), len(acts))
	}
	return ""
}

// timers is P9.
type timers struct{}

func newTimers() timers { return timers{} }

func (timers) Property() Property { return PropTimers }

func (timers) Step(_ *World, s *Step) string {
	n := s.Node
	if n.core == nil || n.core.Stopped() {
		return ""
	}
	if d := n.core.Deadline(); d <= s.Event.At && len(s.Actions) < n.core.Config().Limits.TimersStepMax {
		return fmt.Sprintf("%s stepped at %d of its clock and left a timer of %d unhandled", n.Name, s.Event.At, d)
	}
	return ""
}

// bounds is P10. Tables only grow by what steps add, so that a look now and
// then sees every excess that lasts.
type bounds struct{}

func newBounds() bounds { return bounds{} }

func (bounds) Property() Property { return PropBounded }

const timersPerPeerMax = 12

func (bounds) Step(_ *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
	if n.core.Stopped() {
		if st := n.core.Stats(); st.Peers+st.ActivePeers+st.CallsPending+st.Timers > 0 {
			return fmt.Sprintf("%s has stopped and still has %d peers, %d calls, %d timers", n.Name, st.Peers, st.CallsPending, st.Timers)
		}
		return ""
	}
	if s.N%64 != 0 {
		return ""
	}
	st, l := n.core.Stats(), n.core.Config().Limits
	if st.Peers > l.PeersMax || st.CallsPending > l.CallsMax || st.Serving > l.ServingMax ||
		st.Timers > timersPerPeerMax*st.Peers+st.CallsPending {
		return fmt.Sprintf("%s has %d peers, %d calls, serves %d, and has %d timers", n.Name, st.Peers, st.CallsPending, st.Serving, st.Timers)
	}
	return ""
}

// Audit looks at the peers one by one.
func (bounds) Audit(_ *World, n *Node, peers []core.PeerStatus) string {
	most := n.core.Config().Limits.ServingPeerMax
	for i := range peers {
		if st := &peers[i]; st.Serving > most {
			return fmt.Sprintf("%s serves %d requests of %s", n.Name, st.Serving, st.Name)
		}
	}
	return ""
}
