package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// oldCall is one Call of an old peer's user: up to three transmissions, each
// with an id and a wait of its own, and a budget of replies that is counted,
// not matched to peers.
type oldCall struct {
	call    core.CallID
	to      []string
	method  []byte
	body    []byte
	timeout time.Duration
	at      core.Instant
	id      uint32
	sent    int // transmissions so far
	budget  int // replies that the present one still waits for
	replies []string
}

// oldRequest is a request whose handler runs.
type oldRequest struct {
	peer   string
	half   core.Half
	id     uint32
	cast   bool
	method []byte
}

const oldTransmissions = 3

func (o *OldPeer) call(ev *core.Event) {
	c := &oldCall{
		call: ev.Call, to: append([]string(nil), ev.To...), timeout: ev.Timeout,
		method: append([]byte(nil), ev.Method...), body: append([]byte(nil), ev.Body...),
	}
	o.transmit(c)
	if c.budget == 0 {
		o.emit(core.Action{Kind: core.ActDone, Call: c.call})
		return
	}
	o.calls = append(o.calls, c)
}

// transmit sends a call once to every addressed peer that is active.
func (o *OldPeer) transmit(c *oldCall) {
	o.nextID++
	c.id, c.budget = o.nextID, 0
	c.sent++
	c.at = o.after(c.timeout)
	for _, e := range o.addressed(c.to) {
		o.sendBy(e, core.Action{Command: core.CALL, ID: c.id, Method: c.method, Body: c.body})
		c.budget++
	}
}

func (o *OldPeer) cast(ev *core.Event) {
	o.nextID++
	for _, e := range o.addressed(ev.To) {
		o.sendBy(e, core.Action{Command: core.CAST, ID: o.nextID, Method: ev.Method, Body: ev.Body})
	}
}

// addressed returns the active entries among those named, or all of them.
func (o *OldPeer) addressed(to []string) []*oldEntry {
	var es []*oldEntry
	if len(to) == 0 {
		for _, e := range o.order {
			if e.active() {
				es = append(es, e)
			}
		}
	}
	for _, name := range to {
		if e := o.entries[name]; e != nil && e.active() {
			es = append(es, e)
		}
	}
	return es
}

// sendBy sends by the socket that the entry's state stands for.
func (o *OldPeer) sendBy(e *oldEntry, a core.Action) {
	half := core.Dialling
	if e.state == oldServing {
		half = core.Listening
	}
	o.send(e, half, a)
}

// callTimeouts ends or repeats the calls whose wait is over: with one reply a
// call is a success, with none it is sent again.
func (o *OldPeer) callTimeouts() {
	kept := o.calls[:0]
	for _, c := range o.calls {
		if c.at > o.now {
			kept = append(kept, c)
			continue
		}
		if len(c.replies) == 0 && c.sent < oldTransmissions {
			if o.transmit(c); c.budget > 0 {
				kept = append(kept, c)
				continue
			}
		}
		o.emit(core.Action{Kind: core.ActDone, Call: c.call})
	}
	o.calls = kept
}

// dispatch handles a CALL, CAST or BACK of an active entry.
func (o *OldPeer) dispatch(e *oldEntry, half core.Half, ev *core.Event) {
	p, _, _ := core.ParsePayload(ev.Command, ev.Body)
	if ev.Command == core.BACK {
		o.back(e, &p)
		return
	}
	// An unreadable head is answered all the same, with id 0 and no method.
	if len(p.Method) == 0 {
		if ev.Command == core.CALL {
			o.send(e, half, core.Action{Command: core.BACK, ID: p.ID, Outcome: core.Unserved})
		}
		return
	}
	o.tickets++
	t := core.Ticket(o.tickets)
	method := append([]byte(nil), p.Method...)
	o.serving[t] = oldRequest{e.name, half, p.ID, ev.Command == core.CAST, method}
	o.emit(core.Action{
		Kind: core.ActServe, Ticket: t, Peer: e.name, Link: ev.Link, Command: ev.Command,
		ID: p.ID, Method: method, Body: p.Rest,
	})
}

// reply sends the BACK of a handler that finished, by the socket that its CALL
// came in by, if the caller is active.
func (o *OldPeer) reply(ev *core.Event) {
	r, ok := o.serving[ev.Ticket]
	delete(o.serving, ev.Ticket)
	e := o.entries[r.peer]
	if !ok || r.cast || e == nil || !e.active() {
		return
	}
	a := core.Action{Command: core.BACK, ID: r.id, Method: r.method, Err: ev.Err, Body: ev.Body}
	if string(ev.Err) == unknownMethod {
		a = core.Action{Command: core.BACK, ID: r.id, Method: r.method, Outcome: core.Unserved}
	}
	o.send(e, r.half, a)
}

// back counts a reply towards the budget of its call, whoever sent it.
func (o *OldPeer) back(e *oldEntry, p *core.Payload) {
	for i, c := range o.calls {
		if c.id != p.ID || string(c.method) != string(p.Method) {
			continue
		}
		c.replies = append(c.replies, e.name)
		a := core.Action{Kind: core.ActResult, Call: c.call, Peer: e.name, Outcome: core.Replied, Body: p.Rest}
		if len(p.Err) > 0 {
			a.Outcome, a.Err, a.Body = core.Failed, p.Err, nil
		}
		o.emit(a)
		if c.budget--; c.budget == 0 {
			o.calls = append(o.calls[:i], o.calls[i+1:]...)
			o.emit(core.Action{Kind: core.ActDone, Call: c.call})
		}
		return
	}
}
