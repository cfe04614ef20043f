package bilateralrpc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Call runs method with args on the peers of to, or on every active one if to is
// empty, and puts a row into results for each that answered. It returns when all
// have answered, or at the timeout (the one given or, if that is 0 or none is,
// DEFAULT_CALL_TIMEOUT) with the rows so far. No peers and no answers are no error.
//
// results points to a slice of a struct with the fields From string, Reply T
// and, if wanted, Err error. The slice is replaced. A row is a Reply of the peer
// From, or Err if the peer could not give one; without the field Err such peers
// are left out. Names in to that are unknown or not active get no row.
//
// A call is sent once: a peer runs it at most once. An error of Call itself says
// that nothing was sent, and the slice is then as it was; or that the node was
// closed meanwhile (ErrClosed), and the slice has the rows so far.
func (b *Bilateral) Call(to []string, method string, args interface{}, results interface{}, optionalTimeout ...time.Duration) error {
	var option CallOption
	switch len(optionalTimeout) {
	case 0:
	case 1:
		option = WithTimeout(optionalTimeout[0])
	default:
		return fmt.Errorf("%w: got %d, want one or none", ErrTwoTimeouts, len(optionalTimeout))
	}
	_, err := b.call(context.Background(), to, method, args, results, option, nil)
	return err
}

// CallOption changes one CallContext.
type CallOption struct {
	timeout    time.Duration
	hasTimeout bool
	idempotent bool
}

// WithTimeout bounds the whole call. It must be at least MINIMUM_CALL_TIMEOUT, or
// 0, which is as if the option were not given.
func WithTimeout(timeout time.Duration) CallOption {
	return CallOption{timeout: timeout, hasTimeout: true}
}

// Idempotent says that the method may run more than once: the call is then sent
// again if a connection is lost and comes back before the timeout, even where
// the peer may have run it.
func Idempotent() CallOption { return CallOption{idempotent: true} }

// Outcome is what became of a call at one addressed peer.
type Outcome struct {
	// From is the peer's name.
	From string
	// Err is nil if the peer replied: its reply is then in the results.
	Err error
}

// CallContext is Call with a context, which in addition returns one outcome for
// each addressed peer, in the order in which they arrived.
//
// The timeout is that of WithTimeout or, without, the time until ctx's deadline
// or, without, DEFAULT_CALL_TIMEOUT. A deadline of ctx ends the call as a timeout
// does: peers that have not answered have ErrNoReply. If ctx is cancelled the error
// is ctx's, and if the node is closed meanwhile it is ErrClosed; results and
// outcomes are then as far as they were known.
func (b *Bilateral) CallContext(ctx context.Context, to []string, method string, args, results any, options ...CallOption) ([]Outcome, error) {
	option, err := optionOf(options)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b.call(ctx, to, method, args, results, option, make([]Outcome, 0, max(len(to), 1)))
}

// optionOf returns all of options as one.
func optionOf(options []CallOption) (option CallOption, err error) {
	for _, o := range options {
		if o.hasTimeout && option.hasTimeout {
			return option, ErrTwoTimeouts
		}
		if o.hasTimeout {
			option.timeout, option.hasTimeout = o.timeout, true
		}
		option.idempotent = option.idempotent || o.idempotent
	}
	return option, nil
}

// call makes a call. Outcomes are appended to outcomes unless that is nil.
func (b *Bilateral) call(ctx context.Context, to []string, method string, args, results any, option CallOption, outcomes []Outcome) ([]Outcome, error) {
	if b.broken != nil {
		return nil, b.broken
	}
	timeout, err := option.timeoutOf(ctx)
	if err != nil {
		return nil, err
	}
	var rows rows
	if err := rows.of(results, b.valueBytesMax); err != nil {
		return nil, err
	}
	rows.gate = b.driver.Budget()
	if len(b.interceptors.call) > 0 {
		return b.callIntercepted(ctx, &multicast{node: b, to: to, method: method, args: args, option: option}, rows, outcomes)
	}
	c := b.driver.NewCall()
	defer b.driver.Release(c)
	if err := encode(c, to, method, args); err != nil {
		return nil, err
	}
	if err := attachHead(ctx, c); err != nil {
		return nil, err
	}
	c.Timeout, c.Idempotent, c.TellDeadline = timeout, option.idempotent, outcomes != nil
	err = b.driver.Call(ctx, c)
	switch {
	case err != nil && len(c.Outcomes) == 0: // it was not made
		return nil, b.explain(err, c)
	case err == nil && wasCanceled(c) && !errors.Is(ctx.Err(), context.DeadlineExceeded):
		err = ctx.Err()
	}
	bad := rows.fill(c.Outcomes)
	return appendOutcomes(outcomes, c, bad), err
}

