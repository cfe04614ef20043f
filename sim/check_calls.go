package sim

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// callCheck is P4.
type callCheck struct{ nodes []*openCalls }

// openCalls is what one life of a node has to answer for.
type openCalls struct {
	pending map[core.CallID]*openCall
	ids     map[uint32]core.CallID // of pending, by id on the wire
	order   []core.CallID          // of pending, by age
	active  map[string]bool
	due     core.Instant // the earliest deadline, or Never
}

// openCall is a call that has not ended.
type openCall struct {
	deadline  core.Instant
	addressed []string
	rows      []string
	links     map[string]core.Link // that the CALL last went by
	again     []string             // whom it was sent more than once
	id        uint32
	body      []byte
	method    string
}

func newCallCheck() *callCheck { return &callCheck{} }

func (*callCheck) Property() Property { return PropCalls }

func (c *callCheck) of(n *Node) *openCalls {
	for len(c.nodes) <= int(n.index) {
		c.nodes = append(c.nodes, nil)
	}
	if c.nodes[n.index] == nil {
		c.nodes[n.index] = &openCalls{
			pending: map[core.CallID]*openCall{}, ids: map[uint32]core.CallID{}, active: map[string]bool{}, due: core.Never,
		}
	}
	return c.nodes[n.index]
}

// Ended forgets a node's life, and its calls with it.
func (c *callCheck) Ended(_ *World, n *Node) { c.of(n); c.nodes[n.index] = nil }

func (c *callCheck) Step(w *World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.core == nil {
		return ""
	}
	o := c.of(n)
	if ev.Kind == core.EvCall {
		o.begin(n, s)
	}
	for i := range s.Actions {
		if wrong := o.action(w, n, &s.Actions[i]); wrong != "" {
			return wrong
		}
	}
	if wrong := o.unsent(n, ev); wrong != "" {
		return wrong
	}
	if o.due <= ev.At && len(s.Actions) < n.core.Config().Limits.TimersStepMax {
		for _, id := range o.order {
			if oc := o.pending[id]; oc.deadline <= ev.At {
				return fmt.Sprintf("%s stepped at %d of its clock and has not ended call k#%d, which was due at %d", n.Name, ev.At, id, oc.deadline)
			}
		}
	}
	return ""
}

