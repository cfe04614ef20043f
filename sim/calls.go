package sim

import (
	"bytes"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// A Request is what a node's user asks of it.
type Request struct {
	Name       string        // for expectations and reports; may be empty
	To         []string      // the addressed peers; empty means every active one
	Method     string        // Echo.Ping, Echo.Fail, or one that no node has
	Size       int           // of the arguments in bytes, if that is more than they need
	Timeout    time.Duration // of a call, which has to have one
	Idempotent bool          // a call that may run more than once
	Head       int           // bytes that go with it in a head; zero: it has none
	Tell       bool          // a call that tells how long it still waits
}

// A Call is one call of a node's user, and what came of it.
type Call struct {
	ID      core.CallID   // unique in the world
	Name    string        // as a scenario calls it, or ""
	Node    string        // the caller
	To      []string      // as it was addressed; empty means everybody
	Method  string        // as in its Request
	Args    []byte        // what the caller passed: echo.AppendArgs
	Head    []byte        // what goes with it: echo.AppendHead
	Timeout time.Duration // after which it ends; zero for a cast
	Rows    []Row         // what came in so far, in order
	Refused core.Refusal  // not zero if the machine refused the call
	Started time.Duration // since the start of the world
	Ended   time.Duration // once it is done
	Done    bool          // it has ended; a cast has at once
}

// A Row is how a call ended at one peer.
type Row struct {
	Peer    string        // its name
	Outcome core.Outcome  // what the caller's user was told
	Err     string        // the error text of the handler
	Body    []byte        // the reply value
	At      time.Duration // when the caller's user was told
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

// calls are all calls and casts of a world, by their ID less one.
type calls struct {
	opts  *Options  // of the world
	time  *timeline // of the world
	marks *marks    // of the world
	list  []*Call   // by their ID less one
}

// open begins a call or a cast; casts have numbers too, since handlers run for both.
// The arguments are made up: they name the call, so that a handler that runs twice
// and a reply to another call are both noticed.
func (cs *calls) open(n *Node, r *Request) *Call {
	c := &Call{
		ID: core.CallID(len(cs.list) + 1), Name: r.Name, Node: n.Name, To: r.To, Method: r.Method,
		Timeout: r.Timeout, Started: cs.time.now,
	}
	c.Args = echo.AppendArgs(nil, uint64(c.ID), r.Idempotent, r.Size)
	c.Head = echo.AppendHead(nil, uint64(c.ID), r.Head)
	cs.list = append(cs.list, c)
	return c
}

// named returns the latest call that was given that name, or nil.
func (cs *calls) named(name string) *Call {
	for i := len(cs.list) - 1; i >= 0; i-- {
		if cs.list[i].Name == name {
			return cs.list[i]
		}
	}
	return nil
}

// record records an outcome, the end or the refusal of a call.
func (cs *calls) record(a *core.Action) {
	if a.Call == 0 || a.Call > core.CallID(len(cs.list)) {
		return // it is none of ours: a program's has a number from ProgramCalls on
	}
	c := cs.list[a.Call-1]
	switch a.Kind {
	case core.ActResult:
		if a.Outcome == core.Replied && cs.time.now-c.Started > cs.opts.Timing.Serve {
			cs.marks.hit(markLongCall)
		}
		c.Rows = append(c.Rows, Row{
			Peer: a.Peer, Outcome: a.Outcome, Err: string(a.Err), Body: bytes.Clone(a.Body), At: cs.time.now,
		})
	case core.ActDone:
		c.Done, c.Ended = true, cs.time.now
	case core.ActRefuse:
		c.Done, c.Ended, c.Refused = true, cs.time.now, a.Refusal
	}
}

// Call has a node's user call, now. It returns nil if the node is not running, or
// paused.
func (w *World) Call(node string, r Request) *Call {
	n := w.Node(node)
	if n == nil || !n.Up() || n.paused() {
		return nil
	}
	c := w.calls.open(n, &r)
	w.feed(n, &core.Event{
		Kind: core.EvCall, Call: c.ID, To: r.To, Method: []byte(r.Method), Body: c.Args,
		Timeout: r.Timeout, Idempotent: r.Idempotent, TellDeadline: r.Tell, Head: c.Head,
	})
	return c
}

// Cast has a node's user cast, now, unless the node is not running, or paused.
func (w *World) Cast(node string, r Request) {
	n := w.Node(node)
	if n == nil || !n.Up() || n.paused() {
		return
	}
	c := w.calls.open(n, &Request{Name: r.Name, To: r.To, Method: r.Method, Size: r.Size, Head: r.Head})
	c.Done = true
	w.feed(n, &core.Event{Kind: core.EvCast, To: r.To, Method: []byte(r.Method), Body: c.Args, Head: c.Head})
}

// Cancel has the node's user give up a call, now.
func (w *World) Cancel(c *Call) {
	if n := w.Node(c.Node); n.Up() && !n.paused() && !c.Done {
		w.feed(n, &core.Event{Kind: core.EvCancel, Call: c.ID})
	}
}

// CallNamed returns the latest call that was given that name, or nil.
func (w *World) CallNamed(name string) *Call { return w.calls.named(name) }
