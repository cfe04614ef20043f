package check

import (
	"maps"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Copies is for a Checker of one's own that can be copied in the midst of a run: the copy
// knows what it knows, shares nothing with it that either changes, and goes on with a copy of
// the world.
type Copies interface{ Copy() Checker }

// Copy returns copies of the checkers of a world, in their order, for a copy of the world
// whose nodes are nodes, by Index. It reports false if one of them can't be copied. It is
// meant for between two steps.
func Copy(all []Checker, nodes []*Node) (copies []Checker, ok bool) {
	c := copier{nodes: nodes, ok: true}
	copies = make([]Checker, len(all))
	for i, x := range all {
		switch x := x.(type) {
		case ours:
			copies[i] = x.copied(&c)
		case Copies:
			copies[i] = x.Copy()
		default:
			return nil, false
		}
	}
	return copies, c.ok
}

// ours is for the checkers of this package.
type ours interface{ copied(c *copier) Checker }

// copier copies the checkers of one world. What several share is copied once.
type copier struct {
	nodes  []*Node // of the copy, by Index
	ok     bool    // everything could be copied
	ledger *ledger // the copy; nil before the first that has one
	pulses *pulses // the copy; nil before the first that has one
}

// Copied returns a copy of a node, for a copy of its world. Its Machine is still that of the
// node.
func (n *Node) Copied() Node {
	c := *n
	c.places.byName, c.places.marks = maps.Clone(n.places.byName), slices.Clone(n.places.marks)
	return c
}

// copied returns a copy of what is kept, which has no pointers in it.
func (p *perPeer[T]) copied() perPeer[T] {
	n := 0
	for _, pairs := range p.nodes {
		n += len(pairs)
	}
	c := perPeer[T]{nodes: slices.Clone(p.nodes)}
	places, room := make([]*T, n), make([]T, n)
	for i, pairs := range p.nodes {
		c.nodes[i] = places[:len(pairs):len(pairs)]
		for j, t := range pairs {
			if t != nil {
				room[j] = *t
				places[j] = &room[j]
			}
		}
		places, room = places[len(pairs):], room[len(pairs):]
	}
	return c
}

// like returns what is kept in a copy in the place of t; nil if it is not kept any more.
func (p *perPeer[T]) like(c *perPeer[T], t *T) *T {
	for i, pairs := range p.nodes {
		if j := slices.Index(pairs, t); j >= 0 {
			return c.nodes[i][j]
		}
	}
	return nil
}

func (r *reaching) copied() reaching { return reaching{copyEach(r.nodes)} }

// copyEach copies slices in a slice.
func copyEach[T any](s [][]T) [][]T {
	c := slices.Clone(s)
	for i := range c {
		c[i] = slices.Clone(c[i])
	}
	return c
}

func (c *oneLink) copied(*copier) Checker { return &oneLink{c.tally, c.perPeer.copied()} }

func (c *promise) copied(*copier) Checker { return &promise{c.tally, c.perPeer.copied()} }

func (c *once) copied(*copier) Checker {
	return &once{c.tally, c.perPeer.copied(), maps.Clone(c.runs)}
}

func (c *joins) copied(*copier) Checker {
	return &joins{c.tally, c.perPeer.copied(), probes{c.probes.copied()}, c.reaching.copied()}
}

func (c *backoff) copied(*copier) Checker {
	return &backoff{c.tally, c.perPeer.copied(), c.reaching.copied(), slices.Clone(c.last)}
}

func (c *timers) copied(*copier) Checker { return &timers{c.tally, slices.Clone(c.nodes), c.armed} }

func (c *turns) copied(*copier) Checker { d := *c; return &d }

func (c *crossed) copied(*copier) Checker { d := *c; return &d }

func (c *linkUse) copied(*copier) Checker {
	d := linkUse{c.tally, c.perPeer.copied(), slices.Clone(c.listening)}
	for i := range d.listening {
		d.listening[i] = maps.Clone(d.listening[i])
	}
	return &d
}

// A JOIN is kept in undone until the step is over, with what was refused in it, and so is what
// a stale frame has to leave.
func (c *stale) copied(*copier) Checker { return &stale{tally: c.tally, perPeer: c.perPeer.copied()} }

func (b *bounds) copied(*copier) Checker {
	d := bounds{b.tally, shares{slices.Clone(b.shares.nodes)}}
	for i, s := range d.shares.nodes {
		if s != nil {
			d.shares.nodes[i] = &served{maps.Clone(s.requests), maps.Clone(s.of)}
		}
	}
	return &d
}

func (t *twins) copied(c *copier) Checker {
	d := newTwins()
	d.tally, d.machines, d.lives = t.tally, slices.Clone(t.machines), slices.Clone(t.lives)
	for i, m := range d.machines {
		switch m := m.(type) {
		case nil:
		case *core.Machine:
			d.machines[i] = m.Clone()
		default: // a double may remember anything
			c.ok = false
		}
	}
	return d
}

func (c *callCheck) copied(by *copier) Checker {
	d := callCheck{c.tally, c.ledger.copied(by), slices.Clone(c.nodes)}
	for i, o := range d.nodes {
		if o == nil {
			continue
		}
		p := openCalls{pending: make(map[core.CallID]*openCall, len(o.pending)), ids: maps.Clone(o.ids), order: slices.Clone(o.order), due: o.due}
		for _, id := range o.order {
			oc := *o.pending[id]
			oc.addressed, oc.rows, oc.again = slices.Clone(oc.addressed), slices.Clone(oc.rows), slices.Clone(oc.again)
			oc.links = maps.Clone(oc.links)
			p.pending[id] = &oc
		}
		d.nodes[i] = &p
	}
	return &d
}

func (c *alive) copied(by *copier) Checker  { return &alive{c.tally, c.pulses.copied(by)} }
func (c *notice) copied(by *copier) Checker { return &notice{c.tally, c.pulses.copied(by)} }

func (c *truth) copied(by *copier) Checker   { return &truth{c.tally, c.ledger.copied(by)} }
func (c *answers) copied(by *copier) Checker { return &answers{c.tally, c.ledger.copied(by)} }
func (c *resend) copied(by *copier) Checker  { return &resend{c.tally, c.ledger.copied(by)} }
func (c *void) copied(by *copier) Checker    { return &void{c.tally, c.ledger.copied(by)} }
func (c *roles) copied(by *copier) Checker   { return &roles{c.tally, c.ledger.copied(by)} }
func (c *heads) copied(by *copier) Checker   { return &heads{c.tally, c.ledger.copied(by)} }
func (c *gone) copied(by *copier) Checker    { return &gone{c.tally, c.ledger.copied(by)} }
func (c *met) copied(by *copier) Checker     { return &met{c.tally, c.ledger.copied(by)} }

func (c *reasons) copied(by *copier) Checker {
	return &reasons{c.tally, c.ledger.copied(by), namesakes{perPeer: c.namesakes.copied()}}
}

func (p *pulses) copied(c *copier) *pulses {
	if c.pulses == nil {
		c.pulses = &pulses{p.perPeer.copied()}
	}
	return c.pulses
}
