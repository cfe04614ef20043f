package shape

// recursive returns which types hold themselves: those that are in a circle of types that
// are made of each other, found by Tarjan's algorithm.
func recursive(l *Listing) []bool {
	c := circles{Listing: l, found: make([]bool, len(l.Types)), order: make([]int, len(l.Types)), low: make([]int, len(l.Types)), open: make([]bool, len(l.Types))}
	for i := range l.Types {
		if c.order[i] == 0 {
			c.visit(i)
		}
	}
	return c.found
}

// circles is the state of a search.
type circles struct {
	*Listing
	found      []bool // what recursive returns
	order, low []int  // of a type: its turn, from 1 on, and the earliest one it leads to
	open       []bool // it is on the stack
	stack      []int
	turn       int
}

// visit looks at the type i and what it is made of. It recurses at most typesMax deep.
func (c *circles) visit(i int) {
	c.turn++
	c.order[i], c.low[i] = c.turn, c.turn
	c.stack = append(c.stack, i)
	c.open[i] = true
	for _, part := range c.parts(i) {
		switch {
		case part == i:
			c.found[i] = true
		case c.order[part] == 0:
			c.visit(part)
			c.low[i] = min(c.low[i], c.low[part])
		case c.open[part]:
			c.low[i] = min(c.low[i], c.order[part])
		}
	}
	if c.low[i] != c.order[i] {
		return
	}
	for {
		last := len(c.stack) - 1
		part := c.stack[last]
		c.stack, c.open[part] = c.stack[:last], false
		if part != i {
			c.found[part], c.found[i] = true, true
			continue
		}
		return
	}
}

// parts returns the types that the type at index is made of.
func (l *Listing) parts(index int) []int {
	t := &l.Types[index]
	switch t.Kind {
	case Array, Slice, Pointer:
		return []int{t.Elem}
	case Map:
		return []int{t.Key, t.Elem}
	case Struct:
		parts := make([]int, len(t.Fields))
		for i, f := range t.Fields {
			parts[i] = f.Type
		}
		return parts
	}
	return nil
}
