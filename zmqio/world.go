package zmqio

import (
	"context"
	"encoding/binary"
	"slices"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
)

// world is what a driver knows of the world that runs it, which is none where there are
// sockets. In a world the machine is the world's: the driver neither steps it, nor sets an
// alarm for it, nor has carriers that send. Whoever wants the machine to take a step posts
// an operation, and those who wait are woken by the world.
type world struct {
	host  hosted.World // nil on sockets
	event *core.Event  // of the last step
	// left is set when the world has ended the node's life. From then on the driver is one
	// like any other, whose machine is stopped.
	left atomic.Bool
}

// enter has the driver run by the world that one of the transports is, if one is.
func (d *Driver) enter(transports []Transport) {
	for _, t := range transports {
		if w, ok := t.(hosted.World); ok {
			d.world.host, d.world.event, d.machine = w, new(core.Event), w.Machine()
			d.limits, d.pool.hosted = d.machine.Config().Limits, true
			w.Enter((*worldly)(d))
			return
		}
	}
}

// isHosted says whether a world runs the node.
func (d *Driver) isHosted() bool { return d.world.host != nil && !d.world.left.Load() }

// do has f run with the node locked, and waits for that. In a world it is done when the
// world takes it.
func (d *Driver) do(k hosted.Kind, key string, f func()) {
	d.await(hosted.Op{Kind: k, Key: func() string { return key }}, f)
}

// await is do for an operation, which is complete but for Do.
func (d *Driver) await(op hosted.Op, f func()) {
	locked := func() {
		d.lock()
		defer d.unlockAndDispatch()
		f()
	}
	if !d.isHosted() {
		locked()
		return
	}
	done := make(chan struct{})
	op.Do = func() {
		locked()
		d.world.host.Hand(func() { close(done) })
	}
	d.world.host.Post(op)
	<-done
}

// submitToWorld is submit in a world.
func (d *Driver) submitToWorld(o *op) {
	apply := func() {
		d.apply(o)
		d.tellDrained()
	}
	switch o.kind {
	case opCall:
		d.post(hosted.Op{Kind: hosted.Call, Key: o.call.key, Asker: o.call.asker}, apply)
	case opAnswer:
		d.post(hosted.Op{Kind: hosted.Answer, Key: o.request.key}, apply)
	case opCast: // the record may be used again when these return
		d.await(hosted.Op{Kind: hosted.Cast, Key: o.call.key}, apply)
	case opCancel:
		d.await(hosted.Op{Kind: hosted.Cancel, Key: o.call.key, Asker: o.call.asker}, apply)
	}
}

// post has f run with the node locked when the world takes it, and does not wait. The
// operation is complete but for Do.
func (d *Driver) post(op hosted.Op, f func()) {
	op.Do = func() {
		d.lock()
		defer d.unlockAndDispatch()
		f()
	}
	d.world.host.Post(op)
}

// identify notes in a world on whose behalf a call is made, before it is published.
func (d *Driver) identify(ctx context.Context, c *Call) {
	if d.isHosted() {
		c.asker = hosted.AskerOf(ctx)
	}
}

// key tells a call from others of its instant, by what is asked for.
func (c *Call) key() string {
	var b []byte
	add := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	add(c.Method)
	add(string(c.Body))
	add(string(c.Head))
	for _, to := range c.To {
		add(to)
	}
	b = binary.AppendUvarint(b, uint64(c.Timeout))
	b = binary.AppendUvarint(b, uint64(c.id))
	return string(b)
}

// key tells the answer to a request from others of its instant.
func (r *Request) key() string {
	return string(binary.BigEndian.AppendUint64(nil, uint64(r.ticket)))
}

// oddTime is added to the deadlines of handlers in a world. Durations of programs are round,
// so that without it the end of a handler's own timer and of its context would often be at
// the very same instant, and a select between the two up to chance.
const oddTime = 501 * time.Nanosecond

// deadlineOf returns when the caller of a request stops waiting. Requires the lock.
func (d *Driver) deadlineOf(a *core.Action) core.Instant {
	at := a.Left.Deadline(d.now)
	if d.isHosted() && at != core.Never {
		at = at.Add(oddTime)
	}
	return at
}

// wake has f let a goroutine of the user go on: at once, or when the world hands over to it.
func (d *Driver) wake(f func()) {
	if d.isHosted() {
		d.world.host.Hand(f)
		return
	}
	f()
}

