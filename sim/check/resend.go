package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 8.3: "A CALL is sent again only over a new link to the same incarnation of
// the callee, which will not run it twice, and only if extensions were in use where it
// was first sent." "A call that the callee's STAY says it has not run has not: if it went out only once, it
// is sent again, once, whatever the incarnation." "A call that its caller declared idempotent is sent again over any
// new link, also to an old peer."
//
// resend is P15: a CALL is sent again where that is allowed, as soon as it is, and
// nowhere else.
type resend struct {
	tally
	*ledger // which other checkers share
}

func newResend(l *ledger) *resend { return &resend{ledger: l} }

func (*resend) Property() report.Property { return PropResend }

// Looks names the steps that have something for it.
func (*resend) Looks() Looks { return looksCalls }

func (c *resend) Step(_ World, s *Step) string {
	a := c.ledger.enter(s)
	if s.Node.Machine == nil {
		return ""
	}
	for _, call := range a.calls {
		for i := range call.rows {
			r := &call.rows[i]
			if wrong := c.row(s, call, r); wrong != "" {
				return fmt.Sprintf("%s %s call k#%d", s.Node.Name, wrong, call.call)
			}
		}
	}
	return ""
}

// row looks at one peer that was asked.
func (c *resend) row(s *Step, call *asked, r *askedPeer) string {
	if r.sentIn == s.N && r.sent > 1 {
		c.judge()
		if wrong := again(call, r); wrong != "" {
			return wrong
		}
	}
	if !r.pending() {
		return ""
	}
	st, known := s.Status(r.peer)
	t := r.in.on(r.way.link)
	// A dialler's link that joins anew counts as new. A listener can't tell that of one on
	// which its peer was silent: the answer may still come.
	there := known && carries(st, r.way.link)
	if r.way.gone = !there || r.way.gone && r.way.link.Half == core.Dialling; !r.way.gone && !r.way.refused {
		// The listener has our MEET before the calls behind it.
		r.way.once = r.way.once || r.way.link.Half == core.Dialling && t.sure && t.incarnation == r.way.incarnation && t.offers(bitAtMostOnce)
		return ""
	}
	if r.excused || !st.Active {
		return ""
	}
	ways := 0
	for _, l := range [2]core.Link{st.DiallingLink, st.ListeningLink} {
		if l.Half == core.Dialling && !Healthy(st.Dialling) || l.Half == core.Listening && st.Listening != core.Serving {
			continue
		}
		if ways++; !may(call, r, st, l) {
			return ""
		}
	}
	if ways == 0 {
		return ""
	}
	c.judge()
	return fmt.Sprintf("can reach %s again (dial %v on %v, listening %v on %v) and does not send", r.peer, st.Dialling, st.DiallingLink, st.Listening, st.ListeningLink)
}

// may says whether a CALL surely may be sent again on a link that carries requests.
func may(call *asked, r *askedPeer, st *core.PeerStatus, l core.Link) bool {
	t := r.in.on(l)
	if call.idempotent || r.way.unrun { // on our dial at its first answer
		return l.Half == core.Listening || st.Dialling == core.Connected || t.sure
	}
	return r.way.once && t.sure && t.offers(bitAtMostOnce) && t.incarnation == r.way.incarnation
}

// again holds a CALL that was sent again against what allows it.
func again(call *asked, r *askedPeer) string {
	now := r.in.on(r.way.link)
	// A callee that has forgotten the caller tells another incarnation when it joins anew.
	forgotten := r.before.incarnation != 0 && now.incarnation != r.before.incarnation
	if r.way.link == r.before.link && !r.before.gone && !r.before.refused && !forgotten {
		return fmt.Sprintf("sends again to %s on %v, which was there all the time,", r.peer, r.way.link)
	}
	if call.idempotent || r.before.unrun && r.sent == 2 {
		return ""
	}
	switch {
	case !r.before.maybe:
		return fmt.Sprintf("sends again to %s by %v, though it went by %v first, where it may run twice,", r.peer, r.way.link, r.before.link)
	case !now.offers(bitAtMostOnce):
		return fmt.Sprintf("sends again to %s by %v, where it may run twice,", r.peer, r.way.link)
	case now.incarnation != r.before.incarnation:
		return fmt.Sprintf("sends again to %s, which is another incarnation now,", r.peer)
	}
	return ""
}
