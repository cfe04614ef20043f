package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// perPeer keeps something for every (node, name of a peer), for the present
// life of the node. Lookups of the same pair in a row are cheap.
type perPeer[T any] struct {
	nodes []map[string]*T // by index of the node; nil before its first lookup
	// The latest lookup, which the next one mostly repeats.
	lastNode int
	lastName string
	last     *T // nil if there was none in the present lives
}

// of returns what is kept for a pair, zero at first.
func (p *perPeer[T]) of(n *Node, peer string) *T {
	if p.last != nil && p.lastNode == n.Index && p.lastName == peer {
		return p.last
	}
	for len(p.nodes) <= n.Index {
		p.nodes = append(p.nodes, nil)
	}
	m := p.nodes[n.Index]
	if m == nil {
		m = map[string]*T{}
		p.nodes[n.Index] = m
	}
	t := m[peer]
	if t == nil {
		t = new(T)
		m[peer] = t
	}
	p.lastNode, p.lastName, p.last = n.Index, peer, t
	return t
}

// Ended forgets a node's life: its next one begins with nothing.
func (p *perPeer[T]) Ended(_ World, n *Node) {
	if n.Index < len(p.nodes) {
		p.nodes[n.Index] = nil
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

// isRequest says whether an action sends a CALL or CAST. One with an empty method
// is none, but a question to an old peer.
func isRequest(a *core.Action) bool {
	return a.Kind == core.ActSend && (a.Command == core.CALL || a.Command == core.CAST) && a.ID != 0 && len(a.Method) > 0
}

// established says whether a dialling half was told STAY, and its link is up.
func established(s core.State) bool {
	switch s {
	case core.Limbo, core.Connected, core.Check, core.Draining:
		return true
	}
	return false
}

// Healthy says whether a dialling half in that state carries new requests.
func Healthy(s core.State) bool { return s == core.Connected || s == core.Check }

// bigEndian reads a number of up to eight bytes, the most significant one first.
func bigEndian(b []byte) (n uint64) {
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n
}
