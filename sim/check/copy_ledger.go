package check

import (
	"maps"
	"slices"
)

// copied returns a copy of a ledger. Records that are kept to be used again are left behind.
func (l *ledger) copied(by *copier) *ledger {
	if by.ledger != nil {
		return by.ledger
	}
	c := &ledger{
		step: l.step, matters: l.matters, entered: l.entered, serves: l.serves,
		links: l.links.copied(), handled: make(map[uint64]*answer, len(l.handled)), numbers: slices.Clone(l.numbers),
		byOld: slices.Clone(l.byOld), heads: maps.Clone(l.heads),
	}
	by.ledger = c
	for _, call := range l.numbers {
		to := new(*answer)
		first := to
		for m := l.handled[call]; m != nil; m = m.next {
			n := *m
			n.texts, n.heads = slices.Clone(m.texts), slices.Clone(m.heads)
			*to = &n
			to = &n.next
		}
		c.handled[call] = *first
	}
	c.accounts = slices.Clone(l.accounts)
	for i, a := range l.accounts {
		if a != nil {
			c.accounts[i] = a.copied(l, c, by)
		}
	}
	return c
}

// copied returns a copy of an account of l, for its copy c.
func (a *account) copied(l, c *ledger, by *copier) *account {
	b := *a
	b.node, b.ledger = by.nodes[a.node.Index], c
	b.calls, b.requests = slices.Clone(a.calls), slices.Clone(a.requests)
	b.passed, b.pairs = slices.Clone(a.passed), slices.Clone(a.pairs)
	for i, x := range b.calls {
		y := *x
		y.rows = slices.Clone(x.rows)
		for j := range y.rows {
			r := &y.rows[j]
			if r.in = l.links.like(&c.links, r.in); r.in == nil {
				by.ok = false
			}
		}
		b.calls[i] = &y
	}
	for i := range b.passed {
		p := &b.passed[i]
		if p.made = l.like(c, p.made); p.made == nil {
			by.ok = false
		}
	}
	return &b
}

// like returns the answer in a copy in the place of one of l, nil if it is not there.
func (l *ledger) like(c *ledger, m *answer) *answer {
	for _, call := range l.numbers {
		there := c.handled[call]
		for here := l.handled[call]; here != nil; here, there = here.next, there.next {
			if here == m {
				return there
			}
		}
	}
	return nil
}
