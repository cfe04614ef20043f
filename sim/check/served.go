package check

import (
	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// request is a request whose handler runs.
type request struct {
	ticket   core.Ticket // of its handler
	peer     string      // the caller
	id       uint32      // on the wire
	life     uint64      // the incarnation that the caller has told on the link; zero if none
	call     uint64      // the number that its arguments name; zero if they name none
	link     core.Link   // by which it came last
	wants    bool        // it is a CALL
	voided   bool        // the caller has taken it back:
	voidedIn uint64      // the step in which it did so first
	cancels  int         // how often its handler was told that nobody waits for it
}

// passedOver is a CALL that a node has passed over, since its link had not joined.
type passedOver struct {
	peer string  // the caller
	id   uint32  // on the wire
	made *answer // what the node made of it
}

// oldRequest is a request that an old peer has served. It knows its caller by the name
// only, and answers whatever life of it, or other node of that name, is connected when the
// handler ends: one that has a call of the same id takes the answer for its own.
type oldRequest struct {
	callee, caller string // their names on the wire
	id             uint32 // on the wire
	call           uint64 // the number that its arguments name
}

// mixesUp says whether an old peer has served a call of that caller and id of which
// something is so.
func (l *ledger) mixesUp(callee, caller string, id uint32, is func(call uint64) bool) bool {
	for i := range l.byOld {
		if r := &l.byOld[i]; r.id == id && r.callee == callee && r.caller == caller && is(r.call) {
			return true
		}
	}
	return false
}

// serve enters what a step makes of requests, at an old peer too.
func (l *ledger) serve(a *account, s *Step) {
	n, ev := s.Node, s.Event
	switch {
	case ev.Kind == core.EvReply:
		l.finish(a, s)
	case n.Machine == nil || ev.Kind != core.EvFrame:
	case ev.Command == core.CALL || ev.Command == core.CAST:
		l.again(a, s)
	case ev.Command == core.VOID && !dropped(s):
		if head, ok, _ := core.ParsePayload(core.VOID, ev.Body); ok {
			a.takeBack(s, ev.Peer, head.ID)
		}
	}
	if !s.does(core.ActServe) && !s.does(core.ActCancel) {
		return
	}
	for i := range s.Actions {
		act := &s.Actions[i]
		if act.Kind == core.ActCancel {
			if r := a.withTicket(act.Ticket); r != nil {
				r.cancels++
			}
		}
		if act.Kind != core.ActServe {
			continue
		}
		a.runs(act.Peer, act.ID)
		call, _, _ := echo.ParseArgs(act.Body)
		a.requests = append(a.requests, request{
			ticket: act.Ticket, peer: act.Peer, id: act.ID, life: a.of(act.Peer).on(act.Link).incarnation, call: call, link: act.Link, wants: act.Command == core.CALL,
		})
		if call == 0 {
			continue
		}
		l.made(call, n.Called).ran = true
		if n.Old {
			l.byOld = append(l.byOld, oldRequest{callee: n.Called, caller: act.Peer, id: act.ID, call: call})
		}
	}
}

// PROTOCOL 8.5: "It is of the incarnation that has told itself on that link."
//
// takeBack enters a VOID. Two lives of one name, or two nodes that have it, may each have
// a request with that id. Whose one is that came in before its life was told, only the
// machine knows. Copies of one call are all taken back.
func (a *account) takeBack(s *Step, peer string, id uint32) {
	life := a.of(peer).on(s.Event.Link).incarnation
	for i := range a.requests {
		r := &a.requests[i]
		if r.peer != peer || r.id != id || !r.wants || r.voided {
			continue
		}
		if r.life == life && life != 0 || r.life == 0 && canceled(s, r.ticket) {
			r.voided, r.voidedIn = true, s.N
		}
	}
}

// canceled says whether a step tells a handler that nobody waits for it.
func canceled(s *Step, t core.Ticket) bool {
	for i := range s.Actions {
		if act := &s.Actions[i]; act.Kind == core.ActCancel && act.Ticket == t {
			return true
		}
	}
	return false
}

// finish enters the end of a handler.
func (l *ledger) finish(a *account, s *Step) {
	ev := s.Event
	for i := range a.requests {
		r := a.requests[i]
		if r.ticket != ev.Ticket {
			continue
		}
		a.finished, a.ended = r, true
		a.requests[i] = a.requests[len(a.requests)-1]
		a.requests = a.requests[:len(a.requests)-1]
		if r.call != 0 {
			m := l.made(r.call, s.Node.Called)
			if len(ev.Head) > 0 {
				m.heads = append(m.heads, string(ev.Head))
			}
			m.old = m.old || s.Node.Old
			m.replied = m.replied || len(ev.Err) == 0
			m.say(ev.Err)
		}
		return
	}
}

// withTicket returns the request of a ticket, be it that its handler has ended in this
// step; nil if there is none.
func (a *account) withTicket(t core.Ticket) *request {
	for i := range a.requests {
		if a.requests[i].ticket == t {
			return &a.requests[i]
		}
	}
	if a.finished.ticket == t {
		return &a.finished
	}
	return nil
}

// say notes an error text of an answer.
func (m *answer) say(text []byte) {
	if len(text) > 0 && !m.said(text) {
		m.texts = append(m.texts, string(text))
	}
}

// said says whether a call was answered with a text.
func (m *answer) said(text []byte) bool {
	for _, t := range m.texts {
		if t == string(text) {
			return true
		}
	}
	return false
}

// again enters what a CALL or CAST came to that is not served: it is turned down, or
// repeats one that is running, whose answer goes by the newer link then.
func (l *ledger) again(a *account, s *Step) {
	ev := s.Event
	var why core.Drop
	for i := range s.Actions {
		act := &s.Actions[i]
		switch {
		case act.Kind == core.ActDrop && act.Link == ev.Link && act.Command == ev.Command:
			why = act.Drop
		case act.Kind == core.ActSend && act.Command == core.BACK && why != 0:
			if call := callOf(ev); call != 0 {
				l.made(call, s.Node.Called).say(act.Err)
			}
			return
		}
	}
	switch why {
	case core.DropNotJoined:
		if call := callOf(ev); call != 0 {
			a.passOver(ev, l.made(call, s.Node.Called))
		}
	case core.DropDuplicate:
		if head, ok, _ := core.ParsePayload(ev.Command, ev.Body); ok {
			if r := a.runningOf(ev.Peer, head.ID, a.of(ev.Peer).on(ev.Link).incarnation); r != nil {
				r.link = ev.Link
			}
		}
	}
}

// passOver enters that a CALL is not run, since its link has not joined.
func (a *account) passOver(ev *core.Event, m *answer) {
	if head, _, _ := core.ParsePayload(ev.Command, ev.Body); !m.passed || m.life != a.node.Life {
		a.passed = append(a.passed, passedOver{peer: ev.Peer, id: head.ID, made: m})
	}
	m.passed, m.life, m.at, m.stayed = true, a.node.Life, ev.At, 0
}

// nameUnrun enters which CALLs that were passed over a STAY names that is sent.
func (a *account) nameUnrun(act *core.Action) {
	highest, bits := unrunOf(act.Body)
	for _, p := range a.passed {
		if p.peer == act.Peer {
			p.made.named = p.made.named || names(highest, bits, p.id)
			if p.made.stayed == 0 {
				p.made.stayed = a.now
			}
		}
	}
}

// runs enters that a CALL of an id runs. It may be a copy of one that was passed over, or be
// of another life or node of its caller's name: a callee can't tell, and names neither.
func (a *account) runs(peer string, id uint32) {
	kept := a.passed[:0]
	for _, p := range a.passed {
		if p.peer == peer && p.id == id {
			p.made.passed = false
		} else {
			kept = append(kept, p)
		}
	}
	a.passed = kept
}

// callOf returns the number of the call that a CALL or CAST is of, zero if it names
// none.
func callOf(ev *core.Event) uint64 {
	head, _, _ := core.ParsePayload(ev.Command, ev.Body)
	call, _, _ := echo.ParseArgs(head.Rest)
	return call
}

// runningOf is running for one life of the peer, as it has told on a link. A request that
// came in before its life was told may be of any.
func (a *account) runningOf(peer string, id uint32, life uint64) *request {
	var any *request
	for i := range a.requests {
		switch r := &a.requests[i]; {
		case r.peer != peer || r.id != id:
		case r.life == life:
			return r
		case r.life == 0:
			any = r
		}
	}
	return any
}

// running returns the request of a peer with an id that is being served, nil if there
// is none.
func (a *account) running(peer string, id uint32) *request {
	for i := range a.requests {
		if r := &a.requests[i]; r.peer == peer && r.id == id {
			return r
		}
	}
	return nil
}
