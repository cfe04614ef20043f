package reality

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
	"github.com/bitmark-inc/bilateralrpc/sim/echo"
)

// slowness is how long handlers take.
type slowness struct {
	mu           sync.Mutex
	usual, least time.Duration
}

// set says how long handlers that begin from now on take at least.
func (s *slowness) set(least time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.least = least
}

// take takes as long as a handler that begins now.
func (s *slowness) take() {
	s.mu.Lock()
	d := max(s.usual, s.least)
	s.mu.Unlock()
	time.Sleep(d)
}

// serve has the node serve the methods of package echo. As in the world a handler goes
// on when nobody waits for it any more.
func (n *ours) serve() error {
	for _, method := range []string{echo.Ping, echo.Fail} {
		err := bilateralrpc.NewMethod[[]byte, []byte](method).Handle(n.node, func(_ context.Context, args []byte) ([]byte, error) {
			if call, _, ok := echo.ParseArgs(args); ok {
				n.tell.tell(&report{Is: hasRun, Call: call})
			}
			n.slow.take()
			reply, failure, _ := echo.Serve(n.setup.Called, []byte(method), args)
			if failure != nil {
				return nil, errors.New(string(failure))
			}
			return reply, nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// minimumTimeout is the shortest that an option of a call may name; below it a context
// ends the call.
const minimumTimeout = bilateralrpc.MINIMUM_CALL_TIMEOUT

// call makes a call, and tells of each outcome as it comes.
func (n *ours) call(o *order) {
	ctx := withHead(o.Head)
	var cancel context.CancelFunc
	var options []bilateralrpc.CallOption
	if o.For >= minimumTimeout {
		ctx, cancel = context.WithCancel(ctx)
		options = append(options, bilateralrpc.WithTimeout(o.For))
	} else {
		ctx, cancel = context.WithTimeout(ctx, o.For)
	}
	if o.Idempotent {
		options = append(options, bilateralrpc.Idempotent())
	}
	n.mu.Lock()
	n.cancels[o.Call] = cancel
	n.mu.Unlock()
	args := echo.AppendArgs(nil, o.Call, o.Idempotent, o.Size)
	n.calls.Go(func() {
		defer cancel()
		done := &report{Is: isDone, Call: o.Call}
		for r := range bilateralrpc.NewMethod[[]byte, []byte](o.Method).Each(ctx, n.node, o.To, args, options...) {
			if r.From == "" { // the call was not made
				done.Class, done.Text = bilateralrpc.ErrorKind(r.Err), r.Err.Error()
				continue
			}
			row := &report{Is: hasRow, Call: o.Call, Peer: r.From, Class: classOf(r.Err), Reply: r.Value}
			if r.Err != nil {
				row.Text = r.Err.Error()
			}
			n.tell.tell(row)
		}
		n.mu.Lock()
		delete(n.cancels, o.Call)
		n.mu.Unlock()
		n.tell.tell(done)
	})
}

// cast makes a cast.
func (n *ours) cast(o *order) error {
	args := echo.AppendArgs(nil, o.Call, false, o.Size)
	return bilateralrpc.NewMethod[[]byte, []byte](o.Method).Cast(withHead(o.Head), n.node, o.To, args)
}

// withHead returns a context in which so many bytes of metadata go with a call.
func withHead(size int) context.Context {
	if size == 0 {
		return context.Background()
	}
	return bilateralrpc.WithMetadata(context.Background(), "head", strings.Repeat(".", size))
}

// classOf returns how a call ended at a peer, as scenarios call it.
func classOf(err error) string {
	if errors.Is(err, context.Canceled) {
		return "canceled"
	}
	switch kind := bilateralrpc.ErrorKind(err); kind {
	case "":
		return "reply"
	case "no-reply":
		return "silent"
	case "not-connected":
		return "notconnected"
	case "would-block", "unroutable", "too-large":
		return "refused"
	case "disconnected", "restarted", "unserved", "closed", "canceled":
		return kind
	}
	return "error" // the handler's, or the peer's in its place
}
