package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// The bits of extensions (PROTOCOL 8.6).
const (
	bitAtMostOnce = 1 << iota
	bitReasons
	bitVoid
	bitHeads
	allBits = bitAtMostOnce | bitReasons | bitVoid | bitHeads
)

// introduction is what a node and one of its peers have told each other.
type introduction struct {
	up    bool         // the peer was last said to be active
	told  [2]told      // what it said of itself, on the latest link of each half
	own   uint64       // incarnation that the node told it last; zero if none
	ownAt core.Instant // when
	// What it told before the step with that number.
	toldIn       uint64
	toldBefore   uint64
	toldBeforeAt core.Instant
	joins        accepted // its dials
	// The same, and what the peer had said on the link, before the latest STAY.
	undo     accepted
	undoTold told
	prior    accepted // and before the step with the number priorTo
	priorTo  uint64
}

// accepted is what a node has made of the dials of a peer.
type accepted struct {
	joined packed // that was told STAY last; zero if that has ended
	former packed // that it took the place of; zero if that had ended, or was told so
	at     uint64 // the step of that STAY
	proven bool   // a frame has come in on joined since
	maybe  bool   // one has come in, be it that it was dropped
}

// told is what a peer has told of itself on a link.
type told struct {
	link        packed // the latest of its half on which anything was said
	incarnation uint64 // zero until it is told
	bits        uint32 // of extensions
	stay        bool   // a STAY of ours came in on the link
	meet        bool   // a MEET has come in
	known       uint32 // the bits that the latest STAY or MEET has told
	sure        bool   // a MEET has, later than any JOIN, STAY or PART on the link
	at          uint64 // the step in which the latest MEET came in
	holds       bool   // a STAY or MEET has, and no PART later: one MEET alone does not change it
	doubt       uint64 // the other incarnation that the last MEET has told, zero if none
	to          uint64 // what the node had told of itself then
}

// of returns what a node and a peer have told each other, nothing at first.
func (a *account) of(peer string) *introduction {
	return a.ledger.links.of(a.node, peer)
}

// at is of for the peer of a place.
func (a *account) at(place int) *introduction { return a.ledger.links.at(a.node, place) }

// before returns what the peer's dials were before a step, which has been entered.
func (in *introduction) before(step uint64) accepted {
	if in.priorTo == step {
		return in.prior
	}
	return in.joins
}

// change is called before joins is changed by a step.
func (in *introduction) change(step uint64) {
	if in.priorTo != step {
		in.prior, in.priorTo = in.joins, step
	}
}

// on returns what the peer has told on a link, zero if nothing.
func (in *introduction) on(l core.Link) told {
	if t := &in.told[l.Half&1]; t.link == pack(l) {
		return *t
	}
	return told{}
}

// earlier returns what the peer had told on a link that a step has used before it made
// another one current, as a timer that was due with a JOIN may.
func (in *introduction) earlier(l core.Link, step uint64) told {
	if in.joins.at == step && in.undoTold.link == pack(l) {
		return in.undoTold
	}
	return in.on(l)
}

// tells returns the record of a link, which is the latest of its half.
func (a *account) tells(in *introduction, l core.Link) *told {
	t := &in.told[l.Half&1]
	if link := pack(l); t.link != link {
		a.unmet -= t.unmet()
		*t = told{link: link}
	}
	return t
}

// unmet is 1 for a link on which STAY has come in, and no MEET, which the dialler has to
// repeat its own for; 0 for any other.
func (t *told) unmet() int {
	if t.stay && !t.meet {
		return 1
	}
	return 0
}

// offers says whether the peer has said on a link that it knows an extension, and has
// not joined it anew since.
func (t *told) offers(bit uint32) bool { return t.meet && t.bits&bit != 0 }

// knows says whether the peer has said on a link that it understands an extension that needs
// no MEET.
func (t *told) knows(bit uint32) bool { return t.known&bit != 0 }

// meetBytes is the least size of what a STAY or MEET of ours tells: version, extensions,
// incarnation.
const meetBytes = 1 + 4 + 8

// parseMeet reads what a STAY or MEET of ours tells.
func parseMeet(body []byte) (incarnation uint64, bits uint32, ok bool) {
	if len(body) < meetBytes || body[0] == 0 {
		return 0, 0, false
	}
	return bigEndian(body[5:meetBytes]), uint32(bigEndian(body[1:5])), true
}

// hear enters what a frame, the loss of a link or a user's wish says about links.
func (a *account) hear(s *Step) {
	ev := s.Event
	switch ev.Kind {
	case core.EvLinkLost:
		a.of(ev.Peer).ended(ev.Link, s.N)
		return
	case core.EvConnect: // frames that came in before this one were passed over
		in := a.of(ev.Peer)
		in.change(s.N)
		in.joins.maybe = true
		return
	}
	listening := ev.Link.Half == core.Listening
	switch ev.Command {
	case core.TOCK:
		return
	case core.STAY, core.MEET, core.PART:
	case core.JOIN:
		return // what counts is its STAY
	default:
		// Whether the peer's dial is proven matters beside a dial of ours only; most nodes
		// have none to those that dial them.
		if !listening {
			return
		}
		if st, known := s.Status(ev.Peer); known && st.Address == "" && st.Dialling == core.Idle {
			return
		}
	}
	in := a.of(ev.Peer)
	if listening && pack(ev.Link) == in.joins.joined && !in.joins.proven {
		in.change(s.N)
		in.joins.maybe = true
		in.joins.proven = !dropped(s)
	}
	switch ev.Command {
	case core.STAY, core.MEET, core.PART:
		if !dropped(s) {
			a.learn(in, s)
		}
	}
}

