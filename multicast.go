package bilateralrpc

import (
	"context"
	"errors"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// multicast is a call whose outcomes are taken as they come, with the interceptors of its
// node around it. Its arguments are encoded once, however many peers and attempts there are.
type multicast struct {
	node   *Bilateral
	to     []string
	method string
	args   any
	option CallOption
	// receive is given each outcome, with how many are still to come, and tells info of it.
	// It returns false if it wants no more: the call is then given up at the peers.
	receive func(o *zmqio.Outcome, left int, info *CallInfo) bool
	// restart forgets what was received, for another attempt. If it is nil there can be
	// none once something was.
	restart func()

	ctx                context.Context // of the present attempt
	attempts, received int
	satisfied          bool  // receive wants no more
	err                error // of the last attempt
}

var errNoMore = errors.New("bilateralrpc: an interceptor has called next again, but the caller has had replies already, or all that it wants")

// make makes the call. Its error is that of the last attempt, unless an interceptor has
// returned another one.
func (m *multicast) make(ctx context.Context) error {
	b := m.node
	if b.broken != nil {
		return b.broken
	}
	s := b.driver.NewStream()
	defer s.End()
	if err := b.fill(ctx, &s.Call, m.to, m.method, m.args, m.option); err != nil {
		return err
	}
	if len(b.interceptors.call) == 0 {
		return m.attempt(ctx, s, nil)
	}
	info := &CallInfo{Method: m.method, To: m.to, Idempotent: m.option.idempotent, ArgsBytes: len(s.Body)}
	return b.interceptors.around(ctx, info, func(ctx context.Context) error { return m.next(ctx, s, info) })
}

// fill fills in a call under ctx, but for its head.
func (b *Bilateral) fill(ctx context.Context, c *zmqio.Call, to []string, method string, args any, option CallOption) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	timeout, err := option.timeoutOf(ctx)
	if err != nil {
		return err
	}
	c.Timeout, c.Idempotent, c.TellDeadline = timeout, option.idempotent, true
	return encode(c, to, method, args)
}

// next is what the innermost interceptor calls: the first time it makes the call with s, and
// then with others like it.
func (m *multicast) next(ctx context.Context, s *zmqio.Stream, info *CallInfo) error {
	m.attempts++
	if m.attempts == 1 {
		return m.attempt(ctx, s, info)
	}
	if m.satisfied || m.received > 0 && m.restart == nil {
		return errNoMore
	}
	if m.restart != nil {
		m.restart()
	}
	timeout, err := m.option.timeoutOf(ctx)
	if err != nil {
		return err
	}
	again := m.node.driver.NewStream()
	defer again.End()
	again.To, again.Method, again.Body = s.To, s.Method, append(again.Body[:0], s.Body...)
	again.Timeout, again.Idempotent, again.TellDeadline = timeout, s.Idempotent, s.TellDeadline
	return m.attempt(ctx, again, info)
}

// attempt makes the call with s.
func (m *multicast) attempt(ctx context.Context, s *zmqio.Stream, info *CallInfo) error {
	m.err = m.run(ctx, s, info)
	return m.err
}

func (m *multicast) run(ctx context.Context, s *zmqio.Stream, info *CallInfo) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := attachHead(ctx, &s.Call); err != nil {
		return err
	}
	m.ctx = ctx
	s.Begin(ctx)
	defer s.GiveUp()
	canceled := false
	for o, ok := s.Next(); ok; o, ok = s.Next() {
		m.received++
		canceled = canceled || o.How == core.Canceled
		if !m.receive(o, s.Left(), info) {
			m.satisfied = true
			return nil
		}
	}
	if err := s.Err(); err != nil {
		return m.node.explain(err, &s.Call)
	}
	if canceled && !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return ctx.Err()
	}
	return nil
}

// noReply is the error of a peer that has not answered before its call ended. It is that of
// the context too, if the context is why.
func noReply(ctx context.Context, option CallOption, o *zmqio.Outcome) error {
	_, hasDeadline := ctx.Deadline()
	switch cause := context.Cause(ctx); {
	case cause != nil && o.How == core.Canceled:
		return fmt.Errorf("%w: %w", ErrNoReply, cause)
	case hasDeadline && option.timeout == 0: // which the timeout was taken from
		return fmt.Errorf("%w: %w", ErrNoReply, context.DeadlineExceeded)
	}
	return ErrNoReply
}
