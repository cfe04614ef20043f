package zmqio

import (
	"context"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Call is one call to some peers. It comes from Driver.NewCall, is filled in,
// given to Driver.Call or Driver.Cast, read, and released; it belongs to one goroutine at a time.
type Call struct {
	// To lists the addressed peers; empty means every active one.
	To []string
	// Method is resolved by the peers.
	Method string
	// Body is the encoded argument. Append to Body[:0]: it has room of an earlier call.
	Body []byte
	// Timeout bounds the whole call and must be positive.
	Timeout time.Duration
	// Idempotent allows the peers to run the method more than once.
	Idempotent bool

	// Outcomes is set by Driver.Call, in the order of arrival: one for each
	// addressed peer. It is valid until Release.
	Outcomes []Outcome

	id      core.CallID
	method  []byte
	memory  []byte       // what the outcomes' bytes are copied into
	refused core.Refusal // the call was not made
	closed  bool         // the node ended meanwhile
	wake    chan struct{}
	entry   entry // while it waits to be begun
	next    *Call // to be woken next
}

// Outcome is how a call ended at one addressed peer.
type Outcome struct {
	Peer string
	How  core.Outcome
	// Cause says why a message could not be sent, when How is Refused.
	Cause core.Cause
	// Err is the error text of a peer, when How is Failed.
	Err []byte
	// Body is the encoded reply, when How is Replied.
	Body []byte
}

// NewCall returns a call to fill in. Its memory comes from an earlier one.
func (d *Driver) NewCall() *Call { return d.calls.Get().(*Call) }

// Release gives the memory of c back, with everything in its outcomes.
func (d *Driver) Release(c *Call) {
	clear(c.Outcomes)
	*c = Call{
		Body:     recycle(c.Body, KeepBytes),
		Outcomes: c.Outcomes[:0],
		method:   recycle(c.method, KeepBytes),
		memory:   recycle(c.memory, KeepBytes),
		wake:     c.wake,
	}
	if cap(c.Outcomes) > outcomesKeptMax {
		c.Outcomes = nil
	}
	d.calls.Put(c)
}

// outcomesKeptMax bounds what a multicast leaves in a pooled record.
const outcomesKeptMax = 1024

// recycle empties b for another use, or drops it from limit bytes on: it is too
// large to lie idle, or, from KeepBytes on, a transport may have kept it.
func recycle(b []byte, limit int) []byte {
	if cap(b) >= limit {
		return nil
	}
	return b[:0]
}

// Call makes c and waits until it is over: each addressed peer has answered or
// can't, the timeout has passed, ctx is done (the outcomes of peers that have
// not answered are then Canceled, and the error is nil), or the node has ended.
// An error says that the call was not made, or that the node ended meanwhile.
func (d *Driver) Call(ctx context.Context, c *Call) error {
	c.method = append(c.method[:0], c.Method...)
	d.enter(c)
	if ctx.Done() == nil {
		<-c.wake
	} else {
		select {
		case <-c.wake:
		case <-ctx.Done():
			d.cancel(c)
			<-c.wake
		}
	}
	c.next.wakeUp()
	c.next = nil
	if c.closed {
		return d.reason()
	}
	return d.refusal(c.refused)
}

// wakeUp tells the caller of c, which may be nil, that the call is over. Calls
// that end together are linked: each caller wakes the next one, before it does
// anything else. To wake all at once brings in an idle processor, and was
// measured to make fewer calls (docs/BENCHMARKS.md); where a caller goes on to
// use its processor for long, an idle one fetches the next caller soon enough.
//
// Nothing of the user's may run between the end of a call and this, or the others
// wait for it.
func (c *Call) wakeUp() {
	if c != nil {
		c.wake <- struct{}{} // never blocks: one token a call
	}
}

func (d *Driver) cancel(c *Call) {
	d.own()
	defer d.releaseApart()
	d.takeIn() // c may not have begun yet
	if d.pending.at(c.id) != c {
		return // over meanwhile
	}
	d.step(&core.Event{Kind: core.EvCancel, Call: c.id})
}

// Cast sends c.Method and c.Body to the peers of c.To, or to every active one,
// and expects nothing back.
func (d *Driver) Cast(c *Call) error {
	c.method = append(c.method[:0], c.Method...)
	return d.submit(&core.Event{Kind: core.EvCast, To: c.To, Method: c.method, Body: c.Body})
}

// add notes one outcome. It requires ownership; kept says that the action's
// bytes live on.
func (c *Call) add(a *core.Action, kept bool) {
	o := Outcome{Peer: a.Peer, How: a.Outcome, Cause: a.Cause, Err: a.Err, Body: a.Body}
	if !kept {
		o.Err = c.hold(a.Err)
		o.Body = c.hold(a.Body)
	}
	if a.Outcome == core.Closed {
		c.closed = true
	}
	c.Outcomes = append(c.Outcomes, o)
}

// hold copies b to where it lives as long as the outcomes.
func (c *Call) hold(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	from := len(c.memory)
	c.memory = append(c.memory, b...) // a move leaves earlier slices where they are
	return c.memory[from:len(c.memory):len(c.memory)]
}

// callTable finds a call by its id, which is its place, from 1. Requires ownership.
type callTable struct {
	slots []*Call
	free  []core.CallID
}

func (t *callTable) add(c *Call) {
	if n := len(t.free); n > 0 {
		c.id = t.free[n-1]
		t.free = t.free[:n-1]
		t.slots[c.id-1] = c
		return
	}
	t.slots = append(t.slots, c)
	c.id = core.CallID(len(t.slots))
}

func (t *callTable) len() int { return len(t.slots) - len(t.free) }

func (t *callTable) at(id core.CallID) *Call { return t.slots[id-1] }

func (t *callTable) remove(id core.CallID) *Call {
	c := t.slots[id-1]
	t.slots[id-1] = nil
	t.free = append(t.free, id)
	return c
}
