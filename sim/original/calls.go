package original

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// UnknownMethod is the error text of a handler that has no such method. An
// original answers such a call without an error text, and so does its double.
const UnknownMethod = "unknown method"

// transmissionsMax is how often a call that gets no reply is sent in all.
const transmissionsMax = 3

// call is one Call of the user: up to three transmissions, each with an id and a
// wait of its own, and a budget of replies that is counted, not matched to peers.
type call struct {
	call    core.CallID   // as the user names it
	to      []string      // as it was addressed; empty means every active peer
	method  []byte        // as the user named it
	body    []byte        // the arguments
	timeout time.Duration // of one transmission
	at      core.Instant  // when the wait of the present one ends
	id      uint32        // of the present one
	sent    int           // transmissions so far
	budget  int           // replies that the present one still waits for
	replies []string      // peers that have replied to any of them
}

// request is a CALL or CAST whose handler runs.
type request struct {
	peer   string    // the caller
	half   core.Half // the socket that it came in by, and its reply goes out by
	id     uint32    // the call's, for the reply
	cast   bool      // no reply is wanted
	method []byte    // which the reply repeats
}

// call begins a call: with nobody to ask it is over at once.
func (p *Peer) call(ev *core.Event) {
	c := &call{
		call: ev.Call, to: append([]string(nil), ev.To...), timeout: ev.Timeout,
		method: append([]byte(nil), ev.Method...), body: append([]byte(nil), ev.Body...),
	}
	p.transmit(c)
	if c.budget == 0 {
		p.emit(core.Action{Kind: core.ActDone, Call: c.call})
		return
	}
	p.calls = append(p.calls, c)
}

// transmit sends a call once to every addressed peer that is active. Whether a send
// succeeds it does not look at: every peer counts as asked.
func (p *Peer) transmit(c *call) {
	p.nextID++
	c.id, c.budget = p.nextID, 0
	c.sent++
	c.at = p.after(c.timeout)
	for _, e := range p.addressed(c.to) {
		p.sendBy(e, core.Action{Command: core.CALL, ID: c.id, Method: c.method, Body: c.body})
		c.budget++
	}
}

// cast sends once, to every addressed peer that is active.
func (p *Peer) cast(ev *core.Event) {
	p.nextID++
	for _, e := range p.addressed(ev.To) {
		p.sendBy(e, core.Action{Command: core.CAST, ID: p.nextID, Method: ev.Method, Body: ev.Body})
	}
}

// addressed returns the active entries among those named, or all of them.
func (p *Peer) addressed(to []string) []*entry {
	var es []*entry
	if len(to) == 0 {
		for _, e := range p.order {
			if e.state.active() {
				es = append(es, e)
			}
		}
	}
	for _, name := range to {
		if e := p.entries[name]; e != nil && e.state.active() {
			es = append(es, e)
		}
	}
	return es
}

// sendBy sends by the socket that the entry's state stands for.
func (p *Peer) sendBy(e *entry, a core.Action) {
	half := core.Dialling
	if e.state == Serving {
		half = core.Listening
	}
	p.send(e, half, a)
}

// callTimeouts ends or repeats the calls whose wait is over: with one reply a
// call is a success, with none it is sent again.
func (p *Peer) callTimeouts() {
	kept := p.calls[:0]
	for _, c := range p.calls {
		if c.at > p.now {
			kept = append(kept, c)
			continue
		}
		if len(c.replies) == 0 && c.sent < transmissionsMax {
			if p.transmit(c); c.budget > 0 {
				kept = append(kept, c)
				continue
			}
		}
		p.emit(core.Action{Kind: core.ActDone, Call: c.call})
	}
	p.calls = kept
}

// dispatch handles a CALL, CAST or BACK of an active entry.
func (p *Peer) dispatch(e *entry, half core.Half, ev *core.Event) {
	head, _, _ := core.ParsePayload(ev.Command, ev.Body)
	if ev.Command == core.BACK {
		p.back(e, &head)
		return
	}
	// An unreadable head is answered all the same, with id 0 and no method.
	if len(head.Method) == 0 {
		if ev.Command == core.CALL {
			p.send(e, half, core.Action{Command: core.BACK, ID: head.ID, Outcome: core.Unserved})
		}
		return
	}
	p.tickets++
	t := core.Ticket(p.tickets)
	method := append([]byte(nil), head.Method...)
	p.serving[t] = request{e.name, half, head.ID, ev.Command == core.CAST, method}
	p.emit(core.Action{
		Kind: core.ActServe, Ticket: t, Peer: e.name, Link: ev.Link, Command: ev.Command,
		ID: head.ID, Method: method, Body: head.Rest,
	})
}

// reply sends the BACK of a handler that finished, by the socket that its CALL
// came in by, if the caller is active: in limbo, for instance, it is lost.
func (p *Peer) reply(ev *core.Event) {
	r, ok := p.serving[ev.Ticket]
	delete(p.serving, ev.Ticket)
	e := p.entries[r.peer]
	if !ok || r.cast || e == nil || !e.state.active() {
		return
	}
	a := core.Action{Command: core.BACK, ID: r.id, Method: r.method, Err: ev.Err, Body: ev.Body}
	if string(ev.Err) == UnknownMethod {
		a = core.Action{Command: core.BACK, ID: r.id, Method: r.method, Outcome: core.Unserved}
	}
	p.send(e, r.half, a)
}

// back counts a reply towards the budget of its call, whoever sent it.
func (p *Peer) back(e *entry, head *core.Payload) {
	for i, c := range p.calls {
		if c.id != head.ID || string(c.method) != string(head.Method) {
			continue
		}
		c.replies = append(c.replies, e.name)
		a := core.Action{Kind: core.ActResult, Call: c.call, Peer: e.name, Outcome: core.Replied, Body: head.Rest}
		if len(head.Err) > 0 {
			a.Outcome, a.Err, a.Body = core.Failed, head.Err, nil
		}
		p.emit(a)
		if c.budget--; c.budget == 0 {
			p.calls = append(p.calls[:i], p.calls[i+1:]...)
			p.emit(core.Action{Kind: core.ActDone, Call: c.call})
		}
		return
	}
}
