package zmqio

import (
	"runtime"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Callers and handlers do not own the node themselves. They leave what they want
// of the machine in a queue, and one of them takes it in for all: it lets the
// others run as long as that brings more into the queue, and then owns the node
// once and has everything stepped and sent. So the state of the machine stays
// with one processor for a while, many messages leave in one write, and nobody
// waits for the mutex.

// turns is who takes turns, and when.
type turns struct {
	queue
	gathering atomic.Bool  // somebody waits for more, and will take it in
	taking    atomic.Bool  // somebody takes in, and will look for more
	rest      atomic.Int32 // times not to wait for more
	enough    atomic.Int32 // so many queued ones need not wait for more
}

// enter queues c to be begun.
func (d *Driver) enter(c *Call) {
	c.entry.call = c
	d.turns.push(&c.entry)
	d.takeTurns()
}

// giveBack queues the answer to r.
func (d *Driver) giveBack(r *Request) {
	r.entry.request = r
	d.turns.push(&r.entry)
	d.takeTurns()
}

const (
	// A part of what is under way is enough for a turn, and at least enoughMin:
	// with more, the other end, which has nothing to do meanwhile, would start
	// later than it could.
	enoughPart = 4
	enoughMin  = 12
	// turnsMax bounds how many turns in a row a goroutine of the user takes.
	turnsMax = 8
)

// takeTurns sees to it that what is queued is taken in: by the caller, unless
// somebody else is about to. Nothing stays behind: who finds a flag set has pushed
// before, and whoever clears a flag looks at the queue, or at the other flag, after.
func (d *Driver) takeTurns() {
	t := &d.turns
	for turn := 0; !t.empty(); turn++ {
		if turn == turnsMax {
			go d.takeTurns()
			return
		}
		if !t.isEnough() {
			if !set(&t.gathering) {
				return
			}
			t.gather()
			t.gathering.Store(false)
		}
		if !set(&t.taking) {
			return
		}
		d.own()
		d.takeIn()
		d.releaseApart()
		t.taking.Store(false)
	}
}

// set makes flag true, and returns whether it was not.
func set(flag *atomic.Bool) bool { return !flag.Load() && flag.CompareAndSwap(false, true) }

// isEnough says whether what is queued need not wait for more.
func (t *turns) isEnough() bool { return t.len() >= int(t.enough.Load()) }

const (
	// gatherYields bounds the yields in a row.
	gatherYields = 10
	// gatherTime is when yields take too long: where other goroutines compute, it
	// takes its time until the processor comes back.
	gatherTime = time.Millisecond
	// restUseless and restSlow are how often not to yield after yields that have
	// brought nothing, and after some that took too long.
	restUseless = 4
	restSlow    = 256
)

// gather lets other goroutines run as long as they queue more, unless that has
// lately not paid.
func (t *turns) gather() {
	if t.rest.Load() > 0 {
		t.rest.Add(-1)
		return
	}
	began := time.Now()
	first := t.pushed.Load()
	last := first
	for range gatherYields {
		runtime.Gosched()
		if time.Since(began) > gatherTime {
			t.rest.Store(restSlow)
			return
		}
		now := t.pushed.Load()
		if now == last || t.isEnough() {
			last = now
			break
		}
		last = now
	}
	if last == first {
		t.rest.Store(restUseless)
	}
}

// expect says that several are about to come, as replies and requests make them
// do that came in together.
func (t *turns) expect() {
	if t.rest.Load() <= restUseless {
		t.rest.Store(0)
	}
}

// takeIn steps what is queued. It requires ownership.
func (d *Driver) takeIn() {
	for e := d.turns.take(); e != nil; {
		this := e
		e = e.next
		this.next = nil // or a long call would hold those behind it
		if this.call != nil {
			d.beginCall(this.call)
		} else {
			d.endRequest(this.request)
		}
	}
	underWay := d.pending.len() + d.serving
	d.turns.enough.Store(int32(max(enoughMin, underWay/enoughPart)))
	d.tellDrained()
}

// beginCall has the machine begin a call. It requires ownership.
func (d *Driver) beginCall(c *Call) {
	d.pending.add(c)
	d.step(&core.Event{
		Kind: core.EvCall, Call: c.id, To: c.To, Method: c.method, Body: c.Body,
		Timeout: c.Timeout, Idempotent: c.Idempotent,
	})
	if d.refuse != 0 {
		c.refused = d.refuse
		d.pending.remove(c.id)
		c.next, d.done = d.done, c
	}
}

// endRequest gives the machine its ticket back. It requires ownership.
func (d *Driver) endRequest(r *Request) {
	d.step(&core.Event{Kind: core.EvReply, Ticket: r.ticket, Method: r.Method, Err: r.text, Body: r.reply})
	d.serving--
	d.freeRequest(r)
}
