package check

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 7.4: "Every call ends once, no later than its timeout, with exactly one
// outcome for each addressed peer."
//
// callCheck is P4. It keeps accounts of every call by what goes in and out of the
// machine: which peers were asked, which of them have got an outcome, and when the
// call is due. The reply of Ping names the peer and repeats the arguments, which
// name the call, so that a reply of another peer or to another call shows.
type callCheck struct {
	tally
	ledger *ledger      // of other checkers, which enter what old peers serve
	nodes  []*openCalls // by index of the node; nil before the first step of a life
}

// openCalls is what one life of a node has to answer for.
type openCalls struct {
	pending map[core.CallID]*openCall // by the user's handle
	ids     map[uint32]core.CallID    // of pending, by id on the wire
	order   []core.CallID             // of pending, by age
	due     core.Instant              // the earliest deadline, or Never
}

// openCall is a call that has not ended.
type openCall struct {
	deadline  core.Instant         // by the node's clock
	addressed []string             // peers that have to get an outcome each
	rows      []string             // those that have one
	links     map[string]core.Link // that the CALL last went by, by peer
	again     []string             // peers that it was sent to more than once
	id        uint32               // on the wire; zero if it went to nobody
	body      []byte               // the arguments
	method    string               // as the user named it
}

func newCallCheck(l *ledger) *callCheck { return &callCheck{ledger: l} }

func (*callCheck) Property() report.Property { return PropCalls }

// of returns what the present life of a node has to answer for.
func (c *callCheck) of(n *Node) *openCalls {
	for len(c.nodes) <= n.Index {
		c.nodes = append(c.nodes, nil)
	}
	if c.nodes[n.Index] == nil {
		c.nodes[n.Index] = &openCalls{
			pending: map[core.CallID]*openCall{}, ids: map[uint32]core.CallID{}, due: core.Never,
		}
	}
	return c.nodes[n.Index]
}

// Ended forgets a node's life, and its calls with it.
func (c *callCheck) Ended(_ World, n *Node) { c.of(n); c.nodes[n.Index] = nil }

func (c *callCheck) Step(w World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	o := c.of(n)
	if ev.Kind == core.EvCall {
		o.begin(n, s)
	}
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActResult || a.Kind == core.ActDone {
			c.judge()
		}
		if wrong := c.action(w, n, o, &s.Actions[i]); wrong != "" {
			return wrong
		}
	}
	if wrong := o.unsent(n, ev); wrong != "" {
		return wrong
	}
	// Whether a step may leave timers that are due for the next one is for P9.
	if o.due <= ev.At && ev.Kind != core.EvSendRefused && s.deadline > ev.At {
		for _, id := range o.order {
			if oc := o.pending[id]; oc.deadline <= ev.At {
				return fmt.Sprintf("%s stepped at %d of its clock and has not ended call k#%d, which was due at %d", n.Name, ev.At, id, oc.deadline)
			}
		}
	}
	return ""
}

// begin records a call that was not refused.
func (o *openCalls) begin(n *Node, s *Step) {
	ev := s.Event
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActRefuse && a.Call == ev.Call {
			return
		}
	}
	oc := &openCall{deadline: ev.At.Add(ev.Timeout), links: map[string]core.Link{}, body: bytes.Clone(ev.Body), method: string(ev.Method)}
	if len(ev.To) == 0 {
		oc.addressed = n.Machine.Active(nil)
	}
	for i, name := range ev.To { // the core passes over repeated names, and its own
		if name != n.Called && !slices.Contains(ev.To[:i], name) {
			oc.addressed = append(oc.addressed, name)
		}
	}
	// The CALL of this call is the first one of an id that no other call has: timers
	// that were due may have sent another's again in the same step.
	for i := range s.Actions {
		a := &s.Actions[i]
		if _, other := o.ids[a.ID]; isRequest(a) && a.Command == core.CALL && !other {
			oc.id, o.ids[a.ID] = a.ID, ev.Call
			break
		}
	}
	o.pending[ev.Call] = oc
	o.order = append(o.order, ev.Call)
	o.due = min(o.due, oc.deadline)
}

