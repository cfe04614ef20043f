package zmqio_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// echo serves every method: its reply is sender, method and argument.
func echo(dst []byte, r *zmqio.Request) ([]byte, error) {
	return fmt.Appendf(dst, "%s %s %s", r.Peer, r.Method, r.Body), nil
}

func TestAHandlerMayCallTheNode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var d *zmqio.Driver
		d, f, _ := node(t, zmqio.Config{Handler: func(dst []byte, r *zmqio.Request) ([]byte, error) {
			d.ActiveCount() // would deadlock with the lock
			return echo(dst, r)
		}})
		link := f.accept(t, "peer")
		f.frame(link, "peer", core.CALL, request(7, "A.B", "arg"), false)
		synctest.Wait()
		s := f.take()
		if len(s) != 1 || s[0].command != core.BACK || s[0].link != link {
			t.Fatalf("the CALL was answered with %+v, want one BACK on its link", s)
		}
		if p := parse(t, s[0]); p.ID != 7 || string(p.Method) != "A.B" || len(p.Err) > 0 || string(p.Rest) != "peer A.B arg" {
			t.Errorf("BACK is %+v %q: the request was not copied out of the transport's memory", p, p.Rest)
		}
	})
}

func TestAHandlerThatFailsIsAnErrorReply(t *testing.T) {
	handlers := map[string]struct {
		handler zmqio.Handler
		want    string
	}{
		"error":         {func([]byte, *zmqio.Request) ([]byte, error) { return nil, errors.New("no luck") }, "no luck"},
		"empty error":   {func([]byte, *zmqio.Request) ([]byte, error) { return nil, errors.New("") }, "error without a text"},
		"panic":         {func([]byte, *zmqio.Request) ([]byte, error) { panic("bang") }, "the handler panicked: bang"},
		"exit":          {func([]byte, *zmqio.Request) ([]byte, error) { runtime.Goexit(); return nil, nil }, "the handler ended without a reply"},
		"reply too big": {func(dst []byte, _ *zmqio.Request) ([]byte, error) { return append(dst, make([]byte, 2000)...), nil }, "the reply has 2000 bytes, more than this node sends"},
		"no handler":    {nil, "this node serves no methods"},
	}
	for name, h := range handlers {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, f, _ := node(t, zmqio.Config{Handler: h.handler, Protocol: core.Config{Limits: core.Limits{BodyBytesMax: 1000}}})
				link := f.accept(t, "peer")
				for id := range uint32(3) { // the next ones must not suffer
					f.frame(link, "peer", core.CALL, request(id+1, "A.B", "arg"), false)
					synctest.Wait()
					s := f.take()
					if len(s) != 1 {
						t.Fatalf("CALL %d was answered with %+v, want one BACK", id, s)
					}
					if p := parse(t, s[0]); string(p.Err) != h.want || len(p.Rest) > 0 {
						t.Errorf("BACK has error %q and value %q, want error %q and no value", p.Err, p.Rest, h.want)
					}
				}
				if n := d.Stats().Serving; n != 0 {
					t.Errorf("%d requests are still being served", n)
				}
			})
		})
	}
}

func TestALongErrorTextIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		long := errors.New(strings.Repeat("x", 5000))
		_, f, _ := node(t, zmqio.Config{
			Protocol: core.Config{Limits: core.Limits{BodyBytesMax: 1000}},
			Handler:  func([]byte, *zmqio.Request) ([]byte, error) { return nil, long },
		})
		link := f.accept(t, "peer")
		f.frame(link, "peer", core.CALL, request(1, "A.B", ""), false)
		synctest.Wait()
		s := f.take()
		if len(s) != 1 || len(s[0].payload) > 1000 || len(parse(t, s[0]).Err) < 900 {
			t.Errorf("got %d messages, want one BACK of almost 1000 bytes", len(s))
		}
	})
}

func TestACallGetsOneOutcomeForEachPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		a, b := f.accept(t, "a"), f.accept(t, "b")
		c := d.NewCall()
		defer d.Release(c)
		c.To, c.Method, c.Body, c.Timeout = []string{"a", "b", "a", "nobody"}, "A.B", append(c.Body[:0], "arg"...), time.Second
		done := make(chan error)
		go func() { done <- d.Call(t.Context(), c) }()
		synctest.Wait()
		s := f.take()
		if len(s) != 2 || s[0].link != a || s[1].link != b {
			t.Fatalf("sent %+v, want a CALL to a and one to b", s)
		}
		p := parse(t, s[0])
		if string(p.Method) != "A.B" || string(p.Rest) != "arg" {
			t.Errorf("CALL is %+v", p)
		}
		f.frame(b, "b", core.BACK, back(p.ID, "A.B", "", "from b"), false)
		f.frame(a, "a", core.BACK, back(p.ID, "A.B", "sorry", ""), true)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, o := range c.Outcomes {
			got = append(got, fmt.Sprintf("%s %v %q %q", o.Peer, o.How, o.Err, o.Body))
		}
		want := []string{`nobody not-connected "" ""`, `b replied "" "from b"`, `a failed "sorry" ""`}
		if !slices.Equal(got, want) {
			t.Errorf("outcomes %q, want %q", got, want)
		}
	})
}

func TestACallEndsAtItsTimeoutByTheNodesClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{})
		f.accept(t, "a")
		done := make(chan []core.Outcome, 1)
		go func() {
			c := d.NewCall()
			defer d.Release(c)
			c.Method, c.Timeout = "A.B", time.Second
			if err := d.Call(t.Context(), c); err != nil {
				t.Error(err)
			}
			done <- []core.Outcome{c.Outcomes[0].How}
		}()
		synctest.Wait()
		mock.Add(time.Second - 1)
		synctest.Wait()
		if len(done) > 0 {
			t.Fatal("the call ended before its timeout")
		}
		mock.Add(1)
		if got := <-done; got[0] != core.Silent {
			t.Errorf("outcome %v, want silent", got)
		}
	})
}

func TestACancelledCallReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		f.accept(t, "a")
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		c := d.NewCall()
		defer d.Release(c)
		c.Method, c.Timeout = "A.B", time.Hour
		if err := d.Call(ctx, c); err != nil {
			t.Fatal(err)
		}
		if len(c.Outcomes) != 1 || c.Outcomes[0].How != core.Canceled {
			t.Errorf("outcomes %+v, want one canceled", c.Outcomes)
		}
		if n := d.Stats().CallsPending; n != 0 {
			t.Errorf("%d calls are still pending", n)
		}
	})
}

func TestARefusedSendEndsTheCallThere(t *testing.T) {
	for refusal, cause := range map[error]core.Cause{
		zmqio.ErrWouldBlock:             core.CauseWouldBlock,
		zmqio.ErrUnroutable:             core.CauseUnroutable,
		zmqio.ErrTooLarge:               core.CauseTooLarge,
		errors.New("something unheard"): core.CauseUnroutable,
	} {
		synctest.Test(t, func(t *testing.T) {
			d, f, _ := node(t, zmqio.Config{})
			f.accept(t, "a")
			f.sink.Lock()
			f.refuse = refusal
			f.sink.UnlockAndDispatch()
			c := d.NewCall()
			defer d.Release(c)
			c.Method, c.Timeout = "A.B", time.Hour
			if err := d.Call(t.Context(), c); err != nil {
				t.Fatal(err)
			}
			if len(c.Outcomes) != 1 || c.Outcomes[0].How != core.Refused || c.Outcomes[0].Cause != cause {
				t.Errorf("%v: outcomes %+v, want refused because of %v", refusal, c.Outcomes, cause)
			}
		})
	}
}

func TestMisuseIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{Protocol: core.Config{Limits: core.Limits{BodyBytesMax: 1000}}})
		f.accept(t, "a")
		call := func(change func(*zmqio.Call)) error {
			c := d.NewCall()
			defer d.Release(c)
			c.Method, c.Timeout = "A.B", time.Second
			change(c)
			return d.Call(t.Context(), c)
		}
		connect := func(name, address string) error { return d.Connect(name, address) }
		if err := connect("other", "fake://there"); err != nil {
			t.Fatal(err)
		}
		_, listenErr := d.Listen("tcp://127.0.0.1:*")
		for what, c := range map[string]struct{ got, want error }{
			"no timeout":        {call(func(c *zmqio.Call) { c.Timeout = 0 }), zmqio.ErrBadTimeout},
			"large argument":    {call(func(c *zmqio.Call) { c.Body = make([]byte, 1000) }), zmqio.ErrTooLarge},
			"own name":          {connect("node", "fake://there"), zmqio.ErrOwnName},
			"empty name":        {connect("", "fake://there"), zmqio.ErrBadName},
			"duplicate":         {connect("other", "fake://elsewhere"), zmqio.ErrDuplicate},
			"bad address":       {connect("third", "fake://bad"), zmqio.ErrBadAddress},
			"no scheme":         {connect("third", "there"), zmqio.ErrBadAddress},
			"unknown scheme":    {connect("third", "udp://there"), zmqio.ErrBadAddress},
			"lacking transport": {connect("third", "ipc://there"), errLacking},
			"lacking to listen": {listenErr, errLacking},
			"not connected":     {d.Disconnect("third"), zmqio.ErrNoPeer},
		} {
			if !errors.Is(c.got, c.want) {
				t.Errorf("%s: error %v, want %v", what, c.got, c.want)
			}
		}
		if n := d.Stats().CallsPending; n != 0 {
			t.Errorf("refused calls left %d pending", n)
		}
		if err := call(func(c *zmqio.Call) { c.To = []string{"nobody"} }); err != nil {
			t.Errorf("a call after refused ones: %v", err)
		}
	})
}

func TestEveryBatchOfSendsIsFlushedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		for i := range 5 {
			f.accept(t, fmt.Sprint("peer", i))
		}
		f.sink.Lock()
		before := f.flushes
		f.sink.UnlockAndDispatch()
		c := d.NewCall()
		c.Method = "A.B"
		if err := d.Cast(c); err != nil {
			t.Fatal(err)
		}
		d.Release(c)
		d.ActiveCount() // sends nothing
		f.sink.Lock()
		defer f.sink.UnlockAndDispatch()
		if got := f.flushes - before; got != 1 {
			t.Errorf("a cast to five peers led to %d flushes, want 1", got)
		}
	})
}

func TestAnIdleNodeSetsNoTimer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _, mock := node(t, zmqio.Config{})
		c := d.NewCall()
		c.Method, c.Timeout = "A.B", time.Second
		if err := d.Call(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		d.Release(c)
		before := mock.Now()
		if after := mock.WaitForAllTimers(); after != before {
			t.Errorf("a node without peers waits for something in %v", after.Sub(before))
		}
	})
}

func TestMalformedMessagesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, _ := node(t, zmqio.Config{})
		link := f.accept(t, "a")
		f.sink.Lock()
		f.sink.Malformed(link, "a")
		f.sink.UnlockAndDispatch()
		if got := d.Stats().Malformed; got != 1 {
			t.Errorf("Malformed = %d, want 1", got)
		}
	})
}

func TestALinkThatWasHungUpIsNotReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, f, mock := node(t, zmqio.Config{})
		if err := d.Connect("other", "fake://there"); err != nil {
			t.Fatal(err)
		}
		mock.Add(core.DefaultTiming().FirstStart)
		synctest.Wait()
		f.sink.Lock()
		link := f.dials[0]
		f.sink.UnlockAndDispatch()
		if err := d.Disconnect("other"); err != nil {
			t.Fatal(err)
		}
		f.sink.Lock()
		f.sink.LinkUp(link, "other", "") // was on its way
		f.sink.LinkLost(link, "other", core.CauseLost, nil)
		f.sink.UnlockAndDispatch()
		for _, p := range d.Status() {
			if p.Dialling != core.Idle || p.Address != "" {
				t.Errorf("a forgotten peer is back: %+v", p)
			}
		}
		if !slices.Equal(f.hungUp, []core.Link{link}) {
			t.Errorf("hung up %v, want %v once", f.hungUp, link)
		}
	})
}

func TestATransportThatTheBuildLacksIsAnErrorOfNew(t *testing.T) {
	_, err := zmqio.New(zmqio.Config{
		Protocol:   core.Config{Name: "node", Network: "network"},
		Transports: []zmqio.Transport{absent{}},
	})
	if !errors.Is(err, errLacking) {
		t.Errorf("New: %v, want what Available answers: %v", err, errLacking)
	}
}
