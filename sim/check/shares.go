package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// PROTOCOL 7.11: "A peer may have as many requests served as it leaves free".
//
// shares is the half of P10 that holds each request that a step serves, or turns away,
// against that rule. It counts by what goes in and out, not by what the machine says.
type shares struct{ nodes []*served } // by index of the node; nil before the first request of a life

// served is what a node serves.
type served struct {
	requests map[core.Ticket]string // the peers whose requests these are
	of       map[string]int         // how many of each peer
}

// Ended forgets a node's life, and its handlers with it.
func (c *shares) Ended(_ World, n *Node) {
	if n.Index < len(c.nodes) {
		c.nodes[n.Index] = nil
	}
}

func (c *shares) step(b *bounds, s *Step) string {
	n, ev := s.Node, s.Event
	for len(c.nodes) <= n.Index {
		c.nodes = append(c.nodes, nil)
	}
	o := c.nodes[n.Index]
	if o == nil {
		o = &served{map[core.Ticket]string{}, map[string]int{}}
		c.nodes[n.Index] = o
	}
	if peer, ok := o.requests[ev.Ticket]; ok && ev.Kind == core.EvReply {
		delete(o.requests, ev.Ticket)
		o.of[peer]--
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		serves := a.Kind == core.ActServe
		if !serves && (a.Kind != core.ActDrop || a.Drop != core.DropOverload) {
			continue
		}
		b.judge()
		limits := n.Machine.Config().Limits
		of, free := o.of[a.Peer], limits.ServingMax-len(o.requests)
		if may := of < min(limits.ServingPeerMax, free); may != serves {
			return fmt.Sprintf("%s serves %d requests of %s, could serve %d more of anybody, and the next one is served: %v", n.Name, of, a.Peer, free, serves)
		}
		if serves {
			o.requests[a.Ticket] = a.Peer
			o.of[a.Peer]++
		}
	}
	return ""
}
