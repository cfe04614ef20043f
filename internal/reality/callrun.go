package reality

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// callRun is a call in a run.
type callRun struct {
	*call
	made, done     bool
	started, ended time.Duration
	class          string         // why the node did not make it; "" if it did
	rows           []row          // in the order in which they came
	runs           map[string]int // of its handler, by node
	atRest         bool           // it is none of the scenario's
}

// row is how a call ended at a peer.
type row struct{ peer, class, text string }

// call makes a call or a cast, if its node runs.
func (st *stage) call(name string) {
	c := st.callNamed(name)
	n := st.byName[c.node]
	if !n.up || n.stopped {
		return
	}
	c.made, c.started = true, st.now
	o := &order{
		Do: doCall, Call: c.number, Method: c.r.Method, Size: c.r.Size, Head: c.r.Head, For: c.r.Timeout, Idempotent: c.r.Idempotent,
	}
	if c.cast {
		o.Do, c.done = doCast, true
	}
	for _, to := range c.r.To {
		o.To = append(o.To, st.names.wire[to])
	}
	n.order(o)
}

// callNamed returns the call of that name, or nil.
func (st *stage) callNamed(name string) *callRun {
	for _, c := range st.calls {
		if c.name == name {
			return c
		}
	}
	return nil
}

// heardOfCall takes what a node reports of a call.
func (st *stage) heardOfCall(n *node, at time.Duration, r *report) {
	var c *callRun
	for _, x := range st.calls {
		if x.number == r.Call {
			c = x
		}
	}
	if c == nil {
		st.fail(fmt.Errorf("%s tells of call %d, which nobody has made", n.name, r.Call))
		return
	}
	switch r.Is {
	case hasRun:
		if c.runs == nil {
			c.runs = map[string]int{}
		}
		c.runs[n.name]++
	case hasRow:
		peer := st.names.of(r.Peer)
		if r.Class == "reply" {
			if !n.mayReply(c, peer, r.Reply) {
				r.Class, r.Text = "wrong reply", fmt.Sprintf("it is %q", r.Reply)
			}
		}
		c.rows = append(c.rows, row{peer, r.Class, r.Text})
	case isDone:
		c.done, c.ended, c.class = true, at, r.Class
	}
}

// mayReply says whether a reply is that of a call, given by the peer that it came from,
// or by the node that the caller's address for that peer leads to.
func (n *node) mayReply(c *callRun, peer string, reply []byte) bool {
	args := echo.AppendArgs(nil, c.number, c.r.Idempotent, c.r.Size)
	by := []string{peer}
	for _, w := range n.wanted {
		if n.st.called(w.To) == peer {
			by = append(by, n.st.called(addressOf(w)))
		}
	}
	return slices.ContainsFunc(by, func(name string) bool { return bytes.Equal(reply, echo.AppendReply(nil, name, args)) })
}

// at returns how a call ended at a peer, and what is said of it; "" if it has not.
func (c *callRun) at(peer string) (class, text string) {
	for _, r := range c.rows {
		if r.peer == peer {
			return r.class, r.text
		}
	}
	return "", ""
}

// callFacts adds what came of the calls.
func (st *stage) callFacts(facts Facts) {
	for _, c := range st.calls {
		if c.atRest {
			continue
		}
		if !c.made {
			facts[c.about()] = notMade
			continue
		}
		for node, n := range c.runs {
			facts.ran(c.call, node, n)
		}
		if len(c.rows) == 0 && c.class != "" && c.class != "closed" {
			facts[c.about()] = refused
		}
		for _, r := range c.rows {
			facts.row(c.call, r.peer, r.class)
		}
	}
}
