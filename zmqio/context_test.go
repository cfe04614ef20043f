package zmqio_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// waiting is a handler that waits for the end of its context, and says why it came.
type waiting struct {
	began chan context.Context // of each request
	ended chan error           // its cause, as the handler has seen it
}

func newWaiting() *waiting {
	return &waiting{make(chan context.Context, 8), make(chan error, 8)}
}

func (w *waiting) handle(dst []byte, r *zmqio.Request) ([]byte, error) {
	ctx := r.Context()
	w.began <- ctx
	<-ctx.Done()
	w.ended <- context.Cause(ctx)
	return dst, ctx.Err()
}

// meet has name tell of itself on link, as one of ours.
func (f *fake) meet(link core.Link, name string, incarnation uint64) {
	f.frame(link, name, core.MEET, core.AppendMeet(nil, core.Meet{Extensions: 15, Incarnation: incarnation}), false)
	f.take()
}

// headed returns the payload of a WITH.
func headed(c core.Command, id uint32, method, text, head string, left core.Left) []byte {
	return core.AppendPayload(nil, &core.Action{Command: c, ID: id, Method: []byte(method), Body: []byte(text), Head: []byte(head), Left: left})
}

func TestAContextEndsWhenTheCallIsTakenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWaiting()
		_, f, _ := node(t, zmqio.Config{Handler: w.handle})
		link := f.accept(t, "peer")
		f.meet(link, "peer", 7)
		f.frame(link, "peer", core.CALL, request(5, "A.B", ""), false)
		ctx := <-w.began
		if _, has := ctx.Deadline(); has || ctx.Err() != nil {
			t.Errorf("a context without a deadline has one, or %v", ctx.Err())
		}
		f.frame(link, "peer", core.VOID, core.AppendPayload(nil, &core.Action{Command: core.VOID, ID: 5}), false)
		if why := <-w.ended; !errors.Is(why, zmqio.ErrGivenUp) {
			t.Errorf("the context ended with %v, want %v", why, zmqio.ErrGivenUp)
		}
		synctest.Wait()
		if s := f.take(); len(s) != 0 {
			t.Errorf("%+v was sent, and nobody waits for it", s)
		}
	})
}

func TestAContextEndsWhenTheCallerIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWaiting()
		_, f, _ := node(t, zmqio.Config{Handler: w.handle})
		link := f.accept(t, "peer")
		f.frame(link, "peer", core.CALL, request(5, "A.B", ""), false)
		<-w.began
		f.sink.Lock()
		f.sink.LinkLost(link, "peer", core.CauseLost, nil)
		f.sink.UnlockAndDispatch()
		if why := <-w.ended; !errors.Is(why, zmqio.ErrCallerGone) || !strings.HasSuffix(why.Error(), "lost") {
			t.Errorf("the context ended with %v, want %v: lost", why, zmqio.ErrCallerGone)
		}
	})
}

func TestAContextEndsAtTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWaiting()
		_, f, _ := node(t, zmqio.Config{Handler: w.handle})
		link := f.accept(t, "peer")
		f.meet(link, "peer", 7)
		begun := time.Now()
		f.frame(link, "peer", core.WITH, headed(core.CALL, 5, "A.B", "", "", 1+300), false)
		ctx := <-w.began
		if at, has := ctx.Deadline(); !has || at.Sub(begun) != 300*time.Millisecond {
			t.Errorf("the deadline is %v from now (%v), want 300 ms", at.Sub(begun), has)
		}
		why := <-w.ended
		if !errors.Is(why, zmqio.ErrCallDeadline) || !errors.Is(why, context.DeadlineExceeded) || ctx.Err() != context.DeadlineExceeded {
			t.Errorf("the context ended with %v (%v), want %v", why, ctx.Err(), zmqio.ErrCallDeadline)
		}
		if d := time.Since(begun); d != 300*time.Millisecond {
			t.Errorf("it ended after %v, want 300 ms", d)
		}
		synctest.Wait()
		if s := f.take(); len(s) != 1 || s[0].command != core.BACK {
			t.Errorf("%+v was sent, want the error of the handler", s)
		}
	})
}

// The caller's own wait ends at the same time, and its VOID may be here before the timer fires.
func TestACallThatIsGivenUpAtItsDeadlineEndsByIt(t *testing.T) {
	for range 20 {
		synctest.Test(t, func(t *testing.T) {
			w := newWaiting()
			_, f, _ := node(t, zmqio.Config{Handler: w.handle})
			link := f.accept(t, "peer")
			f.meet(link, "peer", 7)
			f.frame(link, "peer", core.WITH, headed(core.CALL, 5, "A.B", "", "", 1+300), false)
			ctx := <-w.began
			time.Sleep(300 * time.Millisecond)
			f.frame(link, "peer", core.VOID, core.AppendPayload(nil, &core.Action{Command: core.VOID, ID: 5}), false)
			if why := <-w.ended; !errors.Is(why, zmqio.ErrCallDeadline) || !errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Fatalf("the context ended with %v (%v), want %v", why, ctx.Err(), zmqio.ErrCallDeadline)
			}
		})
	}
}