// action looks at one action of a step. A CALL is told by its id on the wire.
func (c *callCheck) action(w World, n *Node, o *openCalls, a *core.Action) string {
	switch a.Kind {
	case core.ActSend:
		if oc := o.pending[o.ids[a.ID]]; oc != nil && isRequest(a) && a.Command == core.CALL {
			if oc.links[a.Peer] != (core.Link{}) {
				oc.again = append(oc.again, a.Peer)
			}
			oc.links[a.Peer] = a.Link
		}
	case core.ActResult:
		return c.result(w, n, o, a)
	case core.ActDone:
		return o.done(n, a)
	}
	return ""
}

// PROTOCOL 7.10: "A call that can't be sent ends for that peer with what refused it;
// nothing is sent later in its place. One that had been sent before and can't be sent
// again waits on, since it may have run."
//
// unsent looks at a refused CALL, after the actions of its step.
func (o *openCalls) unsent(n *Node, ev *core.Event) string {
	if ev.Kind != core.EvSendRefused || ev.Command != core.CALL {
		return ""
	}
	call := o.ids[ev.ID]
	oc := o.pending[call]
	if oc != nil && oc.links[ev.Peer] == ev.Link && !slices.Contains(oc.rows, ev.Peer) && !slices.Contains(oc.again, ev.Peer) {
		return fmt.Sprintf("%s could not send call k#%d to %s (%v), and goes on waiting for the reply", n.Name, call, ev.Peer, ev.Cause)
	}
	return ""
}

// result looks at an outcome: it is of a peer that was asked, its first one, and,
// if it is a reply of Ping, the one that this peer gives to this call.
func (c *callCheck) result(w World, n *Node, o *openCalls, a *core.Action) string {
	oc := o.pending[a.Call]
	switch {
	case oc == nil:
		return fmt.Sprintf("%s got an outcome of %s for call k#%d, which is over", n.Name, a.Peer, a.Call)
	case !slices.Contains(oc.addressed, a.Peer):
		return fmt.Sprintf("%s got an outcome of %s for call k#%d, which was not asked", n.Name, a.Peer, a.Call)
	case slices.Contains(oc.rows, a.Peer):
		return fmt.Sprintf("%s got a second outcome of %s for call k#%d: %v", n.Name, a.Peer, a.Call, a.Outcome)
	}
	oc.rows = append(oc.rows, a.Peer)
	if a.Outcome != core.Replied || !w.Honest() || oc.method != echo.Ping {
		return ""
	}
	want := echo.AppendReply(nil, a.Peer, oc.body)
	if bytes.Equal(a.Body, want) || w.Strayed(n, a.Peer) || n.Repeats { // another life may have used its ids
		return ""
	}
	args, _ := bytes.CutPrefix(a.Body, echo.AppendReply(nil, a.Peer, nil))
	number, _, _ := echo.ParseArgs(args)
	if !c.ledger.mixesUp(a.Peer, n.Called, oc.id, func(call uint64) bool { return call == number }) {
		return fmt.Sprintf("%s got %q of %s for call k#%d, where it replies %q", n.Name, a.Body, a.Peer, a.Call, want)
	}
	return ""
}

// done looks at the end of a call: every addressed peer has an outcome.
func (o *openCalls) done(n *Node, a *core.Action) string {
	oc := o.pending[a.Call]
	if oc == nil {
		return fmt.Sprintf("%s ended call k#%d, which is not pending", n.Name, a.Call)
	}
	for _, name := range oc.addressed {
		if !slices.Contains(oc.rows, name) {
			return fmt.Sprintf("%s ended call k#%d without an outcome for %s", n.Name, a.Call, name)
		}
	}
	// From now on its id on the wire, and its handle, may mean another call.
	delete(o.ids, oc.id)
	delete(o.pending, a.Call)
	o.due = core.Never
	kept := o.order[:0]
	for _, id := range o.order {
		if id != a.Call {
			kept = append(kept, id)
			o.due = min(o.due, o.pending[id].deadline)
		}
	}
	o.order = kept
	return ""
}
