package zmqio

import "github.com/bitmark-inc/bilateralrpc/core"

// pass applies everything that is published. Other goroutines wait for the one
// that runs it, so it leaves log lines to a goroutine of their own.
func (d *Driver) pass() {
	d.lock()
	d.applyPublished()
	d.unlockAndDispatchLogApart()
}

// applyPublished applies everything that is published. Requires the lock.
func (d *Driver) applyPublished() {
	for o := d.combiner.published.take(); o != nil; {
		applied := o
		o = o.next
		applied.next = nil // a call that takes long would keep those after it from being collected
		d.apply(applied)
	}
	d.combiner.setThreshold(d.pending.len() + d.served.running)
	d.tellDrained()
}

// apply does what one operation asks for. Requires the lock.
func (d *Driver) apply(o *op) {
	switch o.kind {
	case opCall:
		d.beginCall(o.call)
	case opCast:
		d.sendCast(o.call)
	case opCancel:
		d.cancelCall(o.call)
	case opAnswer:
		d.answer(o.request)
	}
}

func (d *Driver) beginCall(c *Call) {
	d.pending.add(c)
	before := d.scratch.calls
	c.refused = d.step(&core.Event{
		Kind: core.EvCall, Call: c.id, To: c.To, Method: c.method, Body: c.Body,
		Timeout: c.Timeout, Idempotent: c.Idempotent, TellDeadline: c.TellDeadline, Head: c.Head,
	}, false)
	if c.stream != nil {
		c.stream.begin(d.scratch.calls - before)
	}
	if c.refused != 0 {
		d.pending.remove(c.id)
		d.effects.finish(c)
	}
}

func (d *Driver) sendCast(c *Call) {
	c.refused = d.step(&core.Event{Kind: core.EvCast, To: c.To, Method: c.method, Body: c.Body, Head: c.Head}, false)
}

// cancelCall ends c, unless it is over. Its caller is still there, and c has been
// begun or refused, because the caller submitted both in this order and returns
// from the second only when it has been applied.
func (d *Driver) cancelCall(c *Call) {
	if c.id != 0 && d.pending.at(c.id) == c { // in a world that has left the node, c may have yet to be refused
		d.step(&core.Event{Kind: core.EvCancel, Call: c.id}, false)
	}
}

// answer gives the machine the ticket of r back, with the reply, which from here on the
// transport charges to the peer.
func (d *Driver) answer(r *Request) {
	r.claim.release()
	d.step(&core.Event{Kind: core.EvReply, Ticket: r.ticket, Method: r.Method, Err: r.text, Body: r.reply, Head: r.ReplyHead}, false)
	d.served.end(r)
	d.served.free(r)
}
