package acceptance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc"
)

// notes is what interceptors have seen.
type notes struct {
	mu   sync.Mutex
	text []string
}

func (n *notes) add(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.text = append(n.text, fmt.Sprintf(format, args...))
}

// take returns what there is, and forgets it.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	text := n.text
	n.text = nil
	return text
}

func (n *notes) call(name string) bilateralrpc.CallInterceptor {
	return func(ctx context.Context, c *bilateralrpc.CallInfo, next func(context.Context) error) error {
		n.add("%s: %s to %q, cast %v, bytes %v", name, c.Method, c.To, c.Cast, c.ArgsBytes > 0)
		c.OnReply(func(r bilateralrpc.ReplyInfo) {
			n.add("%s: %s says %v, bytes %v", name, r.From, r.Err, r.Bytes > 0)
		})
		err := next(bilateralrpc.WithMetadata(ctx, name, "here"))
		n.add("%s: over, %v", name, err)
		return err
	}
}

func (n *notes) serve(name string) bilateralrpc.ServeInterceptor {
	return func(ctx context.Context, r *bilateralrpc.ServeInfo, next func(context.Context) error) error {
		err := next(ctx)
		n.add("%s: %s of %s, cast %v, bytes %v %v, metadata %v, error %v", name, bilateralrpc.MethodOf(ctx), r.Peer, r.Cast,
			r.ArgsBytes > 0, r.ReplyBytes > 0, bilateralrpc.MetadataOf(ctx), err)
		return err
	}
}

// intercepted is a server with Arith and a client, with interceptors around calls and handlers.
func intercepted(t *testing.T, tr transportCase, call []bilateralrpc.CallInterceptor, serve []bilateralrpc.ServeInterceptor) (server, client *bilateralrpc.Bilateral) {
	t.Helper()
	server, client = pair(t, tr, bilateralrpc.Config{CallInterceptors: call, ServeInterceptors: serve})
	waitOurs(t, server, client)
	return server, client
}

func TestInterceptorsSeeEveryRoad(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		var calls, serves notes
		_, client := intercepted(t, tr, []bilateralrpc.CallInterceptor{calls.call("outer"), calls.call("inner")},
			[]bilateralrpc.ServeInterceptor{serves.serve("first"), serves.serve("second")})
		wantCalls := func(to string) []string {
			return []string{
				"outer: Arith.SumDiff to " + to + ", cast false, bytes true", "inner: Arith.SumDiff to " + to + ", cast false, bytes true",
				"outer: server says <nil>, bytes true", "inner: server says <nil>, bytes true", "inner: over, <nil>", "outer: over, <nil>",
			}
		}
		const end = ": Arith.SumDiff of client, cast false, bytes true true, metadata map[inner:here outer:here], error <nil>"
		wantServes := []string{"second" + end, "first" + end}
		args := SumDiffArgs{5, 3}
		for road, make := range map[string]struct {
			call func() error
			to   string
		}{
			"Call": {func() error { callSumDiff(t, client, &args); return nil }, "[]"},
			"CallContext": {func() error {
				var rows []sumDiffRow
				outcomes, err := client.CallContext(t.Context(), nil, "Arith.SumDiff", args, &rows, patiently)
				if len(outcomes) != 1 || len(rows) != 1 || rows[0].Reply.Sum != 8 {
					t.Errorf("%+v, %+v", outcomes, rows)
				}
				return err
			}, "[]"},
			"One": {func() error {
				_, err := sumDiff.One(t.Context(), client, "server", args, patiently)
				return err
			}, `["server"]`},
			"All": {func() error {
				_, err := sumDiff.All(t.Context(), client, nil, args, patiently)
				return err
			}, "[]"},
			"Each": {func() error {
				for r := range sumDiff.Each(t.Context(), client, nil, args, patiently) {
					return r.Err
				}
				return nil
			}, "[]"},
			"First": {func() error {
				_, err := sumDiff.First(t.Context(), client, nil, args, patiently)
				return err
			}, "[]"},
		} {
			if err := make.call(); err != nil {
				t.Errorf("%s: %v", road, err)
			}
			if got := calls.take(); !slices.Equal(got, wantCalls(make.to)) {
				t.Errorf("%s: the caller's interceptors saw\n%s", road, strings.Join(got, "\n"))
			}
			if got := serves.take(); !slices.Equal(got, wantServes) {
				t.Errorf("%s: the handler's interceptors saw\n%s", road, strings.Join(got, "\n"))
			}
		}
	})
}

