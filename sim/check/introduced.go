package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
)

// The bits of extensions (PROTOCOL 8.6).
const (
	bitAtMostOnce = 1 << iota
	bitReasons
	bitVoid
	allBits = bitAtMostOnce | bitReasons | bitVoid
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
	joined core.Link // that was told STAY last; zero if that has ended
	former core.Link // that it took the place of; zero if that had ended, or was told so
	at     uint64    // the step of that STAY
	proven bool      // a frame has come in on joined since
	maybe  bool      // one has come in, be it that it was dropped
}

// told is what a peer has told of itself on a link.
type told struct {
	link        core.Link // the latest of its half on which anything was said
	incarnation uint64    // zero until it is told
	bits        uint32    // of extensions
	stay        bool      // a STAY of ours came in on the link
	meet        bool      // a MEET has come in
	sure        bool      // a MEET has, later than any JOIN, STAY or PART on the link
	at          uint64    // the step in which the latest MEET came in
}

// of returns what a node and a peer have told each other, nothing at first.
func (a *account) of(peer string) *introduction {
	if a.last != nil && a.lastName == peer {
		return a.last
	}
	in := a.links[peer]
	if in == nil {
		in = &introduction{}
		a.links[peer] = in
	}
	a.lastName, a.last = peer, in
	return in
}

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
	if t := &in.told[l.Half&1]; t.link == l {
		return *t
	}
	return told{}
}

// earlier returns what the peer had told on a link that a step has used before it made
// another one current, as a timer that was due with a JOIN may.
func (in *introduction) earlier(l core.Link, step uint64) told {
	if in.joins.at == step && in.undoTold.link == l {
		return in.undoTold
	}
	return in.on(l)
}

// tells returns the record of a link, which is the latest of its half.
func (in *introduction) tells(l core.Link) *told {
	t := &in.told[l.Half&1]
	if t.link != l {
		*t = told{link: l}
	}
	return t
}

// offers says whether the peer has said on a link that it knows an extension, and has
// not joined it anew since.
func (t *told) offers(bit uint32) bool { return t.meet && t.bits&bit != 0 }

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

// hear enters what a frame says about its link.
func (a *account) hear(s *Step) {
	ev := s.Event
	switch ev.Kind {
	case core.EvFrame:
	case core.EvLinkLost:
		a.of(ev.Peer).ended(ev.Link, s.N)
		return
	case core.EvConnect: // frames that came in before this one were passed over
		in := a.of(ev.Peer)
		in.change(s.N)
		in.joins.maybe = true
		return
	default:
		return
	}
	listening := ev.Link.Half == core.Listening
	switch ev.Command {
	case core.TOCK:
		return
	case core.STAY, core.MEET, core.PART:
		if dropped(s) {
			return
		}
	case core.JOIN:
		return // what counts is its STAY
	default:
		// Whether the peer's dial is proven matters beside a dial of ours only; most nodes
		// have none to those that dial them.
		if st, known := s.Status(ev.Peer); !listening || known && st.Address == "" && st.Dialling == core.Idle {
			return
		}
	}
	in := a.of(ev.Peer)
	if listening && ev.Link == in.joins.joined && !in.joins.proven {
		in.change(s.N)
		in.joins.maybe = true
		in.joins.proven = !dropped(s)
	}
	switch ev.Command {
	case core.PART:
		in.tells(ev.Link).sure = false
		in.ended(ev.Link, s.N)
		if reasonOf(ev.Body) == reasonNotJoined {
			a.unjoined(ev.Peer, ev.Link)
		}
	case core.STAY, core.MEET:
		if incarnation, bits, ok := parseMeet(ev.Body); ok {
			in.introduce(s, incarnation, bits)
			if ev.Command == core.STAY {
				a.unrun(ev.Peer, ev.Body[meetBytes:])
			} else if bits&bitAtMostOnce != 0 {
				a.metSince(ev.Peer, ev.Link)
			}
		}
	}
}

// introduce enters that a peer has told its incarnation.
func (in *introduction) introduce(s *Step, incarnation uint64, bits uint32) {
	t := in.tells(s.Event.Link)
	t.incarnation = incarnation
	if s.Event.Command == core.STAY {
		t.stay, t.sure = true, false
		return
	}
	t.meet, t.sure, t.bits, t.at = true, true, bits, s.N
}

// say enters a frame that is sent.
func (a *account) say(s *Step, act *core.Action) {
	switch act.Command {
	case core.CALL:
		a.ask(s, act)
	case core.STAY:
		in := a.of(act.Peer)
		in.change(s.N)
		in.undo, in.undoTold = in.joins, in.told[act.Link.Half&1]
		in.tells(act.Link).sure = false
		if in.joins.joined != act.Link {
			in.joins = accepted{joined: act.Link, former: in.joins.joined}
		}
		in.joins.at, in.joins.proven = s.N, false
		in.tell(a, s.N, act.Body)
	case core.PART:
		if r := reasonOf(act.Body); r == reasonLeaving || r == reasonReplaced {
			a.of(act.Peer).ended(act.Link, s.N)
		}
	case core.MEET:
		a.of(act.Peer).tell(a, s.N, act.Body)
	case core.JOIN:
		a.of(act.Peer).tells(act.Link).sure = false
	}
}

// ended enters that a link of the peer's is over.
func (in *introduction) ended(l core.Link, step uint64) {
	in.change(step)
	switch l {
	case in.joins.joined:
		in.joins = accepted{former: in.joins.former}
	case in.joins.former:
		in.joins.former = core.Link{}
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

// unsay enters that a frame of the step before was not sent.
func (a *account) unsay(s *Step) {
	ev := s.Event
	if ev.Kind != core.EvSendRefused {
		return
	}
	in := a.of(ev.Peer)
	switch ev.Command {
	case core.STAY:
		in.own, in.ownAt = in.toldBefore, in.toldBeforeAt
		in.told[ev.Link.Half&1] = in.undoTold
		in.change(s.N)
		in.joins = in.undo
		a.excuse(ev.Peer, ev.Link, 0)
	case core.CALL:
		a.excuse(ev.Peer, ev.Link, ev.ID)
	}
}
