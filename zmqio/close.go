package zmqio

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
)

// phase says how far the end of a node has come. It only rises. A node that works
// has phase 0.
type phase int

const (
	// phaseDraining: requests of peers are turned away. Handlers that run may finish,
	// with calls of their own if they need them, and their replies are sent.
	phaseDraining phase = iota + 1
	// phaseStopped: the machine has taken leave of the peers and ended every call,
	// and refuses all others.
	phaseStopped
	// phaseClosed: the carriers are closed or closing, and their reports are ignored.
	phaseClosed
)

// ending is what the end of a node needs besides its phase.
type ending struct {
	failure  atomic.Pointer[error] // why the node failed, if it did
	begun    atomic.Bool           // somebody closes everything, or has
	finished chan struct{}         // closed when everything is closed; see prepare
	drained  chan struct{}         // closed when draining and no handler runs; see prepare
}

// prepare makes the channels, before one of them is used. Requires the lock.
func (e *ending) prepare() {
	if e.finished == nil {
		e.finished, e.drained = make(chan struct{}), make(chan struct{})
	}
}

// Shutdown ends the node: it waits until the handlers are done or ctx is (whose
// error it then returns; their contexts end then), ends the pending calls with ErrClosed, closes everything,
// and waits for a logger that is at work. It may be called at any time and
// repeatedly; inside a handler it waits for ctx.
func (d *Driver) Shutdown(ctx context.Context) error {
	err := d.drain(ctx)
	d.closeAll()
	d.background.close()
	return err
}

// Close is Shutdown that ends the contexts of the handlers at once, and waits for them no
// longer than Config.Node.Linger.
func (d *Driver) Close() {
	d.drainFrom()
	d.endContexts()
	ctx, cancel := d.lingerContext()
	defer cancel()
	_ = d.Shutdown(ctx)
}

// lingerContext is done after the linger time. The time is real: it is code of the
// user that is waited for.
func (d *Driver) lingerContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), d.config.Node.Linger)
}

// drain waits for the handlers.
func (d *Driver) drain(ctx context.Context) error {
	d.drainFrom()
	select {
	case <-d.ending.drained:
		return nil
	default:
	}
	select {
	case <-d.ending.drained:
		return nil
	case <-d.ending.finished: // another Shutdown had less time
		return d.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drainFrom has the requests that come from here on turned away.
func (d *Driver) drainFrom() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ending.prepare()
	d.phase = max(d.phase, phaseDraining)
	d.tellDrained()
}

// tellDrained tells drain when no handler runs. Requires the lock.
func (d *Driver) tellDrained() {
	if d.phase < phaseDraining || d.served.running > 0 {
		return
	}
	d.ending.prepare()
	select {
	case <-d.ending.drained:
	default:
		close(d.ending.drained)
	}
}

// closeAll stops the machine and closes what holds goroutines and descriptors.
// Concurrent callers wait for the first, at most as long as the carriers linger.
func (d *Driver) closeAll() {
	d.mu.Lock()
	d.ending.prepare()
	d.mu.Unlock()
	if d.ending.begun.Swap(true) {
		<-d.ending.finished
		return
	}
	defer close(d.ending.finished)
	d.endContexts()
	d.stop()
	d.router.opening.Lock()
	d.mu.Lock()
	d.phase = phaseClosed
	d.alarm.stop()
	d.mu.Unlock()
	d.router.opening.Unlock()

	for _, p := range d.router.ports {
		if p.carrier == nil {
			continue
		}
		if err := p.carrier.Close(d.config.Node.Linger); err != nil {
			d.config.Node.Logger.Warn("closing a transport", "err", err)
		}
	}
	d.pool.close()
	d.logLeftOut()
}

// stop stops the machine, which sends PART and ends the calls.
func (d *Driver) stop() {
	d.do(hosted.Stop, "", func() {
		d.step(&core.Event{Kind: core.EvStop}, false)
		d.stopped()
	})
}

// stopped has the node be one whose machine is stopped. Requires the lock.
func (d *Driver) stopped() {
	if d.phase >= phaseStopped {
		return
	}
	d.wakeWaiters()
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	close(d.changed)
	d.phase = phaseStopped
	d.watchers.end()
}

// fail ends the node because a transport can't go on. It may be called with the
// lock.
func (d *Driver) fail(err error) {
	if !d.ending.failure.CompareAndSwap(nil, &err) {
		return
	}
	d.background.start(func() { // which a Shutdown, but not this one, waits for
		d.config.Node.Logger.Error("the node failed", "err", err)
		d.drainFrom()
		d.endContexts()
		ctx, cancel := d.lingerContext()
		defer cancel()
		_ = d.drain(ctx)
		d.closeAll()
	})
}

// reason returns why the node has ended: ErrClosed, or an error that wraps it and
// the transport's.
func (d *Driver) reason() error {
	if err := d.ending.failure.Load(); err != nil {
		return fmt.Errorf("%w: it failed: %w", ErrClosed, *err)
	}
	return ErrClosed
}
