package zmqio

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// The end of a node has two phases. First it drains: requests of peers are
// turned away, while handlers that run may finish, with calls of their own if
// they need them, and their replies are sent. Then the machine is stopped, which
// takes leave of the peers and ends the pending calls, and everything is closed.

// Shutdown ends the node: it waits until the handlers are done or ctx is (whose
// error it then returns), ends the pending calls with ErrClosed, and closes
// everything. It may be called at any time and repeatedly; inside a handler it
// waits for ctx.
func (d *Driver) Shutdown(ctx context.Context) error {
	err := d.drain(ctx)
	d.end()
	return err
}

// Close is Shutdown that waits for handlers no longer than Config.Linger.
func (d *Driver) Close() {
	// The time is real: it is the user's code that is waited for.
	ctx, cancel := context.WithTimeout(context.Background(), d.config.Node.Linger)
	defer cancel()
	_ = d.Shutdown(ctx)
}

// drain waits for the handlers.
func (d *Driver) drain(ctx context.Context) error {
	d.own()
	d.draining = true
	d.tellDrained()
	d.release()
	select {
	case <-d.drained:
		return nil
	default:
	}
	select {
	case <-d.drained:
		return nil
	case <-d.finished: // somebody else was less patient
		return d.reason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tellDrained notes the end of the last handler. It requires ownership.
func (d *Driver) tellDrained() {
	if !d.draining || d.serving > 0 {
		return
	}
	select {
	case <-d.drained:
	default:
		close(d.drained)
	}
}

// end closes what holds goroutines and descriptors. All who call it wait for
// the first one; that takes no longer than the transports linger.
func (d *Driver) end() {
	d.finish.Do(func() {
		d.stop()
		d.router.making.Lock()
		d.own()
		d.gone = true
		d.alarm.stop()
		d.release()
		d.router.making.Unlock()

		for _, p := range d.router.ports {
			if p.carrier == nil {
				continue
			}
			if err := p.carrier.Close(d.config.Node.Linger); err != nil {
				d.config.Node.Logger.Warn("closing a transport", "err", err)
			}
		}
		d.pool.close()
		close(d.finished)
	})
}

// stop tells the machine, which sends PART and ends the calls.
func (d *Driver) stop() {
	d.own()
	defer d.release()
	d.step(&core.Event{Kind: core.EvStop})
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	close(d.changed)
	d.stopped = true
}

// fail ends the node because a transport can't go on.
func (d *Driver) fail(err error) {
	if !d.failure.CompareAndSwap(nil, &err) {
		return
	}
	go func() { // the transport may hold the ownership
		d.config.Node.Logger.Error("the node failed", "err", err)
		d.Close()
	}()
}

// reason is why the node has ended.
func (d *Driver) reason() error {
	if err := d.failure.Load(); err != nil {
		return fmt.Errorf("%w: it failed: %w", ErrClosed, *err)
	}
	return ErrClosed
}
