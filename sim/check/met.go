package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.2: "The dialler answers STAY with MEET; the listener answers MEET with
// MEET. Neither end uses an extension on a link before the other's MEET. MEET is
// repeated with each TICK until it is acknowledged."
//
// met is L5: once faults have stopped, each end of a link between two nodes of ours has
// heard the other's MEET there, which names the present incarnation and offers every
// extension. Until then, and not for longer, the dialler repeats its own. What a node
// tells a peer of its incarnation stays the same for as long as it remembers the peer.
type met struct {
	tally
	*ledger // which other checkers share
}

func newMet(l *ledger) *met { return &met{ledger: l} }

func (*met) Property() report.Property { return PropMet }

// Looks names the steps that have something for it. Most TICKs go out on links on which
// both ends have met.
func (*met) Looks() Looks {
	return OnSent(core.STAY, core.MEET) | looksUnmet
}

func (c *met) Step(w World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil || !w.Honest() {
		return ""
	}
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind != core.ActSend {
			continue
		}
		wrong := ""
		switch {
		case act.Command == core.TICK:
			wrong = a.repeats(s, act)
		case act.Command == core.STAY || act.Command == core.MEET:
			wrong = a.oneIncarnation(w, s, act)
		}
		if wrong != "" {
			return fmt.Sprintf("%s sends %v to %s on %v, %s", s.Node.Name, act.Command, act.Peer, act.Link, wrong)
		}
	}
	return ""
}

// repeats holds a TICK against what the peer has said of itself on its link.
func (a *account) repeats(s *Step, act *core.Action) string {
	t := a.of(act.Peer).on(act.Link)
	switch tells := sends(s, act.Link, core.MEET); {
	case t.stay && !t.meet && !tells:
		return "and does not repeat its MEET, to which there was no answer"
	case t.stay && t.sure && t.at != s.N && tells:
		return "and repeats its MEET, to which there was one"
	}
	return ""
}

// PROTOCOL 8.1: "what an incarnation promises, that a call is not run twice, holds no
// longer than the memory of the peer does."
//
// oneIncarnation holds what a node says of itself against what it has said before. A
// peer is forgotten after SERVE_TIME without a link, or sooner to make room for another.
func (a *account) oneIncarnation(w World, s *Step, act *core.Action) string {
	incarnation, bits, ok := parseMeet(act.Body)
	in := a.of(act.Peer)
	switch {
	case !ok || bits != allBits:
		return fmt.Sprintf("with %x, which does not offer every extension", act.Body)
	case in.toldIn == s.N && in.toldBefore != 0 && in.toldBefore != incarnation &&
		a.now.Sub(in.toldBeforeAt) < w.Timing().Serve && s.Node.Machine.Config().Limits.PeersMax >= core.DefaultLimits().PeersMax:
		return fmt.Sprintf("as incarnation %x, though it has said %x only %v ago", incarnation, in.toldBefore, a.now.Sub(in.toldBeforeAt))
	}
	return ""
}

// Quiet looks at the peers of a node when everything has come to rest.
func (c *met) Quiet(w World, n *Node, peers []core.PeerStatus) string {
	if !w.Honest() || n.Twin {
		return ""
	}
	for i := range peers {
		st := &peers[i]
		other := w.Node(st.Name)
		if !st.Active || other == nil || other.Machine == nil || other.Twin || w.Strayed(n, st.Name) {
			continue // or speaks to somebody else by that name
		}
		back, _ := other.Machine.Status(n.Called)
		if !back.Active || other.Machine.Stopped() {
			continue
		}
		in, its := c.ledger.of(n).of(st.Name), c.ledger.of(other).of(n.Called)
		link := st.ListeningLink
		met, served := its.on(back.DiallingLink), in
		if Healthy(st.Dialling) {
			link = st.DiallingLink
			met, served = in.on(link), its
		}
		if joinedLate(&met, served) {
			continue
		}
		c.judge()
		t, tells := in.on(link), its.own
		switch {
		case !t.meet:
			return fmt.Sprintf("%s and %s are linked by %v, and %s has heard no MEET on it that it can read", n.Name, st.Name, link, n.Name)
		case t.bits != allBits:
			return fmt.Sprintf("%s and %s are linked by %v, and %s has said there that it knows extensions %b", n.Name, st.Name, link, st.Name, t.bits)
		case t.incarnation != tells:
			return fmt.Sprintf("%s and %s are linked by %v, and %s knows incarnation %x of the other one, which is %x", n.Name, st.Name, link, n.Name, t.incarnation, tells)
		case !st.Ours:
			return fmt.Sprintf("%s takes %s for an old peer", n.Name, st.Name)
		}
	}
	return ""
}

// joinedLate says whether a listener has forgotten its dialler and then served its link
// again for an earlier JOIN that has come late: the dialler had met it there, and has not
// joined since. Where the STAY is lost, the dialler can't know.
func joinedLate(met *told, served *introduction) bool {
	return met.sure && met.at < served.joins.at && met.incarnation != served.own
}
