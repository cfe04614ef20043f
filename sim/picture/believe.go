package picture

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// belief names what a node thinks of a peer.
type belief struct{ node, peer int }

// States returns the names of the states of halves, by number; the last one is that of
// an old peer's entry which is active.
func States() []string {
	var list []string
	for s := core.Idle; s <= core.Serving; s++ {
		list = append(list, s.String())
	}
	return append(list, "Active")
}

// believe notes what a node thinks of its peers, where that has changed.
func (r *recorder) believe(at int, n *sim.Node) {
	node := r.node(n.Name)
	if node < 0 {
		return
	}
	r.statuses = r.statuses[:0]
	switch {
	case !n.Up():
	case n.Machine != nil:
		r.statuses = n.Machine.AppendStatus(r.statuses)
	default: // an original knows every node that it has heard of
		for _, other := range r.world.Nodes() {
			if st, known := n.Status(other.Called); known && other != n {
				r.statuses = append(r.statuses, st)
			}
		}
	}
	r.forget(at, node)
	for i := range r.statuses {
		r.note(at, node, n.Old, &r.statuses[i])
	}
}

// forget notes the peers that a node does not know any more.
func (r *recorder) forget(at, node int) {
	r.known[node] = slices.DeleteFunc(r.known[node], func(peer int) bool {
		gone := !slices.ContainsFunc(r.statuses, func(st core.PeerStatus) bool { return st.Name == r.p.Names[peer] })
		if gone {
			delete(r.beliefs, belief{node, peer})
			r.p.Beliefs = append(r.p.Beliefs, Belief{Moment: at, Node: node, Peer: peer})
		}
		return gone
	})
}

// note notes what a node thinks of a peer, if that has changed.
func (r *recorder) note(at, node int, old bool, st *core.PeerStatus) {
	peer := r.name(st.Name)
	key := belief{node, peer}
	was, known := r.beliefs[key]
	if known && was.Dialling == st.Dialling && was.Listening == st.Listening && was.Active == st.Active && was.Backoff == st.Backoff {
		return
	}
	if !known {
		r.known[node] = append(r.known[node], peer)
	}
	r.beliefs[key] = *st
	b := Belief{Moment: at, Node: node, Peer: peer, Known: 1, Dial: int(st.Dialling), Listen: int(st.Listening), Backoff: st.Backoff}
	if st.Active {
		b.Active = 1
		if old {
			b.Dial = int(core.Serving) + 1
		}
	}
	r.p.Beliefs = append(r.p.Beliefs, b)
}
