package zmqio

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Callers and handlers do not own the node themselves. They leave what they want
// of the machine in a queue, and one of them takes its turn for all: it lets the
// others run as long as that brings more into the queue, and then owns the node
// once and has everything stepped and sent. So the state of the machine stays
// with one processor for a while, many messages leave in one write, and nobody
// waits for the mutex.

// waiting is the queue.
type waiting struct {
	calls   stack[Call, *Call]       // to begin
	answers stack[Request, *Request] // to requests
	pushed  atomic.Uint32            // both, ever
	turning atomic.Bool              // somebody takes a turn
	rest    int                      // turns without a yield that are left; of who takes the turn
}

// enter queues c to be begun.
func (d *Driver) enter(c *Call) {
	d.waiting.calls.push(c)
	d.waiting.pushed.Add(1)
	d.turn()
}

// giveBack queues the answer to r.
func (d *Driver) giveBack(r *Request) {
	d.waiting.answers.push(r)
	d.waiting.pushed.Add(1)
	d.turn()
}

// turnsMax bounds how many turns in a row a user's goroutine takes for others.
const turnsMax = 8

// turn takes in what is queued, unless somebody does it already: who has the
// turn looks for more after giving it up.
func (d *Driver) turn() {
	w := &d.waiting
	for n := 0; !w.turning.Load() && w.turning.CompareAndSwap(false, true); n++ {
		w.gather()
		d.own()
		d.takeIn()
		d.release()
		w.turning.Store(false)
		if w.empty() {
			return
		}
		if n == turnsMax {
			go d.turn()
			return
		}
	}
}

func (w *waiting) empty() bool { return w.calls.empty() && w.answers.empty() }

const (
	// gatherYields bounds the yields of a turn.
	gatherYields = 10
	// gatherEnough are enough to go on with: with more the other end, which has
	// nothing to do meanwhile, would start later than it could.
	gatherEnough = 32
	// gatherTime is when yields take too long: where other goroutines compute, it
	// takes its time until the processor comes back.
	gatherTime = time.Millisecond
	// restUseless and restSlow are the turns without a yield after yields that
	// have brought nothing, and after some that took too long.
	restUseless = 4
	restSlow    = 256
)

// gather lets other goroutines run as long as they queue more, unless that has
// lately not paid.
func (w *waiting) gather() {
	if w.rest > 0 {
		w.rest--
		return
	}
	began := time.Now()
	first := w.pushed.Load()
	last := first
	for range gatherYields {
		runtime.Gosched()
		if time.Since(began) > gatherTime {
			w.rest = restSlow
			return
		}
		now := w.pushed.Load()
		if now == last || now-first >= gatherEnough {
			last = now
			break
		}
		last = now
	}
	if last == first {
		w.rest = restUseless
	}
}

// takeIn steps what is queued. It requires ownership.
func (d *Driver) takeIn() {
	for c := d.waiting.calls.take(); c != nil; {
		next := c.next
		c.next = nil
		d.beginCall(c)
		c = next
	}
	for r := d.waiting.answers.take(); r != nil; {
		next := r.next
		d.endRequest(r)
		r = next
	}
	d.tellDrained()
}

// beginCall has the machine begin a call. It requires ownership.
func (d *Driver) beginCall(c *Call) {
	d.pending.add(c)
	d.event = core.Event{
		Kind: core.EvCall, Call: c.id, To: c.To, Method: c.method, Body: c.Body,
		Timeout: c.Timeout, Idempotent: c.Idempotent,
	}
	d.step()
	if d.refuse != 0 {
		c.refused = d.refuse
		d.pending.remove(c.id)
		c.next, d.done = d.done, c
	}
}

// endRequest gives the machine its ticket back. It requires ownership.
func (d *Driver) endRequest(r *Request) {
	d.event = core.Event{Kind: core.EvReply, Ticket: r.ticket, Method: r.Method, Err: r.text, Body: r.reply}
	d.step()
	d.serving--
	d.freeRequest(r)
}