// A cast passes them, as does a request for a method that there is not.
func TestInterceptorsSeeCastsAndWhatIsNotThere(t *testing.T) {
	var calls, serves notes
	_, client := intercepted(t, overMemory, []bilateralrpc.CallInterceptor{calls.call("out")}, []bilateralrpc.ServeInterceptor{serves.serve("in")})
	if err := client.Cast(nil, "Arith.SumDiff", SumDiffArgs{}); err != nil {
		t.Fatal(err)
	}
	if err := sumDiff.Cast(t.Context(), client, []string{"server"}, SumDiffArgs{}); err != nil {
		t.Fatal(err)
	}
	nothing := bilateralrpc.NewMethod[SumDiffArgs, SumDiffReply]("Arith.Nothing")
	if _, err := nothing.One(t.Context(), client, "server", SumDiffArgs{}, patiently); !errors.Is(err, bilateralrpc.ErrNoMethod) {
		t.Errorf("%v, want ErrNoMethod", err)
	}
	want := []string{
		"out: Arith.SumDiff to [], cast true, bytes true", "out: over, <nil>",
		`out: Arith.SumDiff to ["server"], cast true, bytes true`, "out: over, <nil>",
		`out: Arith.Nothing to ["server"], cast false, bytes true`, `out: server says no such method: "Arith.Nothing", bytes false`, "out: over, <nil>",
	}
	if got := calls.take(); !slices.Equal(got, want) {
		t.Errorf("the caller's interceptor saw\n%s", strings.Join(got, "\n"))
	}
	var got []string
	eventually(t, "the requests", func() bool { got = append(got, serves.take()...); return len(got) == 3 })
	slices.Sort(got)
	cast := "in: Arith.SumDiff of client, cast true, bytes true false, metadata map[out:here], error <nil>"
	if want := []string{`in: Arith.Nothing of client, cast false, bytes true false, metadata map[out:here], error no such method: "Arith.Nothing"`, cast, cast}; !slices.Equal(got, want) {
		t.Errorf("the handler's interceptor saw\n%s", strings.Join(got, "\n"))
	}
}

func TestInterceptorsOfHandlersMayAnswer(t *testing.T) {
	answers := map[string]func(next func() error) error{
		"refuse":  func(func() error) error { return fmt.Errorf("not you: %w", bilateralrpc.NewError("denied", "denied")) },
		"panic":   func(func() error) error { panic("secret") },
		"nothing": func(func() error) error { return nil },
		"swallow": func(next func() error) error { _ = next(); return nil },
		"again":   func(next func() error) error { return errors.Join(next(), next()) },
		"pass":    func(next func() error) error { return next() },
	}
	_, client := intercepted(t, overMemory, nil, []bilateralrpc.ServeInterceptor{
		func(ctx context.Context, _ *bilateralrpc.ServeInfo, next func(context.Context) error) error {
			return answers[bilateralrpc.MetadataOf(ctx)["answer"]](func() error { return next(ctx) })
		},
	})
	for answer, c := range map[string]struct {
		a    int
		want string
		is   error
	}{
		"refuse":  {5, "not you: denied", bilateralrpc.NewError("denied", "")},
		"panic":   {5, "handler panicked: Arith.SumDiff", bilateralrpc.ErrPanicked},
		"nothing": {5, "an interceptor of Arith.SumDiff has neither called next nor returned an error", nil},
		"swallow": {-1, "an interceptor of Arith.SumDiff has neither called next nor returned an error", nil},
		"again":   {5, "", nil},
		"pass":    {5, "", nil},
	} {
		ctx := bilateralrpc.WithMetadata(t.Context(), "answer", answer)
		reply, err := sumDiff.One(ctx, client, "server", SumDiffArgs{c.a, 3}, patiently)
		if c.want == "" {
			if err != nil || reply.Sum != 8 {
				t.Errorf("%s: %+v, %v", answer, reply, err)
			}
			continue
		}
		if err == nil || err.Error() != c.want || c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: %v, want %q", answer, err, c.want)
		}
	}
}

