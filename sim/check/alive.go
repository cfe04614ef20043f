package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 4.1: "The dialler sends a TICK at least every LIVE_TIME, whatever arrives"
//
// alive is P20: a link is asked for a sign of life when it should be, and has the whole
// of its time to give one. When a node will act it says itself, by its deadline: a TICK
// that is to come later than that rule allows shows long before it is late. That an old
// dialler is not made to speak is nothing happening: it is looked for by audits.
type alive struct {
	tally
	*pulses // shared with notice
}

// pulses keep what the frames of each peer say of its being there. Two checkers share
// them: what a step costs a checker is mostly the way to what it keeps of the peer.
type pulses struct{ perPeer[pulse] }

// pulse is what they keep of one peer: two cache lines, of which most steps need the first.
type pulse struct {
	lifeline lifeline // for alive
	heard    heard    // for notice
}

// lifeline is what keeps the two halves of one peer alive.
type lifeline struct {
	state    core.State   // of the dial, after the latest step that was looked at
	served   bool         // the other half served then
	waits    bool         // something has gone out on the listening link since it was heard
	dial     packed       // that the last TICK went out on
	tick     core.Instant // when that was
	heard    core.Instant // when the last frame came in on the listening link
	listened              // that link
	stayed   core.Instant // when the last STAY came in

	former listened     // the listening link before, until that of a JOIN is told STAY
	sent   core.Instant // with waits, when the first thing went out
	nudged core.Instant // when the last CALL without a method did
}

// listened is a listening link.
type listened struct {
	link packed // zero before the first
	met  bool   // MEET has come in on it: its dialler sends TICKs whatever arrives
}

func newAlive(p *pulses) *alive { return &alive{pulses: p} }

func (*alive) Property() report.Property { return PropAlive }

func (c *alive) Step(w World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil || n.Machine.Stopped() {
		return ""
	}
	about := s.subjects()
	for i := range about {
		p := &about[i]
		st, _ := s.status(p)
		l := &c.at(n, p.place).lifeline
		wrong := ""
		if s.does(core.ActHangUp) && (l.state == core.Check || l.state == core.Limbo) {
			wrong = l.givenUp(w.Timing(), s, st, p.name)
		}
		l.state, l.served = st.Dialling, st.Listening == core.Serving
		switch ev.Kind {
		case core.EvFrame:
			if ev.Peer == p.name {
				l.comesIn(ev, st)
			}
		case core.EvSendRefused:
			l.unsaid(ev, st)
		}
		if s.does(core.ActSend) {
			l.goesOut(s, p.name)
		}
		if wrong == "" && asksSometimes(st.Dialling) {
			wrong = l.asks(w, s, st)
		}
		if l.state != core.Idle || l.served {
			c.judge()
		}
		if wrong != "" {
			return fmt.Sprintf("%s %s %s on %v", n.Name, wrong, p.name, l.dial)
		}
	}
	return ""
}

// comesIn enters a frame of the peer.
func (l *lifeline) comesIn(ev *core.Event, st *core.PeerStatus) {
	switch {
	case ev.Link.Half == core.Dialling:
		if ev.Command == core.STAY && ev.Link == st.DiallingLink { // one of a dial before is stale
			l.stayed = ev.At
		}
	case ev.Link == st.ListeningLink:
		if link := pack(ev.Link); l.link != link {
			l.former, l.listened = l.listened, listened{link: link}
		}
		l.met = l.met || ev.Command == core.MEET
		l.heard, l.waits = ev.At, false
	}
}

// unsaid enters that a frame of the step before was not sent.
func (l *lifeline) unsaid(ev *core.Event, st *core.PeerStatus) {
	if ev.Command == core.STAY && pack(ev.Link) == l.link && pack(st.ListeningLink) == l.former.link {
		l.listened = l.former // the JOIN changed nothing (3.6)
	}
}

