package sim

import (
	"bytes"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
)

// service is a handler that runs.
type service struct {
	node   int32
	next   int32 // of the free ones
	life   uint32
	ticket core.Ticket
	method []byte
	body   []byte
}

// serve runs a handler: its reply comes after the node's service time.
func (w *World) serve(n *Node, a *core.Action) {
	i := w.freeService
	if i == 0 {
		w.services = append(w.services, service{})
		i = int32(len(w.services) - 1)
	} else {
		w.freeService = w.services[i].next
	}
	s := &w.services[i]
	s.node, s.life, s.ticket = n.index, n.life, a.Ticket
	s.method = append(s.method[:0], a.Method...)
	s.body = append(s.body[:0], a.Body...)
	n.tickets++
	if call, _, ok := echo.ParseArgs(a.Body); ok {
		w.ran[run{call, n.index}]++
	}
	d := w.opts.Handler.Pick(dice.Decide(w.opts.Seed, aboutHandler, n.key, n.tickets))
	w.queue.Push(w.now+max(d, n.slow), itemServed, i)
}

// served: a handler has finished. Every node has the same two methods: Ping
// says who served and returns the arguments, Fail returns an error.
func (w *World) served(i int32) {
	s := &w.services[i]
	n := w.nodes[s.node]
	if n.life == s.life && n.Up() {
		ev := core.Event{Kind: core.EvReply, Ticket: s.ticket, Method: s.method}
		var found bool
		if ev.Body, ev.Err, found = echo.Serve(n.Name, s.method, s.body); !found {
			ev.Err = []byte(original.UnknownMethod)
		}
		w.feed(n, &ev)
	}
	s = &w.services[i]
	s.next, w.freeService = w.freeService, i
}

// A Row is how a call ended at one peer.
type Row struct {
	Peer    string
	Outcome core.Outcome
	Err     string
	Body    []byte
	At      time.Duration
}

// A Call is one call of a node's user, and what came of it.
type Call struct {
	ID      core.CallID
	Name    string // as a scenario calls it, or ""
	Node    string
	To      []string // as it was addressed; empty means everybody
	Method  string
	Args    []byte
	Timeout time.Duration
	Rows    []Row
	Refused core.Refusal // not zero if the call was not accepted
	Started time.Duration
	Ended   time.Duration
	Done    bool
}

// Row returns how the call ended at peer, or nil.
func (c *Call) Row(peer string) *Row {
	for i := range c.Rows {
		if c.Rows[i].Peer == peer {
			return &c.Rows[i]
		}
	}
	return nil
}

// A Request is what a node's user asks of it.
type Request struct {
	Name       string // for expectations and reports; may be empty
	To         []string
	Method     string // Echo.Ping, Echo.Fail, or one that no node has
	Timeout    time.Duration
	Idempotent bool
}

// Call has a node's user call, now. It returns nil if the node is not running.
// The arguments are made up: they name the call, so that a handler that runs
// twice and a reply to another call are both noticed.
func (w *World) Call(node string, r Request) *Call {
	n := w.Node(node)
	if n == nil || !n.Up() || n.paused {
		return nil
	}
	c := &Call{
		ID: core.CallID(len(w.calls) + 1), Name: r.Name, Node: node, To: r.To, Method: r.Method,
		Timeout: r.Timeout, Started: w.now,
	}
	c.Args = echo.AppendArgs(nil, uint64(c.ID), r.Idempotent)
	w.calls = append(w.calls, c)
	w.feed(n, &core.Event{
		Kind: core.EvCall, Call: c.ID, To: r.To, Method: []byte(r.Method), Body: c.Args,
		Timeout: r.Timeout, Idempotent: r.Idempotent,
	})
	return c
}

// Cast has a node's user cast, now.
func (w *World) Cast(node string, r Request) {
	if n := w.Node(node); n != nil && n.Up() && !n.paused {
		w.calls = append(w.calls, &Call{ID: core.CallID(len(w.calls) + 1), Name: r.Name, Node: node, Done: true})
		args := echo.AppendArgs(nil, uint64(len(w.calls)), false)
		w.feed(n, &core.Event{Kind: core.EvCast, To: r.To, Method: []byte(r.Method), Body: args})
	}
}

// Cancel has the node's user give up a call, now.
func (w *World) Cancel(c *Call) {
	if n := w.Node(c.Node); n.Up() && !n.paused && !c.Done {
		w.feed(n, &core.Event{Kind: core.EvCancel, Call: c.ID})
	}
}

// CallNamed returns the latest call that was given that name, or nil.
func (w *World) CallNamed(name string) *Call {
	for i := len(w.calls) - 1; i >= 0; i-- {
		if w.calls[i].Name == name {
			return w.calls[i]
		}
	}
	return nil
}

// callAction records an outcome, the end or the refusal of a call.
func (w *World) callAction(n *Node, a *core.Action) {
	if a.Call == 0 || int(a.Call) > len(w.calls) {
		return
	}
	c := w.calls[a.Call-1]
	switch a.Kind {
	case core.ActResult:
		c.Rows = append(c.Rows, Row{
			Peer: a.Peer, Outcome: a.Outcome, Err: string(a.Err), Body: bytes.Clone(a.Body), At: w.now,
		})
	case core.ActDone:
		c.Done, c.Ended = true, w.now
	case core.ActRefuse:
		c.Done, c.Ended, c.Refused = true, w.now, a.Refusal
	}
}
