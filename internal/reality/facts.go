package reality

import (
	"fmt"
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// What a call came to where there is no outcome of any peer.
const (
	notMade = "not made: its node was not running"
	refused = "refused by its own node"
)

// call is a call or a cast of a scenario.
type call struct {
	number uint64 // which arguments name it by
	line   int
	node   string
	name   string
	cast   bool
	r      sim.Request
}

// callsOf returns the calls of a scenario in which each has a name.
func callsOf(s *sim.Scenario) []*call {
	var calls []*call
	for i := range s.Lines {
		l := &s.Lines[i]
		f := l.Fault
		if l.Rule != nil {
			f = l.Rule.Then
		}
		c := &call{number: uint64(i + 1), line: l.Number}
		switch x := f.(type) {
		case sim.Calling:
			c.node, c.r = x.Node, x.Request
		case sim.Casting:
			c.node, c.r, c.cast = x.Node, x.Request, true
		default:
			continue
		}
		c.name = c.r.Name
		calls = append(calls, c)
	}
	return calls
}

// about is what facts of the call are about.
func (c *call) about() string {
	kind := "call"
	if c.cast {
		kind = "cast"
	}
	name := " " + c.name
	if strings.HasPrefix(c.name, "call ") {
		name = "" // it has none of its own
	}
	return fmt.Sprintf("line %d, %s%s", c.line, kind, name)
}

// row adds an outcome of a call at a peer.
func (f Facts) row(c *call, peer, word string) {
	about := c.about() + " at " + peer
	if has := f[about]; has != "" { // a list of peers may have a name twice
		word = has + " and " + word
	}
	f[about] = word
}

// ran adds how often the handler of a call ran at a node.
func (f Facts) ran(c *call, node string, n int) {
	if n > 0 {
		f[c.about()+", its handler at "+node] = fmt.Sprintf("ran %d times", n)
	}
}

// side is what one end of a pair has of the other one.
type side struct {
	name          string
	active, old   bool
	dials, serves bool // its dial is healthy; it serves the other's
}

// pair adds who of two nodes is linked with whom, and who has dialled. An original shows
// too little of itself for that.
func (f Facts) pair(a, b side) {
	is := ""
	switch {
	case !a.active && !b.active:
		is = "apart"
	case a.active != b.active:
		is = "one-sided: " + a.name + " alone lists the other"
		if b.active {
			is = "one-sided: " + b.name + " alone lists the other"
		}
	case a.old || b.old:
		is = "linked"
	default:
		forth, back := a.dials && b.serves, b.dials && a.serves
		switch {
		case forth && back:
			is = "linked, by both dials"
		case forth:
			is = "linked, " + a.name + " dials"
		case back:
			is = "linked, " + b.name + " dials"
		default:
			is = "linked, on the way from one dial to another"
		}
	}
	f[a.name+" and "+b.name] = is
}