// Close ends the contexts at once, and then waits for the handlers. Shutdown lets them
// finish until its own context is over.
func TestContextsEndWithTheNode(t *testing.T) {
	for name, end := range map[string]struct {
		shut func(d *zmqio.Driver) error
		most time.Duration
	}{
		"close": {func(d *zmqio.Driver) error { d.Close(); return nil }, 0},
		"shutdown": {func(d *zmqio.Driver) error {
			ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
			defer cancel()
			return d.Shutdown(ctx)
		}, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWaiting()
				d, f, _ := node(t, zmqio.Config{Handler: w.handle})
				link := f.accept(t, "peer")
				f.frame(link, "peer", core.CALL, request(5, "A.B", ""), false)
				<-w.began
				begun := time.Now()
				err := end.shut(d)
				if errors.Is(err, context.DeadlineExceeded) != (end.most > 0) {
					t.Errorf("it returned %v", err)
				}
				if why := <-w.ended; !errors.Is(why, zmqio.ErrClosed) {
					t.Errorf("the context ended with %v, want %v", why, zmqio.ErrClosed)
				}
				if took := time.Since(begun); took != end.most {
					t.Errorf("it took %v, want %v", took, end.most)
				}
			})
		})
	}
}

// A context that is asked for late has ended already, if there was a reason; and it ends
// when its handler returns, whoever still has it.
func TestAContextIsMadeWhenItIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ask, got := make(chan bool), make(chan context.Context, 2)
		_, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
			if <-ask {
				got <- r.Context()
				got <- r.Context()
			}
			return dst, nil
		}})
		link := f.accept(t, "peer")
		f.meet(link, "peer", 7)
		f.frame(link, "peer", core.CALL, request(5, "A.B", ""), false)
		f.frame(link, "peer", core.VOID, core.AppendPayload(nil, &core.Action{Command: core.VOID, ID: 5}), false)
		ask <- true
		ctx := <-got
		if ctx != <-got {
			t.Error("the request has two contexts")
		}
		if why := context.Cause(ctx); !errors.Is(why, zmqio.ErrGivenUp) {
			t.Errorf("the context has ended with %v, want %v", why, zmqio.ErrGivenUp)
		}
		f.frame(link, "peer", core.CALL, request(6, "A.B", ""), false)
		ask <- true
		ctx = <-got
		synctest.Wait()
		if why := context.Cause(ctx); !errors.Is(why, zmqio.ErrReturned) || ctx.Err() != context.Canceled {
			t.Errorf("the context has ended with %v, want %v", why, zmqio.ErrReturned)
		}
		f.take()
		<-got
		f.frame(link, "peer", core.CALL, request(7, "A.B", ""), false) // whose memory has been used before
		ask <- true
		if ctx = <-got; ctx.Err() != nil && !errors.Is(context.Cause(ctx), zmqio.ErrReturned) {
			t.Errorf("the next request has a context that has ended: %v", context.Cause(ctx))
		}
		synctest.Wait()
	})
}

// A context that nobody waits for, or asks for values, is one all the same; its memory may
// be the caller's, and it outlives its request.
func TestAContextThatIsOnlyLookedAt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got, leave := make(chan *zmqio.Context), make(chan bool)
		_, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
			memory := new(zmqio.Context)
			if c := r.ContextIn(memory); c != memory || r.Context() != context.Context(memory) || r.ContextIn(new(zmqio.Context)) != memory {
				t.Error("the context is not in the memory that was given first")
			}
			got <- memory
			<-leave
			return dst, nil
		}})
		link := f.accept(t, "peer")
		f.meet(link, "peer", 7)
		f.frame(link, "peer", core.WITH, headed(core.CALL, 5, "A.B", "", "", 1+300), false)
		ctx := <-got
		if err := ctx.Err(); err != nil {
			t.Errorf("it has ended before its deadline: %v", err)
		}
		time.Sleep(time.Second)
		if err := ctx.Err(); err != context.DeadlineExceeded || !errors.Is(context.Cause(ctx), zmqio.ErrCallDeadline) {
			t.Errorf("after its deadline: %v, %v", err, context.Cause(ctx))
		}
		leave <- true
		f.frame(link, "peer", core.CALL, request(6, "A.B", ""), false)
		ctx = <-got
		leave <- true
		synctest.Wait()
		if err := ctx.Err(); err != context.Canceled || !errors.Is(context.Cause(ctx), zmqio.ErrReturned) {
			t.Errorf("after the handler has returned: %v, %v", err, context.Cause(ctx))
		}
		f.take()
	})
}
