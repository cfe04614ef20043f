package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.4: "A request is run at most once for a call id of an incarnation of the
// caller."
//
// once is P5. A run is named by its call and by who ran it, through all lives
// of both. It speaks of links on which the callee has learnt who the caller is:
// before that at-most-once is not in use (PROTOCOL 8.2), and a repeated JOIN may
// be that of an original in its next life, which counts its calls from 1 again. A callee
// that has forgotten the caller has to be told anew; its STAY shows that it has.
type once struct {
	tally
	perPeer[introduced]
	runs map[run]bool // the handlers that have run
}

// introduced is what a node and a peer have told each other of themselves.
type introduced struct {
	link core.Link // on which the peer last told its incarnation
	own  uint64    // the incarnation that the node told the peer last; zero: none
}

// run is a handler that runs.
type run struct {
	call   uint64 // the number of its call, which is unique in the world
	callee int    // index of the node
}

func newOnce() *once { return &once{runs: map[run]bool{}} }

func (*once) Property() report.Property { return PropOnce }

// forgotten finds the STAY or MEET of a node that has forgotten a peer: it tells another
// incarnation than before.
func (c *once) forgotten(s *Step) {
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Command != core.STAY && a.Command != core.MEET {
			continue
		}
		in := c.of(s.Node, a.Peer)
		if incarnation, _, ok := parseMeet(a.Body); ok && incarnation != in.own {
			*in = introduced{own: incarnation}
		}
	}
}

func (c *once) Step(w World, s *Step) string {
	c.forgotten(s)
	if ev := s.Event; ev.Kind == core.EvFrame && (ev.Command == core.MEET || ev.Command == core.STAY && len(ev.Body) > 0) && !dropped(s) {
		c.of(s.Node, ev.Peer).link = ev.Link
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActServe || s.Node.Machine == nil || s.Node.Repeats || !w.Honest() || c.of(s.Node, a.Peer).link != a.Link {
			continue
		}
		// An old peer sends a call that gets no reply once more, under a new id.
		call, idempotent, ok := echo.ParseArgs(a.Body)
		if caller := w.Node(a.Peer); !ok || idempotent || caller == nil || caller.Old {
			continue
		}
		c.judge()
		r := run{call, s.Node.Index}
		if c.runs[r] && !w.Strayed(s.Node, a.Peer) { // a caller of two names has asked twice
			return fmt.Sprintf("%s runs the handler of call k#%d of %s a second time", s.Node.Name, call, a.Peer)
		}
		c.runs[r] = true
	}
	return ""
}
