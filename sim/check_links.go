package sim

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// linkUse is P3.
type linkUse struct {
	perPeer[openDial]
	accepted []map[core.Link]bool // by node: listening links that are there
}

// openDial is the dial to one peer that has not been hung up.
type openDial struct {
	link core.Link
	up   bool
}

func newLinkUse() *linkUse { return &linkUse{} }

func (*linkUse) Property() Property { return PropLinks }

func (c *linkUse) Step(_ *World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.core == nil {
		return ""
	}
	for len(c.accepted) <= int(n.index) {
		c.accepted = append(c.accepted, map[core.Link]bool{})
	}
	switch ev.Kind {
	case core.EvLinkUp, core.EvFrame:
		if ev.Link.Half == core.Listening {
			c.accepted[n.index][ev.Link] = c.accepted[n.index][ev.Link] || ev.Kind == core.EvLinkUp || n.Blind
		} else if d := c.of(n, ev.Peer); d.link == ev.Link {
			d.up = true
		}
	case core.EvLinkLost:
		delete(c.accepted[n.index], ev.Link)
		// Timers that are due come first, hence the end of the dial is noted after
		// the actions; a dial among them has no other reason than this loss.
		if d := c.of(n, ev.Peer); d.link == ev.Link {
			d.link = core.Link{}
		}
	}
	for i := range s.Actions {
		if wrong := c.action(n, ev, &s.Actions[i]); wrong != "" {
			return wrong
		}
	}
	return ""
}

func (c *linkUse) action(n *Node, ev *core.Event, a *core.Action) string {
	switch a.Kind {
	case core.ActDial:
		d := c.of(n, a.Peer)
		if d.link != (core.Link{}) {
			return fmt.Sprintf("%s dials %s by %v before it hung up %v", n.Name, a.Peer, a.Link, d.link)
		}
		*d = openDial{link: a.Link, up: n.Blind}
	case core.ActHangUp:
		if d := c.of(n, a.Peer); d.link == a.Link {
			d.link = core.Link{}
		}
	case core.ActSend:
		if a.Link.Half == core.Dialling {
			if d := c.of(n, a.Peer); (d.link != a.Link || !d.up) && ev.Link != a.Link {
				return fmt.Sprintf("%s sends %v to %s on %v, which is not up", n.Name, a.Command, a.Peer, a.Link)
			}
			return ""
		}
		answer := (a.Command == core.STAY || a.Command == core.PART) && ev.Kind == core.EvFrame && ev.Link == a.Link
		// Timers that are due come before the event: they don't know of the loss yet.
		answer = answer || ev.Kind == core.EvLinkLost && ev.Link == a.Link
		if !answer && !c.accepted[n.index][a.Link] {
			return fmt.Sprintf("%s sends %v to %s on %v, which is not there", n.Name, a.Command, a.Peer, a.Link)
		}
	}
	return ""
}

// Ended forgets a node's life.
func (c *linkUse) Ended(w *World, n *Node) {
	c.perPeer.Ended(w, n)
	if int(n.index) < len(c.accepted) {
		c.accepted[n.index] = map[core.Link]bool{}
	}
}

// oneLink is P2.
type oneLink struct{ perPeer[offers] }

// offers says by which links requests went to one peer.
type offers struct {
	current, former core.Link
	both            core.Instant // since when both halves are accepted; zero: they are not
	dial, listen    core.Link    // which links these are
	audited         time.Duration
}

func newOneLink() *oneLink { return &oneLink{} }

func (*oneLink) Property() Property { return PropOneLink }

func (c *oneLink) Step(w *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if !isRequest(a) {
			continue
		}
		if wrong := c.offer(w, n, a); wrong != "" {
			return wrong
		}
	}
	return eachPeer(s, func(peer string) string {
		o := c.of(n, peer)
		if o.former == (core.Link{}) {
			return ""
		}
		st, _ := s.Status(peer)
		if st.Dialling != core.Draining && !linkHealthy(st, o.former) {
			o.former = core.Link{} // should it come back, it comes back anew
		}
		return ""
	})
}

func linkHealthy(st *core.PeerStatus, l core.Link) bool {
	if l.Half == core.Dialling {
		return st.DiallingLink == l && healthy(st.Dialling)
	}
	return st.ListeningLink == l && st.Listening == core.Serving
}

