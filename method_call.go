package bilateralrpc

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// One calls one peer and returns its reply. An error is that of the peer, or says why the
// call was not made or has no reply: see [Outcome] and [RemoteError].
func (m Method[A, R]) One(ctx context.Context, node *Bilateral, peer string, args A, options ...CallOption) (R, error) {
	var (
		reply Reply[R]
		err   error
	)
	if m.isSimple(node) {
		reply, err = m.one(ctx, node, peer, args, options)
	} else {
		reply, err = m.oneOfStream(ctx, node, peer, args, options)
	}
	switch {
	case err != nil:
		return reply.Value, err
	case reply.From == "":
		return reply.Value, fmt.Errorf("%w: %s is to run at %s itself", ErrOwnName, m.name, node.names.called(peer))
	}
	return reply.Value, m.place(node, reply.From, reply.Err)
}

// isSimple says that no interceptor has to see a reply when it comes.
func (m Method[A, R]) isSimple(node *Bilateral) bool {
	return node != nil && len(node.interceptors.call) == 0
}

// oneOfStream is One by a stream. The reply is from nobody if no peer was asked.
func (m Method[A, R]) oneOfStream(ctx context.Context, node *Bilateral, peer string, args A, options []CallOption) (reply Reply[R], err error) {
	_, err = m.stream(ctx, node, []string{peer}, args, options, func() {}, func(r Reply[R], _ int) bool {
		reply = r
		return true
	})
	return reply, err
}

// one is oneOfStream by a call whose outcomes are read when it is over: callers of such wake
// each other in a chain, which suits many that wait for one reply each.
func (m Method[A, R]) one(ctx context.Context, node *Bilateral, peer string, args A, options []CallOption) (reply Reply[R], err error) {
	if err := m.check(node); err != nil {
		return reply, err
	}
	option, err := optionOf(options)
	if err != nil {
		return reply, err
	}
	b, ok := m.boxes.Get().(*box[A, R])
	if !ok {
		b = new(box[A, R])
	}
	defer func() {
		*b = box[A, R]{} // what the caller has, and keeps
		m.boxes.Put(b)
	}()
	b.to[0], b.args = peer, args
	c := node.driver.NewCall()
	defer node.driver.Release(c)
	if err := node.fill(ctx, c, b.to[:], m.name, b.argument(), option); err != nil {
		return reply, err
	}
	if err := attachHead(ctx, c); err != nil {
		return reply, err
	}
	err = node.driver.Call(ctx, c)
	if len(c.Outcomes) == 0 {
		return reply, node.explain(err, c)
	}
	o := &c.Outcomes[0]
	reply.From = o.Peer
	reply.Err = m.decode(ctx, node, option, o, &b.reply)
	reply.Value = b.reply
	return reply, nil
}

// argument returns a pointer to the arguments, which takes no memory, or these if they are
// a pointer or an interface, and so may be nil.
func (b *box[A, R]) argument() any {
	switch reflect.TypeFor[A]().Kind() {
	case reflect.Pointer, reflect.Interface:
		return b.args
	}
	return &b.args
}

// place adds to an error that is not the peer's own where it came about.
func (m Method[A, R]) place(node *Bilateral, peer string, err error) error {
	switch err.(type) {
	case nil, RemoteError, *Error:
		return err
	}
	return fmt.Errorf("%s at %s: %w", m.name, node.names.called(peer), err)
}

// Each calls the peers of to, or every active one if to is empty, and returns their replies
// as they come: one of each addressed peer, errors too. The call is made when the range
// begins, and is over within its timeout. Leaving the range gives the call up at the peers
// that have not answered: the contexts of their handlers end.
//
// The loop may take its time: nobody waits for it, and what it has not seen is bounded by
// the peers that were asked. If the call can't be made, there is one reply, from nobody,
// with the error. Every range makes a call of its own.
func (m Method[A, R]) Each(ctx context.Context, node *Bilateral, to []string, args A, options ...CallOption) iter.Seq[Reply[R]] {
	return func(yield func(Reply[R]) bool) {
		more, any := true, false
		failure, err := m.stream(ctx, node, to, args, options, nil, func(r Reply[R], _ int) bool {
			any = true
			more = yield(r)
			return more
		})
		// An error of the call itself has been told by each peer, if there were any.
		if err != nil && more && !(any && errors.Is(err, failure)) {
			yield(Reply[R]{Err: err})
		}
	}
}

