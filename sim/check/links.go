package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 2.3: "Every send names its link. Nothing is sent on a link that was not
// dialled or accepted, except STAY or PART in answer to a frame."
//
// linkUse is P3. A listening link is there from its EvLinkUp to its EvLinkLost, a
// dialled one from its EvLinkUp to its ActHangUp or EvLinkLost. Where the driver
// reports no links, frames show that a listening link is there, and a dial counts
// as up at once, since the socket keeps what is sent before.
type linkUse struct {
	tally
	perPeer[openDial]
	listening []map[core.Link]bool // by index of the node: listening links that are there
}

// openDial is the dial to one peer that has not been hung up.
type openDial struct {
	link core.Link // zero if there is none
	up   bool      // it was reported up; a blind node's always counts as up
}

func newLinkUse() *linkUse { return &linkUse{} }

func (*linkUse) Property() report.Property { return PropLinks }

func (c *linkUse) Step(_ World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	for len(c.listening) <= n.Index {
		c.listening = append(c.listening, map[core.Link]bool{})
	}
	switch ev.Kind {
	case core.EvLinkUp, core.EvFrame: // a blind node learns of a link by its first frame
		if ev.Link.Half == core.Listening {
			if ev.Kind == core.EvLinkUp || n.Blind {
				c.listening[n.Index][ev.Link] = true
			}
		} else if d := c.of(n, ev.Peer); d.link == ev.Link {
			d.up = true
		}
	case core.EvLinkLost:
		delete(c.listening[n.Index], ev.Link)
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

// action looks at one action, and notes what it does to links.
func (c *linkUse) action(n *Node, ev *core.Event, a *core.Action) string {
	switch a.Kind {
	case core.ActDial:
		c.judge()
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
		c.judge()
		// Timers that are due come before the event: they don't know of the loss yet.
		loses := ev.Kind == core.EvLinkLost && ev.Link == a.Link
		if a.Link.Half == core.Dialling {
			if d := c.of(n, a.Peer); (d.link != a.Link || !d.up) && !loses {
				return fmt.Sprintf("%s sends %v to %s on %v, which is not up", n.Name, a.Command, a.Peer, a.Link)
			}
			return ""
		}
		// STAY or PART may answer a frame of a link that nobody has reported up.
		answer := (a.Command == core.STAY || a.Command == core.PART) && ev.Kind == core.EvFrame && ev.Link == a.Link
		if !answer && !loses && !c.listening[n.Index][a.Link] {
			return fmt.Sprintf("%s sends %v to %s on %v, which is not there", n.Name, a.Command, a.Peer, a.Link)
		}
	}
	return ""
}

// Ended forgets a node's life, and its listening links with it.
func (c *linkUse) Ended(w World, n *Node) {
	c.perPeer.Ended(w, n)
	if n.Index < len(c.listening) {
		c.listening[n.Index] = map[core.Link]bool{}
	}
}