// learn enters what a STAY, MEET or PART that counts says.
func (a *account) learn(in *introduction, s *Step) {
	ev := s.Event
	switch ev.Command {
	case core.PART:
		t := a.tells(in, ev.Link)
		t.sure, t.holds = false, false
		in.ended(ev.Link, s.N)
		if reasonOf(ev.Body) == reasonNotJoined {
			a.unjoined(ev.Peer, ev.Link)
		}
	case core.STAY, core.MEET:
		if incarnation, bits, ok := parseMeet(ev.Body); ok && !a.tells(in, ev.Link).contradicts(s, incarnation) {
			a.introduce(in, s, incarnation, bits)
			if ev.Command == core.STAY {
				a.unrun(ev, incarnation)
			} else if bits&bitAtMostOnce != 0 {
				a.metSince(ev.Peer, ev.Link)
			}
		}
	}
}

// PROTOCOL 8.2: "If a MEET of the listener tells another incarnation than it has told
// before on the link, the dialler says MEET again; it counts if the next one tells it too."
//
// contradicts says whether what comes in is a first such MEET, which does not count.
func (t *told) contradicts(s *Step, incarnation uint64) bool {
	if s.Event.Command != core.MEET || t.link.link().Half != core.Dialling || !t.holds || incarnation == t.incarnation || incarnation == t.doubt {
		return false
	}
	t.doubt, t.at = incarnation, s.N
	return true
}

// introduce enters that a peer has told its incarnation.
func (a *account) introduce(in *introduction, s *Step, incarnation uint64, bits uint32) {
	t := a.tells(in, s.Event.Link)
	a.unmet -= t.unmet()
	t.incarnation, t.doubt, t.holds = incarnation, 0, true
	t.known = bits
	t.to = in.own
	if s.Event.Command == core.STAY {
		t.stay, t.sure = true, false
	} else {
		t.meet, t.sure, t.bits, t.at = true, true, bits, s.N
	}
	a.unmet += t.unmet()
	for i := range a.requests { // that came by the link before
		if r := &a.requests[i]; r.peer == s.Event.Peer && r.link == s.Event.Link && r.life == 0 {
			r.life = incarnation
		}
	}
}

// say enters a frame that is sent.
func (a *account) say(s *Step, act *core.Action) {
	switch act.Command {
	case core.CALL:
		a.ask(s, act)
	case core.STAY:
		a.nameUnrun(act)
		in := a.of(act.Peer)
		in.change(s.N)
		in.undo, in.undoTold = in.joins, in.told[act.Link.Half&1]
		t := a.tells(in, act.Link)
		t.sure = false
		if link := pack(act.Link); in.joins.joined != link {
			in.joins = accepted{joined: link, former: in.joins.joined}
		}
		in.joins.at, in.joins.proven = s.N, false
		in.tell(a, s.N, act.Body)
		if t.to != 0 && t.to != in.own { // the node has forgotten the peer, and what it said
			*t = told{link: pack(act.Link)}
		}
	case core.PART:
		if r := reasonOf(act.Body); r == reasonLeaving || r == reasonReplaced {
			a.of(act.Peer).ended(act.Link, s.N)
		}
	case core.MEET:
		a.of(act.Peer).tell(a, s.N, act.Body)
	case core.JOIN:
		a.tells(a.of(act.Peer), act.Link).sure = false
	}
}

// ended enters that a link of the peer's is over.
func (in *introduction) ended(l core.Link, step uint64) {
	in.change(step)
	switch pack(l) {
	case in.joins.joined:
		in.joins = accepted{former: in.joins.former}
	case in.joins.former:
		in.joins.former = 0
	}
}

// tell enters the incarnation that a node has told a peer.
func (in *introduction) tell(a *account, step uint64, body []byte) {
	if incarnation, _, ok := parseMeet(body); ok {
		if in.toldIn != step {
			in.toldIn, in.toldBefore, in.toldBeforeAt = step, in.own, in.ownAt
		}
		in.own, in.ownAt = incarnation, a.now
	}
}

// unsay enters that a frame of the step before was not sent, as the step's event says.
func (a *account) unsay(s *Step) {
	ev := s.Event
	in := a.of(ev.Peer)
	switch ev.Command {
	case core.STAY:
		in.own, in.ownAt = in.toldBefore, in.toldBeforeAt
		a.unmet += in.undoTold.unmet() - in.told[ev.Link.Half&1].unmet()
		in.told[ev.Link.Half&1] = in.undoTold
		in.change(s.N)
		in.joins = in.undo
		a.excuse(ev.Peer, ev.Link, 0)
	case core.CALL:
		a.excuse(ev.Peer, ev.Link, ev.ID)
	}
}