// All calls the peers of to, or every active one if to is empty, and waits for all of them,
// at most for the timeout. It returns one Reply for each addressed peer, errors too, in the
// order in which they came. An error says that the call was not made, or that ctx was
// cancelled or the node closed meanwhile; the replies are then those that came before.
func (m Method[A, R]) All(ctx context.Context, node *Bilateral, to []string, args A, options ...CallOption) ([]Reply[R], error) {
	var all []Reply[R]
	_, err := m.stream(ctx, node, to, args, options, func() { all = nil }, func(r Reply[R], left int) bool {
		if all == nil {
			all = make([]Reply[R], 0, 1+left)
		}
		all = append(all, r)
		return true
	})
	return all, err
}

// First calls the peers of to, or every active one if to is empty, and returns the first
// reply without an error. The call is given up at the others, where the method may have run
// all the same. If no peer can give one the error is a *QuorumError, which has what each of
// them said.
func (m Method[A, R]) First(ctx context.Context, node *Bilateral, to []string, args A, options ...CallOption) (Reply[R], error) {
	replies, err := m.Quorum(ctx, node, to, 1, args, options...)
	if err != nil {
		return Reply[R]{}, err
	}
	return replies[0], nil
}

// Quorum calls the peers of to, or every active one if to is empty, and returns as soon as
// n of them have replied without an error, with these n replies; or as soon as they can't
// any more, with those that there were and a *QuorumError, which is ErrQuorum and has what
// each peer said. Either way the call is given up at the peers that have not answered,
// where the method may have run all the same.
func (m Method[A, R]) Quorum(ctx context.Context, node *Bilateral, to []string, n int, args A, options ...CallOption) ([]Reply[R], error) {
	if n < 1 || len(to) > 0 && n > len(to) {
		return nil, fmt.Errorf("%w: %d of the %d peers that %s is to go to: want 1 at least, and no more than there are", ErrQuorum, n, len(to), m.name)
	}
	var (
		good []Reply[R]
		bad  *QuorumError
	)
	start := func() { good, bad = nil, &QuorumError{Method: m.name, Want: n} }
	start()
	_, err := m.stream(ctx, node, to, args, options, start, func(r Reply[R], left int) bool {
		bad.Waiting = left
		if r.Err != nil {
			bad.Failed = append(bad.Failed, Outcome{r.From, r.Err})
		} else {
			good = append(good, r)
			bad.Replied = append(bad.Replied, r.From)
		}
		return len(good) < n && len(good)+left >= n
	})
	switch {
	case len(good) >= n:
		return good, nil
	case err != nil && len(bad.Failed) == 0:
		return good, err
	}
	bad.called = node.names.called
	return good, bad
}

// Cast sends args to the peers of to, or to every active one if to is empty, and expects
// nothing back. It returns at once; the error is about the arguments, ctx or this node,
// never about a peer.
func (m Method[A, R]) Cast(ctx context.Context, node *Bilateral, to []string, args A) error {
	if err := m.check(node); err != nil {
		return err
	}
	return node.cast(ctx, to, m.name, args)
}

// stream makes a call and gives receive each reply, with how many are still to come, until
// that returns false. failure is the error of the call itself; err may be an interceptor's.
// restart forgets the replies that were received: see multicast.
func (m Method[A, R]) stream(ctx context.Context, node *Bilateral, to []string, args A, options []CallOption,
	restart func(), receive func(r Reply[R], left int) bool) (failure, err error) {
	if err := m.check(node); err != nil {
		return nil, err
	}
	option, err := optionOf(options)
	if err != nil {
		return nil, err
	}
	c := multicast{node: node, to: to, method: m.name, args: args, option: option, restart: restart}
	c.receive = func(o *zmqio.Outcome, left int, info *CallInfo) bool {
		r := Reply[R]{From: o.Peer}
		r.Err = m.decode(c.ctx, node, option, o, &r.Value)
		info.tell(o, r.Err)
		return receive(r, left)
	}
	err = c.make(ctx)
	return c.err, err
}

// decode decodes the reply that is the outcome o, or returns the error that it is.
func (m Method[A, R]) decode(ctx context.Context, node *Bilateral, option CallOption, o *zmqio.Outcome, value *R) error {
	if o.How == core.Canceled || o.How == core.Silent {
		return noReply(ctx, option, o)
	}
	if err := outcomeError(o); err != nil {
		return err
	}
	err := decodeReply(m.reply, o, reflect.ValueOf(value).Elem(), node.valueBytesMax, node.driver.Budget())
	if err != nil {
		*value = *new(R)
		return replyError(err)
	}
	return nil
}