// begin takes in a call that was not refused.
func (o *openCalls) begin(n *Node, s *Step) {
	ev := s.Event
	for i := range s.Actions {
		switch a := &s.Actions[i]; {
		case a.Kind == core.ActRefuse && a.Call == ev.Call:
			return
		case a.Kind == core.ActPeerUp:
			o.active[a.Peer] = true
		case a.Kind == core.ActPeerDown:
			delete(o.active, a.Peer)
		}
	}
	oc := &openCall{deadline: ev.At.Add(ev.Timeout), links: map[string]core.Link{}, body: bytes.Clone(ev.Body), method: string(ev.Method)}
	if len(ev.To) == 0 {
		oc.addressed = n.core.Active(nil)
	}
	for i, name := range ev.To {
		if name != n.Name && !contains(ev.To[:i], name) {
			oc.addressed = append(oc.addressed, name)
		}
	}
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

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

func (o *openCalls) action(w *World, n *Node, a *core.Action) string {
	switch a.Kind {
	case core.ActPeerUp:
		o.active[a.Peer] = true
	case core.ActPeerDown:
		delete(o.active, a.Peer)
	case core.ActSend:
		if oc := o.pending[o.ids[a.ID]]; oc != nil && isRequest(a) && a.Command == core.CALL {
			if oc.links[a.Peer] != (core.Link{}) {
				oc.again = append(oc.again, a.Peer)
			}
			oc.links[a.Peer] = a.Link
		}
	case core.ActResult:
		return o.result(w, n, a)
	case core.ActDone:
		return o.done(n, a)
	}
	return ""
}

// unsent holds that a CALL that can't be sent ends the call for that peer; one
// that was sent before may have run, and waits on (PROTOCOL 7.10).
func (o *openCalls) unsent(n *Node, ev *core.Event) string {
	if ev.Kind != core.EvSendRefused || ev.Command != core.CALL {
		return ""
	}
	call := o.ids[ev.ID]
	oc := o.pending[call]
	if oc != nil && oc.links[ev.Peer] == ev.Link && !contains(oc.rows, ev.Peer) && !contains(oc.again, ev.Peer) {
		return fmt.Sprintf("%s could not send call k#%d to %s (%v), and goes on waiting for the reply", n.Name, call, ev.Peer, ev.Cause)
	}
	return ""
}

func (o *openCalls) result(w *World, n *Node, a *core.Action) string {
	oc := o.pending[a.Call]
	switch {
	case oc == nil:
		return fmt.Sprintf("%s got an outcome of %s for call k#%d, which is over", n.Name, a.Peer, a.Call)
	case !contains(oc.addressed, a.Peer):
		return fmt.Sprintf("%s got an outcome of %s for call k#%d, which was not asked", n.Name, a.Peer, a.Call)
	case contains(oc.rows, a.Peer):
		return fmt.Sprintf("%s got a second outcome of %s for call k#%d: %v", n.Name, a.Peer, a.Call, a.Outcome)
	}
	oc.rows = append(oc.rows, a.Peer)
	if a.Outcome != core.Replied || w.liars || oc.method != "Echo.Ping" {
		return ""
	}
	if want := appendReply(nil, a.Peer, oc.body); !bytes.Equal(a.Body, want) {
		return fmt.Sprintf("%s got %q of %s for call k#%d, where it replies %q", n.Name, a.Body, a.Peer, a.Call, want)
	}
	return ""
}

func (o *openCalls) done(n *Node, a *core.Action) string {
	oc := o.pending[a.Call]
	if oc == nil {
		return fmt.Sprintf("%s ended call k#%d, which is not pending", n.Name, a.Call)
	}
	for _, name := range oc.addressed {
		if !contains(oc.rows, name) {
			return fmt.Sprintf("%s ended call k#%d without an outcome for %s", n.Name, a.Call, name)
		}
	}
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

// once is P5. A run is named by its call and by who ran it, through all lives
// of both. It speaks of links on which the callee has learnt who the caller is:
// before that at-most-once is not in use (PROTOCOL 8.2), and a repeated JOIN may
// be that of an original in its next life, which counts its calls from 1 again.
type once struct {
	perPeer[known]
	runs map[run]bool
}

// known is the link on which a peer last told its incarnation.
type known struct{ link core.Link }

type run struct {
	call   uint64
	callee int32
}

func newOnce() *once { return &once{runs: map[run]bool{}} }

func (*once) Property() Property { return PropOnce }

func (c *once) Step(w *World, s *Step) string {
	if ev := s.Event; ev.Kind == core.EvFrame && (ev.Command == core.MEET || ev.Command == core.STAY && len(ev.Body) > 0) {
		c.of(s.Node, ev.Peer).link = ev.Link
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActServe || s.Node.core == nil || w.liars || c.of(s.Node, a.Peer).link != a.Link {
			continue
		}
		kind, call, ok := parseToken(a.Body)
		if caller := w.Node(a.Peer); !ok || kind != callOnce || caller == nil || caller.Old {
			continue
		}
		r := run{call, s.Node.index}
		if c.runs[r] {
			return fmt.Sprintf("%s runs the handler of call k#%d of %s a second time", s.Node.Name, call, a.Peer)
		}
		c.runs[r] = true
	}
	return ""
}

// notice is L2.
type notice struct{ perPeer[heard] }

// heard says when frames of one peer last came in, by half, and when the first
// TICK since then went out by our dial.
type heard struct {
	dial, listen, tick core.Instant
	asked              bool
}

func newNotice() *notice { return &notice{} }

func (*notice) Property() Property { return PropNotice }

func (c *notice) Step(_ *World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.core == nil {
		return ""
	}
	if ev.Kind == core.EvFrame {
		h := c.of(n, ev.Peer)
		if ev.Link.Half == core.Listening {
			h.listen = ev.At
		} else {
			h.dial, h.asked = ev.At, false
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Command != core.TICK {
			continue
		}
		// A dial that was draining, and takes its role back, asks anew.
		if h := c.of(n, a.Peer); !h.asked || h.listen > h.dial {
			h.tick, h.asked = ev.At, true
		}
	}
	return ""
}

// Audit looks for peers that are listed as active without having been heard. A
// dial counts as heard for LIVE_TIME after the TICK that asks, which a node that
// was paused, or whose clock has jumped, sends late.
func (c *notice) Audit(w *World, n *Node, peers []core.PeerStatus) string {
	t := &w.opts.Timing
	now := n.clock.at(max(w.now-w.opts.Wake.Max, n.clock.world))
	for i := range peers {
		st := &peers[i]
		if !st.Active {
			continue
		}
		h := c.of(n, st.Name)
		served := st.Listening == core.Serving && now.Sub(h.listen) <= t.Serve
		dialled := healthy(st.Dialling) && (now.Sub(h.dial) <= 2*t.Live || h.asked && now.Sub(h.tick) <= t.Live)
		if !served && !dialled {
			return fmt.Sprintf("%s still lists %s as active, %v after its last frame on our dial (%v) and %v on the listening half (%v)",
				n.Name, st.Name, now.Sub(h.dial), st.Dialling, now.Sub(h.listen), st.Listening)
		}
	}
	return ""
}