// An interceptor may ask again, where nobody has seen a reply yet; and in place of a call
// it may return an error.
func TestInterceptorsOfCallsMayAskAgain(t *testing.T) {
	errRefused := errors.New("refused")
	attempts, refuse := 0, false
	var failed []error
	again := func(ctx context.Context, c *bilateralrpc.CallInfo, next func(context.Context) error) (err error) {
		if refuse {
			return errRefused
		}
		for failing := true; failing && attempts < 3; {
			failing = false
			attempts++
			if err = next(ctx); err != nil {
				return err
			}
			failing, failed = errors.Join(failed...) != nil, nil
		}
		return nil
	}
	note := func(ctx context.Context, c *bilateralrpc.CallInfo, next func(context.Context) error) error {
		c.OnReply(func(r bilateralrpc.ReplyInfo) { failed = append(failed, r.Err) })
		return next(ctx)
	}
	server, client := intercepted(t, overMemory, []bilateralrpc.CallInterceptor{note, again}, nil)
	runs := 0
	moody := bilateralrpc.NewMethod[SumDiffArgs, SumDiffReply]("Moods.Moody")
	if err := moody.Handle(server, func(context.Context, SumDiffArgs) (SumDiffReply, error) {
		if runs++; runs%3 != 0 {
			return SumDiffReply{}, errors.New("not now")
		}
		return SumDiffReply{Sum: runs}, nil
	}); err != nil {
		t.Fatal(err)
	}
	if reply, err := moody.One(t.Context(), client, "server", SumDiffArgs{}, patiently); err != nil || reply.Sum != 3 || attempts != 3 {
		t.Errorf("One: %+v, %v after %d attempts", reply, err, attempts)
	}
	attempts = 0
	if all, err := moody.All(t.Context(), client, nil, SumDiffArgs{}, patiently); err != nil || len(all) != 1 || all[0].Value.Sum != 6 {
		t.Errorf("All: %+v, %v, want the replies of the last attempt alone", all, err)
	}
	attempts = 0
	var rows []sumDiffRow
	if err := client.Call(nil, "Moods.Moody", SumDiffArgs{}, &rows, patience); err != nil || len(rows) != 1 || rows[0].Reply.Sum != 9 {
		t.Errorf("Call: %+v, %v, want the rows of the last attempt alone", rows, err)
	}
	attempts = 0
	var got []bilateralrpc.Reply[SumDiffReply]
	for r := range moody.Each(t.Context(), client, nil, SumDiffArgs{}, patiently) {
		got = append(got, r)
	}
	if len(got) != 2 || got[0].From != "server" || got[1].From != "" || !strings.Contains(fmt.Sprint(got[1].Err), "called next again") {
		t.Errorf("Each: %+v, want the reply of the first attempt, and that there is no second", got)
	}
	refuse = true
	_, one := moody.One(t.Context(), client, "server", SumDiffArgs{}, patiently)
	_, all := moody.All(t.Context(), client, nil, SumDiffArgs{}, patiently)
	_, first := moody.First(t.Context(), client, nil, SumDiffArgs{}, patiently)
	for i, err := range []error{one, all, first, moody.Cast(t.Context(), client, nil, SumDiffArgs{}), client.Call(nil, "Moods.Moody", SumDiffArgs{}, &rows)} {
		if !errors.Is(err, errRefused) {
			t.Errorf("call %d: %v, want what the interceptor returned", i, err)
		}
	}
	if runs != 10 {
		t.Errorf("the handler ran %d times", runs)
	}
}
