package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
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

func (*linkUse) Property() report.Property { return PropLinks }

func (c *linkUse) Step(_ World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	for len(c.accepted) <= n.Index {
		c.accepted = append(c.accepted, map[core.Link]bool{})
	}
	switch ev.Kind {
	case core.EvLinkUp, core.EvFrame:
		if ev.Link.Half == core.Listening {
			c.accepted[n.Index][ev.Link] = c.accepted[n.Index][ev.Link] || ev.Kind == core.EvLinkUp || n.Blind
		} else if d := c.of(n, ev.Peer); d.link == ev.Link {
			d.up = true
		}
	case core.EvLinkLost:
		delete(c.accepted[n.Index], ev.Link)
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
		if !answer && !c.accepted[n.Index][a.Link] {
			return fmt.Sprintf("%s sends %v to %s on %v, which is not there", n.Name, a.Command, a.Peer, a.Link)
		}
	}
	return ""
}

// Ended forgets a node's life.
func (c *linkUse) Ended(w World, n *Node) {
	c.perPeer.Ended(w, n)
	if n.Index < len(c.accepted) {
		c.accepted[n.Index] = map[core.Link]bool{}
	}
}