func (c *oneLink) offer(w *World, n *Node, a *core.Action) string {
	if a.Peer == n.Name {
		return n.Name + " sends a request to itself"
	}
	// An original takes in a peer of another network that it has dialled itself,
	// and the wire does not show it.
	if other := w.Node(a.Peer); other != nil && !other.Old && w.networkOf(other) != w.networkOf(n) && !w.liars {
		return fmt.Sprintf("%s offers a request to %s of another network", n.Name, a.Peer)
	}
	st, _ := n.core.Status(a.Peer)
	if st.Dialling == core.Draining && a.Link == st.DiallingLink {
		return fmt.Sprintf("%s offers a new request to %s on %v, which drains", n.Name, a.Peer, a.Link)
	}
	o := c.of(n, a.Peer)
	if a.Link == o.current {
		return ""
	}
	if a.Link == o.former && linkHealthy(&st, o.current) {
		return fmt.Sprintf("%s offers requests to %s on %v again, though %v is healthy", n.Name, a.Peer, a.Link, o.current)
	}
	o.former, o.current = o.current, a.Link
	return ""
}

// Audit looks for pairs that keep both halves up for longer than a drain.
func (c *oneLink) Audit(w *World, n *Node, peers []core.PeerStatus) string {
	now, t := n.clock.at(w.now), &w.opts.Timing
	for i := range peers {
		st := &peers[i]
		o := c.of(n, st.Name)
		// A node that was paused had no chance to end either.
		same := o.dial == st.DiallingLink && o.listen == st.ListeningLink && w.now-o.audited <= t.Live
		o.dial, o.listen, o.audited = st.DiallingLink, st.ListeningLink, w.now
		switch both := established(st.Dialling) && st.Listening == core.Serving; {
		case !both:
			o.both = 0
		case o.both == 0 || !same:
			o.both = now + 1
		case now.Sub(o.both) > 2*t.Serve+2*t.Live && !w.liars:
			return fmt.Sprintf("%s has had both halves of %s up for %v: dial %v, listening %v", n.Name, st.Name, now.Sub(o.both), st.Dialling, st.Listening)
		}
	}
	return ""
}

// promise is P12.
type promise struct{ perPeer[promised] }

// promised is the listening link of a peer that was told STAY.
type promised struct {
	link  core.Link
	heard core.Instant
}

func newPromise() *promise { return &promise{} }

func (*promise) Property() Property { return PropPromise }

func (c *promise) Step(w *World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.core == nil {
		return ""
	}
	if wrong := c.event(w, s); wrong != "" {
		return wrong
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Link.Half != core.Listening {
			continue
		}
		p := c.of(n, a.Peer)
		switch {
		case a.Command == core.STAY:
			*p = promised{a.Link, ev.At}
		case a.Command == core.PART && a.Link == p.link:
			p.link = core.Link{}
		}
	}
	return ""
}

// event holds a frame against the promise, and notes what ends it.
func (c *promise) event(w *World, s *Step) string {
	n, ev := s.Node, s.Event
	if ev.Link.Half != core.Listening {
		return ""
	}
	p := c.of(n, ev.Peer)
	if p.link != ev.Link {
		return ""
	}
	switch {
	case ev.Kind == core.EvLinkLost, ev.Kind == core.EvSendRefused && ev.Command == core.STAY,
		ev.Kind == core.EvFrame && ev.Command == core.PART:
		p.link = core.Link{}
		return ""
	case ev.Kind != core.EvFrame:
		return ""
	}
	if ev.At.Sub(p.heard) >= w.opts.Timing.Serve {
		p.link = core.Link{}
		return ""
	}
	if !serves(s) {
		return fmt.Sprintf("%s said STAY to %s on %v and ignores its %v", n.Name, ev.Peer, ev.Link, ev.Command)
	}
	if !dropped(s) {
		p.heard = ev.At
	}
	return ""
}

// dropped says whether a step did nothing with its frame.
func dropped(s *Step) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActDrop && a.Link == s.Event.Link && a.Drop != core.DropDuplicate && a.Drop != core.DropOverload {
			return true
		}
	}
	return false
}

// serves says whether a step did what a served peer can expect of it.
func serves(s *Step) bool {
	ev := s.Event
	for i := range s.Actions {
		a := &s.Actions[i]
		switch {
		case a.Kind == core.ActServe && a.Link == ev.Link:
			return true
		case a.Kind == core.ActSend && a.Link == ev.Link && (a.Command == core.TOCK || a.Command == core.BACK):
			return true
		case a.Kind == core.ActDrop && (a.Drop == core.DropOverload || a.Drop == core.DropDuplicate ||
			a.Drop == core.DropUndecodable || a.Drop == core.DropOversize || a.Drop == core.DropOwnName):
			return true
		}
	}
	return ev.Command != core.TICK && ev.Command != core.CALL && ev.Command != core.CAST
}

func (w *World) networkOf(n *Node) string {
	if n.Network != nil {
		return *n.Network
	}
	return w.opts.Network
}
