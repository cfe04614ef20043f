package zmqio

import (
	"context"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// Call is one call to some peers. It comes from Driver.NewCall, is filled in, given
// to Driver.Call or Driver.Cast, read, and given back by Driver.Release. It belongs
// to one goroutine at a time.
type Call struct {
	// To lists the addressed peers; empty means every active one.
	To []string
	// Method is resolved by the peers.
	Method string
	// Body is the encoded argument. Append to Body[:0]: it has room of an earlier call. It must
	// not be in memory of a Request or an Outcome, which is used again while it is sent.
	Body []byte
	// Timeout bounds the whole call and must be positive.
	Timeout time.Duration
	// Idempotent allows the peers to run the method more than once.
	Idempotent bool
	// Head goes with the call, to peers that read it; others get the call without. It has at
	// most Limits.HeadBytesMax bytes, which stay as they are until the call is over.
	// Append to Head[:0]: it has room of an earlier call.
	Head []byte
	// TellDeadline has peers that read heads told how long the call still waits.
	TellDeadline bool

	// Outcomes is set by Driver.Call, in the order of arrival: one for each
	// addressed peer. It is valid until Release.
	Outcomes []Outcome

	id      core.CallID
	asker   hosted.Asker // in a world
	method  []byte
	memory  []byte        // what the outcomes' bytes are copied into
	refused core.Refusal  // the call was not made
	closed  bool          // the node ended meanwhile
	wake    chan struct{} // gets one token when the call is over
	op      op            // to begin it
	next    *Call         // the caller of this one wakes the caller of next
	stream  *Stream       // that the record is part of; nil for Driver.Call
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
	// Head is what goes with the reply or the error text.
	Head []byte
	// TooMuch says that the reply, or the error text, was dropped when it came, because
	// the node held more memory because of the peer than its share: see Budget.
	TooMuch bool

	claim   claim
	payload []byte // what Err, Body and Head lie in, if they were not copied
}

// Charge counts n bytes of memory, which are about to be used because of what the peer
// replied, to the peer until Driver.Release. If that would be more than the peer's
// share it counts nothing and returns ErrOverloaded.
func (o *Outcome) Charge(n int64) error { return o.claim.add(n) }

// NewCall returns a call to fill in. Its memory comes from an earlier one.
func (d *Driver) NewCall() *Call { return d.calls.Get().(*Call) }

// Release gives the memory of c back, with everything in its outcomes. Nothing of
// it may be used afterwards.
func (d *Driver) Release(c *Call) {
	release(c.Outcomes)
	c.reset()
	d.calls.Put(c)
}

// reset makes c a record to fill in, with the memory that it has.
func (c *Call) reset() {
	body, head, outcomes := recycle(c.Body, KeepBytes), recycle(c.Head, KeepBytes), recycleOutcomes(c.Outcomes)
	method, memory, wake := recycle(c.method, KeepBytes), recycle(c.memory, KeepBytes), c.wake
	*c = Call{} // and no copy of a whole one
	c.Body, c.Head, c.Outcomes = body, head, outcomes
	c.method, c.memory, c.wake = method, memory, wake
}

// outcomesPooledMax bounds what a multicast leaves in a pooled record.
const outcomesPooledMax = 1024

// recycleOutcomes empties outcomes for another use, or drops the slice if it is too large
// to lie idle.
func recycleOutcomes(outcomes []Outcome) []Outcome {
	if cap(outcomes) > outcomesPooledMax {
		return nil
	}
	clear(outcomes)
	return outcomes[:0]
}

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
	done := ctx.Done() // before c is published: it is code of the user, which may block or panic
	d.identify(ctx, c)
	d.submitCall(opCall, c)
	if done == nil {
		<-c.wake
	} else {
		select {
		case <-c.wake:
		case <-done:
			d.submit(&op{kind: opCancel, call: c})
			<-c.wake
		}
	}
	return d.over(c)
}

// Cast sends c.Method and c.Body to the peers of c.To, or to every active one,
// and expects nothing back. An error says that nothing was sent.
func (d *Driver) Cast(c *Call) error {
	d.submitCall(opCast, c)
	return d.refusal(c.refused)
}

// submitCall has c begun or cast.
func (d *Driver) submitCall(kind opKind, c *Call) {
	c.method = append(c.method[:0], c.Method...)
	c.op = op{kind: kind, call: c}
	d.submit(&c.op)
}

// over is what a caller does once it has been woken. It returns the error of c.
func (d *Driver) over(c *Call) error {
	c.next.wakeUp()
	c.next = nil
	if c.closed {
		return d.reason()
	}
	return d.refusal(c.refused)
}

// wakeUp tells the caller of c, which may be nil, that the call is over. Calls
// that end together are linked: each caller wakes the next one, before it does
// anything else. Waking all at once brings in an idle processor, and was measured
// to make fewer calls (docs/BENCHMARKS.md). Where a caller goes on to use its
// processor for long, an idle one fetches the next caller soon enough.
//
// No code of the user may run between the end of a call and this, or the callers
// of the others wait for it.
func (c *Call) wakeUp() {
	if c != nil {
		c.wake <- struct{}{} // never blocks: one token a call
	}
}

// addOutcome appends the outcome of c that a tells of. With keep, its bytes belong to the
// node and are not copied. Requires the lock.
func (d *Driver) addOutcome(c *Call, a *core.Action, keep bool) {
	c.Outcomes = append(c.Outcomes, Outcome{})
	o := &c.Outcomes[len(c.Outcomes)-1] // filled in where it is: to copy a whole one takes longer
	o.Peer, o.How, o.Cause = a.Peer, a.Outcome, a.Cause
	o.claim.budget, o.claim.peer = d.config.Node.Budget, a.Peer
	n := len(a.Err) + len(a.Body) + len(a.Head)
	switch {
	case n == 0: // as in outcomes that time brings on in the step of a frame, which is not theirs
	case o.claim.add(int64(n)) != nil:
		o.TooMuch = true
	case keep:
		o.payload = d.takePayload()
		o.Err, o.Body, o.Head = a.Err, a.Body, a.Head
	default:
		o.Err = c.copyOf(a.Err)
		o.Body = c.copyOf(a.Body)
		o.Head = c.copyOf(a.Head)
	}
	if a.Outcome == core.Closed {
		c.closed = true
	}
}

// copyOf copies b to memory that lives as long as the outcomes.
func (c *Call) copyOf(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	from := len(c.memory)
	c.memory = pieces.Append(c.memory, b) // where append moves the memory, earlier outcomes keep the old one
	return c.memory[from:len(c.memory):len(c.memory)]
}

// callTable has the calls that are under way, by id: the place in the table, from 1.
// Its methods require the lock.
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
