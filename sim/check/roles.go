package check

import (
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// roles is P19: while both halves of a peer are up, what PROTOCOL 5.1 to 5.4 say of
// them happens when they say it. P2 has the bound that holds even where a node has
// learnt nothing of the other's dial.
type roles struct {
	tally
	*ledger // which other checkers share
}

// pairing is a peer of which both halves are up.
type pairing struct {
	peer  string       // its name on the wire
	state core.State   // of our dial, after the latest step that was looked at
	dial  core.Link    // its link
	heard core.Link    // of the listening half
	asked bool         // our dial has had no answer since both are up, or since its STAY
	since core.Instant // when that was; of a drain, when it began
	// What asked and since were before the newest JOIN, whose STAY may yet be refused.
	askedBefore bool
	sinceBefore core.Instant
}

func newRoles(l *ledger) *roles { return &roles{ledger: l} }

func (*roles) Property() report.Property { return PropRoles }

// Looks names the steps that have something for it: both halves come to be up where one of
// them joins, or is told that it has.
func (*roles) Looks() Looks {
	return looksPairs | OnCommands(core.STAY) | OnSent(core.JOIN, core.STAY)
}

func (c *roles) Step(w World, s *Step) string {
	a := c.ledger.enter(s)
	n := s.Node
	if n.Machine == nil || n.Machine.Stopped() {
		return ""
	}
	about := s.subjects()
	for i := range about {
		p := &about[i]
		st, _ := s.status(p)
		both := st.Listening == core.Serving && (established(st.Dialling) || st.Dialling == core.Handshake)
		at := a.pairOf(p.name)
		if at < 0 {
			if !both {
				continue
			}
			at = len(a.pairs)
			a.pairs = append(a.pairs, pairing{peer: p.name})
		}
		l := look{s: s, t: w.Timing(), now: a.now, in: a.at(p.place), st: st, p: &a.pairs[at]}
		l.was = *l.p
		c.judge()
		l.p.state, l.p.dial, l.p.heard = st.Dialling, st.DiallingLink, st.ListeningLink
		wrong := l.drain(a)
		if wrong == "" && both {
			wrong = l.both()
		}
		if !both {
			last := len(a.pairs) - 1
			a.pairs[at] = a.pairs[last]
			a.pairs = a.pairs[:last]
		}
		if wrong != "" {
			return fmt.Sprintf("%s has a dial to %s by %v, and serves it on %v, and %s", n.Name, p.name, st.DiallingLink, st.ListeningLink, wrong)
		}
	}
	return ""
}

// pairOf returns the place of a peer among those of which both halves are up, or -1.
func (a *account) pairOf(peer string) int {
	for i := range a.pairs {
		if a.pairs[i].peer == peer {
			return i
		}
	}
	return -1
}

// look is a look at one peer after a step.
type look struct {
	s   *Step            // that was taken
	t   *core.Timing     // of every node
	now core.Instant     // by the clock of the node
	in  *introduction    // of the node and the peer
	st  *core.PeerStatus // of the peer, after the step
	p   *pairing         // as it is from now on
	was pairing          // as it was
}

// due says whether a time has passed since the present wait began, and a step has had
// the chance to do something about it. A refused send is fed back in the middle of a step, so
// to speak: no timer is handled.
func (l *look) due(d time.Duration) bool {
	return l.now >= l.p.since.Add(d) && l.s.Event.Kind != core.EvSendRefused && len(l.s.Actions) < l.s.Node.Machine.Config().Limits.TimersStepMax
}

// both looks at a peer of which both halves are up and our dial does not drain.
func (l *look) both() string {
	anew := l.p.heard != l.was.heard // a JOIN that is repeated on one link asks nothing anew
	if l.in.joins.at == l.s.N {
		l.p.askedBefore, l.p.sinceBefore = l.p.asked, l.p.since
	}
	switch l.p.state {
	case core.Connected:
		l.p.asked = false
		// PROTOCOL 5.1: "Each end sends a TICK on its dial as soon as the other half serves."
		if l.was.heard != (core.Link{}) && l.p.heard != l.was.heard && l.in.joins.at == l.s.N {
			return "sends no TICK now that both are up"
		}
	case core.Handshake, core.Limbo, core.Check:
		switch ev := l.s.Event; {
		case ev.Kind == core.EvSendRefused && ev.Command == core.STAY && ev.Peer == l.p.peer: // all is as it was (3.6)
			l.p.asked, l.p.since = l.p.askedBefore, l.p.sinceBefore
		case anew || l.was.state == core.Handshake && l.p.state != core.Handshake:
			l.p.asked, l.p.since = true, l.now
		}
		// PROTOCOL 5.2: "A dial that is not answered within 2 s is hung up while the other
		// half serves"
		if l.p.asked && l.due(l.t.Answer) {
			return fmt.Sprintf("keeps the dial, though it has had no answer for %v", l.now.Sub(l.p.since))
		}
	}
	// PROTOCOL 5.3: "The higher name drains its own once a frame on the listening half,
	// later than its STAY, has proven the lower's dial"
	if j := &l.in.joins; Healthy(l.p.state) && l.s.Node.Called > l.p.peer && j.proven && j.joined == pack(l.p.heard) {
		return "does not drain the dial, though the other one is proven"
	}
	return ""
}

// PROTOCOL 5.4: "A dial that loses its role takes no new requests and is hung up when
// no call known to be pending uses it, not before JOIN_TIME and not after SERVE_TIME."
//
// drain looks at a dial that drains, or has done so until now.
func (l *look) drain(a *account) string {
	drained := l.was.state == core.Draining
	if l.p.state == core.Draining && (!drained || l.p.dial != l.was.dial) {
		l.p.since, l.p.asked = l.now, false
		switch {
		case l.s.Node.Called < l.p.peer:
			return "drains the dial, which the lower name keeps"
		case !l.in.joins.maybe && !l.in.before(l.s.N).maybe:
			return "drains the dial, though nothing has proven the other one"
		}
		return ""
	}
	if !drained || l.p.dial != l.was.dial {
		return ""
	}
	surely, maybe := a.uses(l.p.peer, l.p.dial, l.s.N)
	switch l.p.state {
	case core.Draining:
		switch {
		case sends(l.s, l.p.dial, core.TICK):
			return "sends a TICK on the dial, which drains"
		case l.due(l.t.Serve):
			return fmt.Sprintf("has let the dial drain for %v", l.now.Sub(l.p.since))
		case surely+maybe == 0 && l.due(l.t.Join):
			return fmt.Sprintf("has let the dial drain for %v, and nothing uses it", l.now.Sub(l.p.since))
		}
	case core.Check:
		if !sends(l.s, l.p.dial, core.TICK) {
			return "takes the dial back and sends no TICK"
		}
	case core.Idle:
		if ev := l.s.Event; l.st.Listening != core.Serving || ev.Link == l.p.dial && ev.Kind != core.EvSendRefused {
			return "" // the peer or the network has ended it
		}
		switch since := l.now.Sub(l.was.since); {
		case since < l.t.Join:
			return fmt.Sprintf("has hung up the dial after a drain of %v", since)
		case since < l.t.Serve && surely > 0:
			return fmt.Sprintf("has hung up the dial after a drain of %v, though %d calls used it", since, surely)
		}
	}
	return ""
}

// sends says whether a step sends a command on a link.
func sends(s *Step, link core.Link, c core.Command) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActSend && a.Command == c && a.Link == link {
			return true
		}
	}
	return false
}

// uses counts the calls that need a dial to a peer, after a step that may have sent
// them by another way instead; maybe those which a refused send has let go of, and those
// from before the dial joined anew, whose answer goes where the peer has it go.
//
// PROTOCOL 8.3: "A link that the callee had forgotten and that joined again counts
// as new."
func (a *account) uses(peer string, dial core.Link, step uint64) (surely, maybe int) {
	for _, c := range a.calls {
		r := c.row(peer)
		switch {
		case r == nil || !r.pending():
		case r.way.link == dial && (r.excused || r.way.unjoined), r.sentIn == step && r.before.link == dial && r.before.refused:
			maybe++
		case r.way.link == dial || r.sentIn == step && r.before.link == dial:
			surely++
		}
	}
	for i := range a.requests {
		if r := &a.requests[i]; r.peer == peer && r.link == dial {
			surely++
		}
	}
	return surely, maybe
}
