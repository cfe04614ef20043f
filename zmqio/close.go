package zmqio

import (
	"context"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Shutdown ends the node: it takes leave of its peers, ends the pending calls
// with ErrClosed, waits until the handlers are done and their replies sent, or
// ctx is done (whose error it then returns), and closes everything. It may be
// called again, and from inside a handler, where it waits for ctx.
func (d *Driver) Shutdown(ctx context.Context) error {
	d.stop()
	err := d.drain(ctx)
	d.end()
	return err
}

// Close is Shutdown that waits for handlers no longer than the linger time.
func (d *Driver) Close() {
	ctx, cancel := d.config.Clock.WithTimeout(context.Background(), d.config.Linger)
	defer cancel()
	_ = d.Shutdown(ctx)
}

// stop tells the machine, which sends PART and ends the calls.
func (d *Driver) stop() {
	d.own()
	defer d.release()
	if d.stopped {
		return
	}
	d.event = core.Event{Kind: core.EvStop}
	d.step()
	if d.changed == nil {
		d.changed = make(chan struct{})
	}
	close(d.changed)
	d.stopped = true
	d.tellDrained()
}

// tellDrained notes the end of the last handler. It requires ownership.
func (d *Driver) tellDrained() {
	if d.stopped && d.serving == 0 {
		select {
		case <-d.drained:
		default:
			close(d.drained)
		}
	}
}

// drain waits for the handlers; for those that ctx does not wait for nobody does.
func (d *Driver) drain(ctx context.Context) error {
	select {
	case <-d.drained:
		return nil
	default:
	}
	select {
	case <-d.drained:
		return nil
	case <-d.finished: // somebody else was less patient
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// end closes what holds goroutines and descriptors. All who call it wait for
// the first one; that takes no longer than the transports linger.
func (d *Driver) end() {
	d.finish.Do(func() {
		d.router.making.Lock()
		d.own()
		d.gone = true
		d.alarm.stop()
		d.release()
		d.router.making.Unlock()

		d.flushes.Wait()
		for _, p := range d.router.ports {
			if p.transport == nil {
				continue
			}
			if err := p.transport.Close(d.config.Linger); err != nil && d.config.Logger != nil {
				d.config.Logger.Warn("closing a transport", "err", err)
			}
		}
		d.pool.close()
		close(d.finished)
	})
}

// fail ends the node because a transport can't go on.
func (d *Driver) fail(err error) {
	if !d.failure.CompareAndSwap(nil, &err) {
		return
	}
	go func() { // the transport may hold the ownership
		if d.config.Logger != nil {
			d.config.Logger.Error("the node failed", "err", err)
		}
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
