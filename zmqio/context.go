package zmqio

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
)

// Why the context of a request has ended, as context.Cause tells. When the node has ended
// it is what Driver.Err returns.
var (
	ErrGivenUp      = errors.New("bilateralrpc: the caller has given the call up")
	ErrCallerGone   = errors.New("bilateralrpc: the caller is gone, and gets no reply any more")
	ErrReturned     = errors.New("bilateralrpc: the handler has returned")
	ErrCallDeadline = fmt.Errorf("bilateralrpc: the caller has stopped waiting: %w", context.DeadlineExceeded)
)

// lifetime is that of the handler of a request. The handler and the node both know it, so
// it has a lock of its own, under which nothing is waited for.
type lifetime struct {
	mu    sync.Mutex
	ctx   *Context // nil until it is asked for
	ended error    // why it has ended, if it has
}

// Context is the context of a request. Most handlers do not look at theirs, or ask for
// their deadline at most, so that what it takes to end it is made when it is asked for
// first. It may outlive the request, whose memory is used again.
type Context struct {
	deadline time.Time // zero for none

	mu     sync.Mutex
	ended  error                   // why it has ended, if it has
	made   context.Context         // nil until it is needed; in a world its parent until then
	cancel context.CancelCauseFunc // of made; nil until that is needed
}

// Context returns a context for what the handler does. It ends when nobody waits for the
// reply to a CALL any more (the caller has given it up, as it does when its own wait
// is over, or it is gone), at the caller's deadline if that was told, when the node
// closes, and when the handler returns; context.Cause says which. Its time is real, whatever the
// Clock of the node. It is made when it is asked for first.
func (r *Request) Context() context.Context { return r.ContextIn(new(Context)) }

// ContextIn is Context that makes it in memory of the caller, which must be new. If the
// request has a context already it is that one.
func (r *Request) ContextIn(c *Context) *Context {
	l := &r.life
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ctx == nil {
		if r.deadline != core.Never {
			c.deadline = time.Now().Add(r.deadline.Sub(r.driver.alarm.now()))
		}
		if r.driver.isHosted() {
			c.made = hosted.WithAsker(context.Background(), hosted.Asker(r.ticket))
		}
		c.ended = l.ended
		l.ctx = c
	}
	return l.ctx
}

// make returns the context that c is, with all it takes.
func (c *Context) make() context.Context {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cancel != nil {
		return c.made
	}
	if c.made == nil {
		c.made = context.Background()
	}
	c.made, c.cancel = context.WithCancelCause(c.made)
	if !c.deadline.IsZero() {
		cancel := c.cancel
		var stop context.CancelFunc
		c.made, stop = context.WithDeadlineCause(c.made, c.deadline, ErrCallDeadline)
		c.cancel = func(why error) {
			cancel(why)
			stop()
		}
	}
	if c.ended != nil {
		c.cancel(c.ended)
	}
	return c.made
}

// Deadline implements context.Context.
func (c *Context) Deadline() (deadline time.Time, ok bool) {
	return c.deadline, !c.deadline.IsZero()
}

// Done implements context.Context.
func (c *Context) Done() <-chan struct{} { return c.make().Done() }

// Err implements context.Context.
func (c *Context) Err() error {
	c.mu.Lock()
	goesOn := c.cancel == nil && c.ended == nil && (c.deadline.IsZero() || time.Now().Before(c.deadline))
	c.mu.Unlock()
	if goesOn {
		return nil
	}
	return c.make().Err()
}

// Value implements context.Context. It has no values but what package context looks for and,
// in a world, who asks for what the handler asks for.
func (c *Context) Value(key any) any { return c.make().Value(key) }

// end notes why c ends, and returns what is to be called with that, if anything. A caller
// that gives up at the deadline gives up because of it, so that its word and our timer say
// the same, whichever comes first.
func (c *Context) end(why error) context.CancelCauseFunc {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why == ErrGivenUp && !c.deadline.IsZero() && !time.Now().Before(c.deadline) {
		return nil // the timer ends it, if it has not yet
	}
	c.ended = why
	return c.cancel
}

// end ends the lifetime, unless it has ended. What it returns is to be called with why,
// if it is not nil, where nothing is locked.
func (l *lifetime) end(why error) context.CancelCauseFunc {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended != nil {
		return nil
	}
	l.ended = why
	if l.ctx == nil {
		return nil
	}
	return l.ctx.end(why)
}

// endingContext is the end of a context that its handler has asked for.
type endingContext struct {
	cancel context.CancelCauseFunc
	why    error
}

// unwanted ends the context of the request that an ActCancel names. Requires the lock.
func (d *Driver) unwanted(a *core.Action) {
	why := ErrGivenUp
	if a.Cause != 0 {
		why = fmt.Errorf("%w: %v", ErrCallerGone, a.Cause)
	}
	d.endContext(d.served.at(a.Ticket), why)
}

// endContext has the context of r, which may be nil, ended once the node is unlocked.
// Requires the lock.
func (d *Driver) endContext(r *Request, why error) {
	if r == nil {
		return
	}
	if cancel := r.life.end(why); cancel != nil {
		d.effects.contexts = append(d.effects.contexts, endingContext{cancel, why})
	}
}

// endContexts ends those of all requests whose handlers run, as the node closes.
func (d *Driver) endContexts() {
	d.do(hosted.EndContexts, "", d.endAllContexts)
}

// endAllContexts is endContexts with the lock.
func (d *Driver) endAllContexts() {
	for _, r := range d.served.bySlot {
		d.endContext(r, d.reason())
	}
}
