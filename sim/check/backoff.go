package check

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 6.3: "After a failed phase the next one begins RETRY_TIME << k later; k rises
// by one, to at most MAXIMUM_BACKOFF. STAY, TOCK or JOIN of the peer set it back to
// zero, and so does the user (6.10)."
//
// backoff is P7. It looks at the exponent and the state of a dialling half after
// every step that may have changed them, and holds how long the half stayed in
// Waiting against what led it there.
type backoff struct {
	tally
	perPeer[wait]
	reaching
	last []core.Instant // by index of the node: its latest step before this one that handled all timers
}

// wait is the wait before the next dial phase to one peer.
type wait struct {
	state       core.State    // of the dialling half, after the latest step that was looked at
	k           int           // the exponent then
	begun       core.Instant  // when the latest wait began
	least, most time.Duration // how long it lasts
	joinState   core.State    // state before the step of the peer's latest JOIN
	joinK       int           // and k
}

func newBackoff() *backoff { return &backoff{} }

func (*backoff) Property() report.Property { return PropBackoff }

func (c *backoff) Step(w World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	for len(c.last) <= n.Index {
		c.last = append(c.last, 0)
	}
	wrong := c.each(s, func(who placed) (string, core.State) {
		p := c.at(n, who.place)
		wrong := c.peer(w, s, p, who.name)
		return wrong, p.state
	})
	if s.deadline > s.Event.At { // it left no timer for the next step
		c.last[n.Index] = s.Event.At
	}
	return wrong
}

// peer looks at what a step did to the wait for one peer: the exponent rises by one
// at a time, and falls to zero only with an event of that peer; a wait is not cut
// short, and none lasts past a step that could have ended it.
func (c *backoff) peer(w World, s *Step, p *wait, peer string) string {
	n, at, t := s.Node, s.Event.At, w.Timing()
	st, known := s.Status(peer)
	before := *p
	p.state, p.k = st.Dialling, st.Backoff
	if !known {
		return ""
	}
	fromPeer := s.Event.Peer == peer
	// A STAY that can't be sent takes its JOIN back: backoff and wait go on.
	taken := s.Event.Kind == core.EvSendRefused && s.Event.Command == core.STAY
	switch {
	case taken:
	case st.Backoff > t.BackoffMax:
		return fmt.Sprintf("%s backs off from %s with exponent %d, above the cap of %d", n.Name, peer, st.Backoff, t.BackoffMax)
	case st.Backoff > before.k+1:
		return fmt.Sprintf("%s raises its backoff from %s by more than one, from %d to %d", n.Name, peer, before.k, st.Backoff)
	case st.Backoff < before.k && (st.Backoff != 0 || !fromPeer):
		return fmt.Sprintf("%s lowers its backoff from %s from %d to %d without a sign of life", n.Name, peer, before.k, st.Backoff)
	}
	// A node that is paused, or whose clock jumps, dials late; what counts is whether
	// it has stepped since the wait was over.
	redialled := granted(s, core.EvRedial, peer)
	switch {
	case !redialled:
	case st.Backoff != 0:
		return fmt.Sprintf("%s goes on to back off from %s with exponent %d, though its user wants it redialled", n.Name, peer, st.Backoff)
	case st.Dialling == core.Waiting || before.state == core.Waiting && !dials(s, peer):
		return fmt.Sprintf("%s does not dial %s, though its user wants it redialled", n.Name, peer)
	}
	if before.state == core.Waiting && dials(s, peer) && !redialled {
		c.judge()
		switch waited := at.Sub(before.begun); {
		case waited < before.least:
			return fmt.Sprintf("%s dials %s after a wait of %v, which is less than %v", n.Name, peer, waited, before.least)
		case c.last[n.Index] > before.begun.Add(before.most):
			return fmt.Sprintf("%s dials %s after a wait of %v, though it stepped after %v", n.Name, peer, waited, before.most)
		}
	}
	if fromPeer && s.Event.Kind == core.EvFrame && s.Event.Command == core.JOIN {
		p.joinState, p.joinK = before.state, before.k
	}
	switch {
	case st.Dialling != core.Waiting || before.state == core.Waiting:
	case !taken:
		p.begun = at
		p.least, p.most = waitBounds(s, peer, before.k, t)
	case p.joinState != core.Waiting: // a timer began the wait in the step of that JOIN
		p.begun = at
		p.least, p.most = t.Retry<<p.joinK, t.Retry<<p.joinK
	}
	return ""
}

// granted says whether a user's event of that kind about a peer is what a step was fed,
// and was not refused.
func granted(s *Step, kind core.EventKind, peer string) bool {
	for i := range s.Actions {
		if s.Actions[i].Kind == core.ActRefuse {
			return false
		}
	}
	return s.Event.Kind == kind && s.Event.Peer == peer
}

// dials says whether a step dials a peer.
func dials(s *Step, peer string) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActDial && a.Peer == peer {
			return true
		}
	}
	return false
}

// waitBounds returns how long the wait is that a step led to. An event that was
// refused or dropped is not its cause: a timer that was due came before it.
func waitBounds(s *Step, peer string, k int, t *core.Timing) (least, most time.Duration) {
	ev := s.Event
	taken := ev.Peer == peer
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Peer == peer && (a.Kind == core.ActRefuse || a.Kind == core.ActDrop && a.Drop != core.DropNetwork && a.Drop != core.DropTwin) {
			taken = false
		}
	}
	part := taken && ev.Kind == core.EvFrame && ev.Command == core.PART
	switch {
	case taken && ev.Kind == core.EvConnect:
		return t.FirstStart, t.FirstStart
	case part && len(ev.Body) < 2:
		return t.BasePart, t.BasePart + 255*t.RandPart
	case part && ev.Body[1] == 4: // another node has the name
		return t.Retry, 2 * t.Retry
	case part: // a reason: wrong network, or one that a later version has
		return min(t.BasePart, t.Retry<<k), max(t.BasePart+255*t.RandPart, t.Retry<<k)
	}
	return t.Retry << k, t.Retry << k
}