// goesOut enters the frames that a step sends.
func (l *lifeline) goesOut(s *Step, peer string) {
	ev, alone := s.Event, len(s.subjects()) == 1
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || !alone && a.Peer != peer {
			continue
		}
		switch {
		case a.Link.Half == core.Dialling:
			if a.Command == core.TICK {
				l.dial, l.tick = pack(a.Link), ev.At
			}
		case pack(a.Link) == l.link && ev.At > l.heard:
			if !l.waits {
				l.waits, l.sent = true, ev.At
			}
			if a.Command == core.CALL && len(a.Method) == 0 {
				l.nudged = ev.At
			}
		}
	}
}

// asksSometimes says whether a dial is one on which TICKs go out.
func asksSometimes(s core.State) bool {
	return s == core.Limbo || s == core.Connected || s == core.Check
}

// PROTOCOL 4.5: "Until then it is in **Limbo** for us: we send a TICK every 2 s and do
// not hang up."
//
// asks says what is wrong with when the next TICK is due.
func (l *lifeline) asks(w World, s *Step, st *core.PeerStatus) string {
	t := w.Timing()
	every := t.Live
	if st.Dialling == core.Limbo {
		every = t.LimboTick
	}
	switch next := s.deadline; {
	case l.dial != pack(st.DiallingLink):
		return fmt.Sprintf("has a dial by %v (%v) that it has sent no TICK on, its last one went to", st.DiallingLink, st.Dialling)
	case next > l.tick.Add(every):
		return fmt.Sprintf("means to wait until %d with a dial (%v) on which it has sent the last TICK at %d of its clock, to", next, st.Dialling, l.tick)
	}
	return ""
}

// PROTOCOL 4.2: "A TICK that is not answered within LIVE_TIME ends the link."
// PROTOCOL 4.5: "after RETRY_TIME << MAXIMUM_BACKOFF without STAY or TOCK the link is
// given up."
//
// givenUp says what is wrong with the end of a dial that waits for a TOCK, in Check or
// Limbo, and that the node itself has ended: for no other half, user or frame.
func (l *lifeline) givenUp(t *core.Timing, s *Step, st *core.PeerStatus, peer string) string {
	since, wait := l.tick, t.Live
	if l.state == core.Limbo {
		since, wait = l.stayed, t.Retry<<t.BackoffMax
	}
	ev := s.Event
	if l.served || st.Listening == core.Serving || ev.Kind == core.EvDisconnect || ev.Peer == peer && pack(ev.Link) == l.dial {
		return ""
	}
	waited := ev.At.Sub(since)
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActHangUp && a.Peer == peer && pack(a.Link) == l.dial && waited < wait {
			return fmt.Sprintf("has given its dial up (%v) after %v of %v without an answer, to", l.state, waited, wait)
		}
	}
	return ""
}

// PROTOCOL 11.4: "To an old dialler that was sent something but not heard for LIVE_TIME,
// send a CALL with a fresh id and an empty method, and again every JOIN_TIME."
//
// Audit looks for old diallers that are not made to speak.
func (c *alive) Audit(w World, n *Node, peers []core.PeerStatus) string {
	t := w.Timing()
	now := w.ClockAt(n, w.Now()-w.WakeMax())
	if n.Machine.Deadline() <= now { // what it does about that comes first
		return ""
	}
	for i := range peers {
		st := &peers[i]
		if st.Listening != core.Serving {
			continue
		}
		l := &c.of(n, st.Name).lifeline
		if !l.waits || l.met || l.link != pack(st.ListeningLink) {
			continue
		}
		c.judge()
		if now > max(l.heard.Add(t.Live), l.sent, l.nudged).Add(t.Join) {
			return fmt.Sprintf("%s has sent to %s on %v and not heard it for %v, and does not make it speak (last CALL without a method at %d of its clock, %d now)",
				n.Name, st.Name, st.ListeningLink, now.Sub(l.heard), l.nudged, now)
		}
	}
	return ""
}
