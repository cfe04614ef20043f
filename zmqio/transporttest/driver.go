package transporttest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Two drivers with the transport between them: what goes with calls and replies arrives,
// and the context of a handler ends when its caller, its deadline or its node do.

// drivers are a node that serves and one that calls it. They are linked.
type drivers struct {
	story          *story
	server, client *zmqio.Driver
	serverName     string
	began          chan context.Context // of each request
	ended          chan error           // the cause, as the handler has seen it
}

// drivers makes them. The handler waits for the end of its context, unless it is called
// "head", which answers at once.
func (s *story) drivers() *drivers {
	s.Helper()
	p := &drivers{story: s, began: make(chan context.Context, 1), ended: make(chan error, 1)}
	p.server, p.serverName = s.driver("server", p.handle)
	p.client, _ = s.driver("client", nil)
	bound, err := p.server.Listen(s.address())
	if err != nil {
		s.Fatal(err)
	}
	if err := p.client.Connect(p.serverName, bound); err != nil {
		s.Fatal(err)
	}
	deadline := time.After(Patience)
	for {
		changed := p.client.Changed()
		if p.client.ActiveCount() == 1 {
			return p
		}
		select {
		case <-changed:
		case <-deadline:
			s.Fatalf("not linked after %v", Patience)
		}
	}
}

// driver makes one driver.
func (s *story) driver(name string, handler zmqio.Handler) (d *zmqio.Driver, fullName string) {
	s.Helper()
	var keys *Keys
	if s.curve {
		keys = NewKeys(s.TB)
	}
	node := NewConfig(name, keys)
	d, err := zmqio.New(zmqio.Config{
		Protocol:   core.Config{Name: node.Name, Network: "transporttest", Incarnation: uint64(len(name)) + uint64(time.Now().UnixNano())},
		Node:       node,
		Transports: []zmqio.Transport{s.transport},
		Handler:    handler,
	})
	if err != nil {
		s.Fatal(err)
	}
	s.Cleanup(d.Close)
	return d, node.Name
}

func (p *drivers) handle(dst []byte, r *zmqio.Request) ([]byte, error) {
	if string(r.Method) == "head" {
		r.ReplyHead = append([]byte("re "), r.Head...)
		return append(dst, r.Body...), nil
	}
	ctx := r.Context()
	p.began <- ctx
	<-ctx.Done()
	p.ended <- context.Cause(ctx)
	return dst, ctx.Err()
}

// call makes a call to the server, and returns its one outcome.
func (p *drivers) call(ctx context.Context, method string, change func(*zmqio.Call)) (o zmqio.Outcome, err error) {
	p.story.Helper()
	c := p.client.NewCall()
	c.Method, c.Timeout = method, Patience
	c.Body = append(c.Body[:0], "argument"...)
	change(c)
	if err = p.client.Call(ctx, c); err == nil && len(c.Outcomes) == 1 {
		o = c.Outcomes[0]
	}
	return o, err // its bytes are not used again, since c is not released
}

// begin makes a call that waits, on a goroutine of its own, and returns the context of its
// handler.
func (p *drivers) begin(ctx context.Context, change func(*zmqio.Call)) (handler context.Context, over <-chan error) {
	p.story.Helper()
	done := make(chan error, 1)
	go func() {
		_, err := p.call(ctx, "wait", change)
		done <- err
	}()
	return within(p.story, p.began, "the handler begins"), done
}

// end waits for the cause by which the handler has seen its context end.
func (p *drivers) end(want error) {
	p.story.Helper()
	if why := within(p.story, p.ended, "the context ends"); !errors.Is(why, want) {
		p.story.Errorf("the context ended with %v, want %v", why, want)
	}
}

// within waits for a value.
func within[T any](tb testing.TB, c <-chan T, what string) (v T) {
	tb.Helper()
	select {
	case v = <-c:
	case <-time.After(Patience):
		tb.Fatalf("waited %v: %s", Patience, what)
	}
	return v
}

func nothing(*zmqio.Call) {}

func headsBothWays(s *story) {
	p := s.drivers()
	for _, size := range []int{0, 1, 4096} {
		head := Bytes(size, size)
		o, err := p.call(s.Context(), "head", func(c *zmqio.Call) {
			c.Head, c.TellDeadline = []byte(head), true
			if size > 1 {
				c.Head = c.Head[:size-len("re ")] // what comes back fits too
			}
		})
		want := "re " + head[:min(size, max(size-len("re "), 1))]
		if err != nil || o.How != core.Replied || string(o.Body) != "argument" || string(o.Head) != want {
			s.Errorf("a head of %d bytes: %v, %v %q, with %d bytes of a head, want %d", size, err, o.How, o.Err, len(o.Head), len(want))
		}
	}
}

func contextEndsWithTheCall(s *story) {
	p := s.drivers()
	ctx, cancel := context.WithCancel(s.Context())
	defer cancel()
	handler, over := p.begin(ctx, nothing)
	if _, has := handler.Deadline(); has {
		s.Error("the context has a deadline, which was not told")
	}
	cancel()
	p.end(zmqio.ErrGivenUp)
	if err := within(s, over, "the call is over"); err != nil {
		s.Error(err)
	}
}

func contextEndsAtTheDeadline(s *story) {
	p := s.drivers()
	const timeout = 50 * time.Millisecond
	before := time.Now()
	handler, over := p.begin(s.Context(), func(c *zmqio.Call) { c.Timeout, c.TellDeadline = timeout, true })
	at, has := handler.Deadline()
	if after := time.Now(); !has || at.Before(before) || at.After(after.Add(timeout)) {
		s.Errorf("the deadline is %v after the call, want %v at most", at.Sub(before), timeout)
	}
	// The caller's VOID, at its timeout, may be there first.
	if why := within(s, p.ended, "the context ends"); !errors.Is(why, zmqio.ErrCallDeadline) && !errors.Is(why, zmqio.ErrGivenUp) {
		s.Errorf("the context ended with %v", why)
	}
	_ = within(s, over, "the call is over")
}

func contextEndsWithTheNode(s *story) {
	p := s.drivers()
	_, over := p.begin(s.Context(), nothing)
	closed := make(chan struct{})
	go func() {
		p.server.Close()
		close(closed)
	}()
	p.end(zmqio.ErrClosed)
	within(s, closed, "the node is closed")
	p.client.Close()
	_ = within(s, over, "the call is over")
}

func contextEndsWithTheCaller(s *story) {
	p := s.drivers()
	_, over := p.begin(s.Context(), nothing)
	p.client.Close()
	p.end(zmqio.ErrCallerGone)
	if err := within(s, over, "the call is over"); !errors.Is(err, zmqio.ErrClosed) {
		s.Errorf("the call ended with %v, want %v", err, zmqio.ErrClosed)
	}
}
