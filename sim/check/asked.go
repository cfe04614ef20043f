package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// asked is a call of a node's user.
type asked struct {
	call       core.CallID  // as the user names it
	id         uint32       // on the wire; zero while nothing has been sent
	number     uint64       // that its arguments name; zero if they name none
	idempotent bool         // it may run more than once
	deadline   core.Instant // by the node's clock
	method     []byte       // as the user named it: like a machine's, its own until the call is over
	head       []byte       // what goes with it, likewise
	tell       bool         // the peers are told how long it waits
	rows       []askedPeer  // those that it was sent to
	over       bool         // its ActDone has come
}

// askedPeer is one peer that a call was sent to.
type askedPeer struct {
	peer    string        // its name on the wire
	in      *introduction // of the node and the peer
	way     way           // of the latest CALL
	before  way           // of the one before
	sent    int           // how often it was sent
	sentIn  uint64        // the step of the latest CALL
	excused bool          // one CALL was not sent, so that another one need not be
	outcome core.Outcome  // zero: it is pending
	endedIn uint64        // the step of the outcome
}

// way is how a CALL was sent.
type way struct {
	link        core.Link // that it went by
	incarnation uint64    // that the peer had told on the link; zero if none
	once        bool      // the peer has surely said on the link that it runs a call once
	maybe       bool      // it has said so, and may have joined the link anew since
	gone        bool      // the link was seen to carry nothing any more, or to have carried no CALL that was run
	refused     bool      // the CALL was not sent, or the peer does not know of the link
	unjoined    bool      // PART has come in on the link since: it had not joined
	stayed      bool      // a STAY of another incarnation, which names the calls it did not run, has come in after that
	unrun       bool      // it has named this one
}

// begin enters a call that was not refused.
func (a *account) begin(s *Step) {
	ev := s.Event
	for i := range s.Actions {
		if act := &s.Actions[i]; act.Kind == core.ActRefuse && act.Call == ev.Call {
			return
		}
	}
	var c *asked
	if l := a.ledger; len(l.over) > 0 {
		c = l.over[len(l.over)-1]
		l.over = l.over[:len(l.over)-1]
	} else {
		c = l.newAsked.next()
	}
	*c = asked{
		call: ev.Call, idempotent: ev.Idempotent, deadline: a.now.Add(ev.Timeout),
		method: ev.Method, head: ev.Head, tell: ev.TellDeadline, rows: c.rows[:0],
	}
	c.number, _, _ = echo.ParseArgs(ev.Body)
	a.calls = append(a.calls, c)
}

// withID returns the call that has an id on the wire, nil if there is none.
func (a *account) withID(id uint32) *asked {
	for _, c := range a.calls {
		if c.id == id && id != 0 {
			return c
		}
	}
	return nil
}

// named returns the call with a handle, nil if there is none.
func (a *account) named(call core.CallID) *asked {
	for i := len(a.calls) - 1; i >= 0; i-- {
		if a.calls[i].call == call {
			return a.calls[i]
		}
	}
	return nil
}

// row returns the row of a peer, nil if it was not asked.
func (c *asked) row(peer string) *askedPeer {
	for i := range c.rows {
		if c.rows[i].peer == peer {
			return &c.rows[i]
		}
	}
	return nil
}

// pending says whether an outcome is missing.
func (r *askedPeer) pending() bool { return r.outcome == 0 }

// ask enters a CALL that is sent. The first one of an id that no call has is that of
// the call which begins.
func (a *account) ask(s *Step, act *core.Action) {
	if !isRequest(act) {
		return
	}
	c := a.withID(act.ID)
	if c == nil && s.Event.Kind == core.EvCall {
		if c = a.named(s.Event.Call); c != nil && c.id == 0 {
			c.id = act.ID
		}
	}
	if c == nil || c.id != act.ID {
		return
	}
	r := c.row(act.Peer)
	if r == nil {
		c.rows = append(c.rows, askedPeer{peer: act.Peer, in: a.of(act.Peer)})
		r = &c.rows[len(c.rows)-1]
	}
	t := r.in.on(act.Link)
	r.before = r.way
	r.way = way{link: act.Link, incarnation: t.incarnation, once: t.sure && t.offers(bitAtMostOnce), maybe: t.offers(bitAtMostOnce)}
	r.sent++
	r.sentIn, r.excused = s.N, false
}

// end enters an outcome, or the end of a call.
func (a *account) end(s *Step, act *core.Action) {
	c := a.named(act.Call)
	switch {
	case c == nil:
	case act.Kind == core.ActDone:
		c.over, a.ended = true, true
	default:
		if r := c.row(act.Peer); r != nil {
			r.outcome, r.endedIn = act.Outcome, s.N
		}
	}
}

// excuse notes that a CALL was not sent on a link, or with an id of zero that the peer
// does not know of the link, so that what was sent there counts for nothing.
func (a *account) excuse(peer string, link core.Link, id uint32) {
	for _, c := range a.calls {
		if r := c.row(peer); r != nil && (id == 0 || c.id == id) {
			r.excused = true
			r.way.refused = r.way.refused || r.way.link == link
		}
	}
}

// metSince notes that a peer has said on a link which calls have gone by that it runs a
// call once.
func (a *account) metSince(peer string, link core.Link) {
	for _, c := range a.calls {
		if r := c.row(peer); r != nil && r.way.link == link {
			r.way.maybe = true
		}
	}
}

// unjoined notes that the calls which a link has carried to a peer may have found it
// not joined.
func (a *account) unjoined(peer string, link core.Link) {
	for _, c := range a.calls {
		if r := c.row(peer); r != nil && r.way.link == link {
			r.way.unjoined = true
		}
	}
}

// unrun notes which calls to a peer its STAY says were not run.
//
// PROTOCOL 8.2: "STAY goes on with the ids of the calls that were not run because their
// link had not joined (2.5), if there are any: the highest (4 bytes), then a bit for each
// id from that one down, the least bit of a byte first"
func (a *account) unrun(ev *core.Event, incarnation uint64) {
	highest, bits := unrunOf(ev.Body)
	for _, c := range a.calls {
		r := c.row(ev.Peer)
		if r == nil {
			continue
		}
		r.way.stayed = r.way.stayed || r.way.unjoined && incarnation != r.way.incarnation
		if r.sent == 1 && names(highest, bits, c.id) {
			r.way.unrun = true
			r.way.gone = r.way.gone || r.way.link == ev.Link
		}
	}
}

// unrunOf returns the calls that a STAY says were not run: the highest, and a bit for each from
// there down.
func unrunOf(stay []byte) (highest uint32, bits []byte) {
	if len(stay) < meetBytes+4 {
		return 0, nil
	}
	ids := stay[meetBytes:]
	return uint32(bigEndian(ids[:4])), ids[4:]
}

func names(highest uint32, bits []byte, id uint32) bool {
	below := highest - id
	return uint64(below/8) < uint64(len(bits)) && bits[below/8]>>(below%8)&1 == 1
}

// forgetEnded forgets the calls and the request that an earlier step has ended, where there are
// some.
func (a *account) forgetEnded() {
	a.ended, a.finished = false, request{}
	kept := a.calls[:0]
	for _, c := range a.calls {
		if c.over {
			a.ledger.over = append(a.ledger.over, c)
		} else {
			kept = append(kept, c)
		}
	}
	a.calls = kept
}
