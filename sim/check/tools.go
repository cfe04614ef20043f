package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// perPeer keeps something for every (node, name of a peer), for the present
// life of the node.
type perPeer[T any] struct {
	nodes [][]*T // by index of the node and place of the peer; nil before the first lookup
	pairs few[T] // what is kept
}

// of returns what is kept for a pair, zero at first.
func (p *perPeer[T]) of(n *Node, peer string) *T { return p.at(n, n.places.of(peer)) }

// at is of for the peer of a place.
func (p *perPeer[T]) at(n *Node, place int) *T {
	if n.Index < len(p.nodes) {
		if pairs := p.nodes[n.Index]; place < len(pairs) && pairs[place] != nil {
			return pairs[place]
		}
	}
	return p.add(n, place)
}

// add makes what is kept for a pair.
func (p *perPeer[T]) add(n *Node, place int) *T {
	if more := n.Index + 1 - len(p.nodes); more > 0 {
		p.nodes = append(p.nodes, make([][]*T, more)...)
	}
	if more := len(n.places.marks) - len(p.nodes[n.Index]); more > 0 {
		p.nodes[n.Index] = append(p.nodes[n.Index], make([]*T, more)...)
	}
	t := p.pairs.next()
	p.nodes[n.Index][place] = t
	return t
}

// Ended forgets a node's life: its next one begins with nothing.
func (p *perPeer[T]) Ended(_ World, n *Node) {
	if n.Index < len(p.nodes) {
		clear(p.nodes[n.Index])
	}
}

// few makes things a few at a time.
type few[T any] struct{ spare []T }

// next returns a new one.
func (f *few[T]) next() *T {
	if len(f.spare) == 0 {
		f.spare = make([]T, 4)
	}
	t := &f.spare[0]
	f.spare = f.spare[1:]
	return t
}

// packed is a link in one word: what checkers keep of every peer is to be small. Zero is no
// link.
type packed uint64

func pack(l core.Link) packed { return packed(l.N<<2 | uint64(l.Half)) }

func (p packed) link() core.Link { return core.Link{Half: core.Half(p & 3), N: uint64(p >> 2)} }

func (p packed) String() string { return p.link().String() }

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