// callIntercepted makes the call m, whose interceptors see each reply as it comes, with a
// row for each.
func (b *Bilateral) callIntercepted(ctx context.Context, m *multicast, rows rows, outcomes []Outcome) ([]Outcome, error) {
	m.restart = func() { outcomes = outcomes[:0] }
	m.receive = func(o *zmqio.Outcome, _ int, info *CallInfo) bool {
		if len(outcomes) == 0 {
			rows.clear()
		}
		err := rows.append(o)
		info.tell(o, err)
		outcomes = append(outcomes, Outcome{From: o.Peer, Err: err})
		return true
	}
	err := m.make(ctx)
	if err == nil && len(outcomes) == 0 {
		rows.clear()
	}
	return outcomes, err
}

// explain adds to the error of a call that was not made what the program has to know.
func (b *Bilateral) explain(err error, c *zmqio.Call) error {
	if errors.Is(err, ErrTooLarge) {
		return fmt.Errorf("%w: the arguments of %.100s have %d bytes, and a message has at most %d, which is Limits.BodyBytesMax, with the name of the method",
			err, c.Method, len(c.Body), b.driver.BodyBytesMax())
	}
	return err
}

// timeoutOf returns the timeout of a call under ctx.
func (o CallOption) timeoutOf(ctx context.Context) (time.Duration, error) {
	if o.hasTimeout && o.timeout != 0 {
		if o.timeout < MINIMUM_CALL_TIMEOUT {
			return 0, fmt.Errorf("%w: got %v", ErrTimeoutTooShort, o.timeout)
		}
		return o.timeout, nil
	}
	if deadline, ok := ctx.Deadline(); ok {
		return max(time.Until(deadline), 1), nil
	}
	return DEFAULT_CALL_TIMEOUT, nil
}

// wasCanceled says whether c was cut short, rather than over just in time.
func wasCanceled(c *zmqio.Call) bool {
	for i := range c.Outcomes {
		if c.Outcomes[i].How == core.Canceled {
			return true
		}
	}
	return false
}

// Cast runs method with args on the peers of to, or on every active one if to is
// empty, and expects nothing back. It returns at once; the error is about the
// arguments or this node, never about a peer, and nil if there is none.
func (b *Bilateral) Cast(to []string, method string, args interface{}) error {
	return b.cast(context.Background(), to, method, args)
}

func (b *Bilateral) cast(ctx context.Context, to []string, method string, args any) error {
	if b.broken != nil {
		return b.broken
	}
	c := b.driver.NewCall()
	defer b.driver.Release(c)
	if err := encode(c, to, method, args); err != nil {
		return err
	}
	if len(b.interceptors.call) == 0 {
		return b.sendCast(ctx, c)
	}
	info := &CallInfo{Method: method, To: to, Cast: true, ArgsBytes: len(c.Body)}
	return b.interceptors.around(ctx, info, func(ctx context.Context) error { return b.sendCast(ctx, c) })
}

func (b *Bilateral) sendCast(ctx context.Context, c *zmqio.Call) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := attachHead(ctx, c); err != nil {
		return err
	}
	if err := b.driver.Cast(c); err != nil {
		return b.explain(err, c)
	}
	return nil
}

// encode fills in what a call or cast sends.
func encode(c *zmqio.Call, to []string, method string, args any) error {
	if args == nil {
		return fmt.Errorf("%w: nil: pass a value or a pointer to one", ErrBadArguments)
	}
	if v := reflect.ValueOf(args); v.Kind() == reflect.Pointer && v.IsNil() {
		return fmt.Errorf("%w: a nil %T: pass a pointer to a value", ErrBadArguments, args)
	}
	body, err := gobcodec.Append(c.Body[:0], args)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrBadArguments, err)
	}
	c.To, c.Method, c.Body = to, method, body
	return nil
}
