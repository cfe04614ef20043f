package check

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 5.4: "A dial that loses its role takes no new requests and is hung up when
// no call known to be pending uses it, not before JOIN_TIME and not after SERVE_TIME."
//
// oneLink is P2. Of several links to a peer a node uses one for new requests; what
// it has asked on the others is still answered there. When the role goes over from
// one half to the other the old link drains, and that ends: a pair that keeps both
// halves up for longer than the longest drain would never settle on one.
type oneLink struct {
	tally
	perPeer[offers]
}

// offers says by which links requests went to one peer.
type offers struct {
	current core.Link // that the latest request went by, while it is up
	former  core.Link // that the ones before went by, while it may still be up
	proven  bool      // a TOCK has come in on former since the first one that went by current
	// Findings of audits. Both halves may be up during a drain only.
	both         core.Instant  // when both were first seen up; zero: they are not
	dial, listen core.Link     // their links then
	audited      time.Duration // when the latest audit was
}

func newOneLink() *oneLink { return &oneLink{} }

func (*oneLink) Property() report.Property { return PropOneLink }

func (c *oneLink) Step(w World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if !isRequest(a) {
			continue
		}
		c.judge()
		if wrong := c.offer(w, n, a); wrong != "" {
			return wrong
		}
	}
	if ev := s.Event; ev.Kind == core.EvFrame && ev.Command == core.TOCK && !dropped(s) {
		if o := c.of(n, ev.Peer); o.former == ev.Link {
			o.proven = true
		}
	}
	about := s.subjects()
	for i := range about {
		o := c.at(n, about[i].place)
		if o.former == (core.Link{}) && o.current == (core.Link{}) {
			continue
		}
		st, _ := s.status(&about[i])
		if st.Dialling == core.Draining {
			continue
		}
		// Should one of them come back, as a dial does that joins again, it comes back anew.
		if !linkHealthy(st, o.former) {
			o.former = core.Link{}
		}
		if !linkHealthy(st, o.current) {
			o.current = core.Link{}
		}
	}
	return ""
}

// linkHealthy says whether new requests may go by a link.
func linkHealthy(st *core.PeerStatus, l core.Link) bool {
	if l.Half == core.Dialling {
		return st.DiallingLink == l && Healthy(st.Dialling)
	}
	return st.ListeningLink == l && st.Listening == core.Serving
}

// PROTOCOL 5.3: "Until the lower's dial is proven, new requests go from the lower name by
// the listening half and from the higher name by its dial; then both use the lower's
// dial."
//
// offer looks at one request that is sent. A node may go over to another link, but not back
// to the former one while the present one is healthy, unless that is the lower name's dial
// and has been proven anew.
func (c *oneLink) offer(w World, n *Node, a *core.Action) string {
	if a.Peer == n.Called {
		return n.Name + " sends a request to itself"
	}
	// An original accepts a peer of another network that it has dialled itself,
	// and the wire does not show it.
	if other := w.Node(a.Peer); other != nil && !other.Old && other.Network != n.Network && w.Honest() && !w.Strayed(n, a.Peer) {
		return fmt.Sprintf("%s offers a request to %s of another network", n.Name, a.Peer)
	}
	// The status is that after the step: a dial that drains only from this step on has
	// not been offered anything by it.
	st, _ := n.Machine.Status(a.Peer)
	if st.Dialling == core.Draining && a.Link == st.DiallingLink {
		return fmt.Sprintf("%s offers a new request to %s on %v, which drains", n.Name, a.Peer, a.Link)
	}
	o := c.of(n, a.Peer)
	if a.Link == o.current {
		return ""
	}
	back := o.proven && a.Link.Half == core.Dialling && n.Called < a.Peer
	if a.Link == o.former && !back && linkHealthy(&st, o.current) {
		return fmt.Sprintf("%s offers requests to %s on %v again, though %v is healthy", n.Name, a.Peer, a.Link, o.current)
	}
	o.former, o.current, o.proven = o.current, a.Link, false
	return ""
}

// Audit looks for pairs that keep both halves up for longer than a drain.
func (c *oneLink) Audit(w World, n *Node, peers []core.PeerStatus) string {
	now, t := w.ClockAt(n, w.Now()), w.Timing()
	for i := range peers {
		st := &peers[i]
		if other := w.Node(st.Name); other != nil && other.Twin {
			continue // one half may lead to each of the twins
		}
		o := c.of(n, st.Name)
		// A node that was paused had no chance to end either.
		same := o.dial == st.DiallingLink && o.listen == st.ListeningLink && w.Now()-o.audited <= t.Live
		o.dial, o.listen, o.audited = st.DiallingLink, st.ListeningLink, w.Now()
		switch both := established(st.Dialling) && st.Listening == core.Serving; {
		case !both:
			o.both = 0
		case o.both == 0 || !same:
			o.both = now + 1
		case now.Sub(o.both) > 2*t.Serve+2*t.Live && w.Honest() && !w.Strayed(n, st.Name):
			return fmt.Sprintf("%s has had both halves of %s up for %v: dial %v, listening %v", n.Name, st.Name, now.Sub(o.both), st.Dialling, st.Listening)
		}
	}
	return ""
}
