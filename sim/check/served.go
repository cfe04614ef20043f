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
	life     uint64      // the incarnation that the caller had told on the link; zero if none
	call     uint64      // the number that its arguments name; zero if they name none
	link     core.Link   // by which it came last
	wants    bool        // it is a CALL
	voided   bool        // the caller has taken it back:
	voidedIn uint64      // the step in which it did so first
}

// serve enters what a step makes of requests, at an old peer too.
func (l *ledger) serve(a *account, s *Step) {
	n, ev := s.Node, s.Event
	a.finished = request{}
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
	for i := 0; i < len(s.Actions) && a.did(core.ActServe); i++ {
		act := &s.Actions[i]
		if act.Kind != core.ActServe {
			continue
		}
		call, _, _ := echo.ParseArgs(act.Body)
		a.requests = append(a.requests, request{
			ticket: act.Ticket, peer: act.Peer, id: act.ID, life: a.of(act.Peer).on(act.Link).incarnation, call: call, link: act.Link, wants: act.Command == core.CALL,
		})
		if call != 0 {
			l.made(call, n.Called).ran = true
		}
	}
}

// PROTOCOL 8.5: "It is of the incarnation that has told itself on that link."
//
// takeBack enters a VOID. Two lives of one name, or two nodes that have it, may each have
// a request with that id. Whose one is that came in before its life was told, only the
// machine knows.
func (a *account) takeBack(s *Step, peer string, id uint32) {
	life := a.of(peer).on(s.Event.Link).incarnation
	for i := range a.requests {
		r := &a.requests[i]
		if r.peer != peer || r.id != id || !r.wants || r.voided {
			continue
		}
		if r.life == life && life != 0 || r.life == 0 && canceled(s, r.ticket) {
			r.voided, r.voidedIn = true, s.N
			return
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
		a.finished = r
		a.requests[i] = a.requests[len(a.requests)-1]
		a.requests = a.requests[:len(a.requests)-1]
		if r.call != 0 {
			m := l.made(r.call, s.Node.Called)
			m.old = m.old || s.Node.Old
			m.replied = m.replied || len(ev.Err) == 0
			m.say(ev.Err)
		}
		return
	}
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
			m := l.made(call, s.Node.Called)
			m.passed, m.life = true, s.Node.Life
		}
	case core.DropDuplicate:
		if head, ok, _ := core.ParsePayload(ev.Command, ev.Body); ok {
			if r := a.running(ev.Peer, head.ID); r != nil {
				r.link = ev.Link
			}
		}
	}
}

// callOf returns the number of the call that a CALL or CAST is of, zero if it names
// none.
func callOf(ev *core.Event) uint64 {
	head, _, _ := core.ParsePayload(ev.Command, ev.Body)
	call, _, _ := echo.ParseArgs(head.Rest)
	return call
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