// waiter is what goroutines wait by for the peers to change.
type waiter struct {
	changed chan struct{}
	since   core.Instant
}

// changedInWorld is Changed in a world. Goroutines that begin to wait at one instant can't
// be told apart but by who came first, which nothing may hang on: they go on together.
// Requires the lock.
func (d *Driver) changedInWorld() <-chan struct{} {
	now := d.alarm.now()
	if n := len(d.waiters); n > 0 && d.waiters[n-1].since == now {
		return d.waiters[n-1].changed
	}
	w := waiter{make(chan struct{}), now}
	d.waiters = append(d.waiters, w)
	return w.changed
}

// wakeWaiters tells those that wait for the peers to change. Requires the lock.
func (d *Driver) wakeWaiters() {
	for _, w := range d.waiters {
		d.wake(func() { close(w.changed) })
	}
	d.waiters = nil
}

// handOver has the world do, one at a time, what the holder of the lock leaves to be done
// after it. Requires the lock.
func (d *Driver) handOver() {
	e := d.effects
	d.effects = effects{}
	var finished []*Call // the oldest last
	for c := e.finished; c != nil; {
		next := c.next
		c.next = nil
		finished = append(finished, c)
		c = next
	}
	for _, c := range slices.Backward(finished) {
		d.world.host.Hand(c.wakeUp)
	}
	var news []*Stream
	for s := e.news; s != nil; s = s.news {
		news = append(news, s)
	}
	for _, s := range slices.Backward(news) {
		d.world.host.Hand(func() { d.publishAlone(s) })
	}
	for e.begin.first != nil {
		r := e.begin.pop()
		d.world.host.Hand(func() { d.pool.start(requests{r, r}) })
	}
	for _, c := range e.contexts {
		d.world.host.Hand(func() { c.cancel(c.why) })
	}
	if lines := e.lines; lines != nil {
		d.world.host.Hand(func() { go d.log(lines) })
	}
}

// publishAlone is effects.publish for one stream.
func (d *Driver) publishAlone(s *Stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	s.news = nil
	e := effects{news: s}
	e.publish()
}

// stepInWorld is step in a world. The world gets a copy of the event, or each one on sockets
// would be allocated for its sake.
func (d *Driver) stepInWorld(ev *core.Event) core.Refusal {
	s := &d.scratch
	*d.world.event = *ev
	actions := d.world.host.Step(s.actions[:0], d.world.event)
	s.actions = nil // what is performed may lead to another step
	refusal := d.performAll(actions)
	clear(actions)
	s.actions = actions[:0]
	return refusal
}

// performAll does what is left of a step that the world has taken, and returns what the
// machine has refused, or zero. Requires the lock.
func (d *Driver) performAll(actions []core.Action) (refusal core.Refusal) {
	for i := range actions {
		switch a := &actions[i]; a.Kind {
		case core.ActSend:
			d.scratch.calls++
		case core.ActRefuse:
			refusal = a.Refusal
		case core.ActDial, core.ActHangUp:
			// The world has done it.
		default:
			d.perform(a, true)
		}
	}
	return refusal
}

// worldStopped has the node be stopped whose machine the world may have stopped. Requires
// the lock.
func (d *Driver) worldStopped() {
	if d.isHosted() {
		d.endAllContexts()
		d.stopped()
	}
}

// worldly is a Driver as its world sees it: a hosted.Driver.
type worldly Driver

func (w *worldly) Perform(actions []core.Action) {
	d := (*Driver)(w)
	d.lock()
	defer d.unlockAndDispatch()
	d.performAll(actions)
}

func (w *worldly) Serve(a *core.Action) {
	d := (*Driver)(w)
	d.lock()
	defer d.unlockAndDispatch()
	d.takeRequest(a, true)
	d.answerAway()
}

func (w *worldly) Failed(link core.Link, peer string, cause core.Cause) {
	d := (*Driver)(w)
	d.lock()
	defer d.unlockAndDispatch()
	if d.matters(link, peer) {
		d.failed(peer, lost(cause, nil))
	}
}

func (w *worldly) Die(stopped *core.Machine, last []core.Action) {
	d := (*Driver)(w)
	d.lock()
	d.machine = stopped
	d.performAll(last)
	d.endAllContexts()
	d.stopped()
	d.phase = phaseClosed
	d.unlockAndDispatch()
	d.world.left.Store(true)
	d.pool.close()
}
