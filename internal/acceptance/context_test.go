package acceptance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

var errFunds = bilateralrpc.NewError("no-funds", "no funds")

var hold = bilateralrpc.NewMethod[DeskArgs, DeskReply]("Holds.Hold")

// holder has a node serve Holds.Hold, which waits for its context to end, and tells why.
func holder(t *testing.T, node *bilateralrpc.Bilateral) (entered chan context.Context, ended chan error) {
	t.Helper()
	entered, ended = make(chan context.Context, 10), make(chan error, 10)
	if err := hold.Handle(node, func(ctx context.Context, _ DeskArgs) (DeskReply, error) {
		entered <- ctx
		<-ctx.Done()
		ended <- ctx.Err()
		return DeskReply{}, ctx.Err()
	}); err != nil {
		t.Fatal(err)
	}
	return entered, ended
}

// The context of a handler ends when nobody waits for it any more, however that comes.
func TestAHandlersContextEndsWithItsPurpose(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, desks := mesh(t, tr, 3)
		waitOurs(t, nodes...)
		close(desks[2].leave)
		entered, ended := holder(t, nodes[1])
		first := bilateralrpc.NewMethod[DeskArgs, DeskReply]("Holds.Hold")
		if err := first.Handle(nodes[2], func(context.Context, DeskArgs) (DeskReply, error) {
			<-entered // the other one runs, and is given up because of this one
			return DeskReply{"first"}, nil
		}); err != nil {
			t.Fatal(err)
		}
		for how, call := range map[string]func() error{
			"First": func() error {
				r, err := hold.First(t.Context(), nodes[0], nil, DeskArgs{}, patiently)
				if err == nil && r.From != "n2" {
					err = fmt.Errorf("the first is %+v", r)
				}
				return err
			},
			"Each": func() error {
				for r := range hold.Each(t.Context(), nodes[0], nil, DeskArgs{}, patiently) {
					return r.Err
				}
				return errors.New("no reply")
			},
			"cancel": func() error {
				ctx, cancel := context.WithCancel(t.Context())
				go func() {
					<-entered
					cancel()
				}()
				_, err := hold.One(ctx, nodes[0], "n1", DeskArgs{}, patiently)
				if errors.Is(err, context.Canceled) {
					return nil
				}
				return err
			},
		} {
			if err := call(); err != nil {
				t.Errorf("%s: %v", how, err)
			}
			if err := await(t, "the end of the context", ended); err == nil {
				t.Errorf("%s: the context has ended without an error", how)
			}
		}
		go func() {
			_, _ = hold.One(context.Background(), nodes[0], "n1", DeskArgs{}, patiently)
		}()
		ctx := await(t, "the handler", entered)
		nodes[1].Close()
		if err := await(t, "the end of the context", ended); !errors.Is(context.Cause(ctx), bilateralrpc.ErrClosed) {
			t.Errorf("the node is closed: %v, %v", err, context.Cause(ctx))
		}
	})
}

// A handler knows how long its caller waits, and what it calls in turn ends by then.
func TestADeadlineGoesWithACall(t *testing.T) {
	nodes, _ := mesh(t, overZMTP, 2)
	waitOurs(t, nodes...)
	entered, _ := holder(t, nodes[1])
	began := time.Now()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		_, _ = hold.One(ctx, nodes[0], "n1", DeskArgs{}, bilateralrpc.WithTimeout(time.Hour))
	}()
	deadline, ok := await(t, "the handler", entered).Deadline()
	if left := deadline.Sub(began); !ok || left < 50*time.Minute || left > time.Hour+patience {
		t.Errorf("the deadline is in %v (%v), want an hour", left, ok)
	}
}

// What a caller says beside its arguments comes to the handler, and goes no further unasked.
func TestMetadataGoesWithACall(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 3)
		waitOurs(t, nodes...)
		show := bilateralrpc.NewMethod[DeskArgs, map[string]string]("Meta.Show")
		relay := bilateralrpc.NewMethod[DeskArgs, []map[string]string]("Meta.Relay")
		if err := show.Handle(nodes[2], func(ctx context.Context, _ DeskArgs) (map[string]string, error) {
			return bilateralrpc.MetadataOf(ctx), nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := relay.Handle(nodes[1], func(ctx context.Context, _ DeskArgs) ([]map[string]string, error) {
			plain, err := show.One(ctx, nodes[1], "n2", DeskArgs{})
			asked, err2 := show.One(bilateralrpc.ForwardMetadata(ctx, "traceparent", "absent"), nodes[1], "n2", DeskArgs{})
			return []map[string]string{bilateralrpc.MetadataOf(ctx), plain, asked}, errors.Join(err, err2)
		}); err != nil {
			t.Fatal(err)
		}
		const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
		ctx := bilateralrpc.WithMetadata(t.Context(), "traceparent", "older", "tenant", "blue")
		ctx = bilateralrpc.WithMetadata(ctx, "traceparent", trace)
		got, err := relay.One(ctx, nodes[0], "n1", DeskArgs{}, patiently)
		want := []map[string]string{{"traceparent": trace, "tenant": "blue"}, {}, {"traceparent": trace}}
		if err != nil || len(got) != 3 || !maps.Equal(got[0], want[0]) || len(got[1]) != 0 || !maps.Equal(got[2], want[2]) {
			t.Errorf("%v, %v, want %v", got, err, want)
		}
		for what, bad := range map[string][]string{
			"odd": {"tenant"}, "empty key": {"", "x"}, "illegal key": {"Tenant", "x"}, "long": {"x", strings.Repeat("x", 2000)},
		} {
			_, err := relay.One(bilateralrpc.WithMetadata(ctx, bad...), nodes[0], "n1", DeskArgs{}, patiently)
			if cast := relay.Cast(bilateralrpc.WithMetadata(ctx, bad...), nodes[0], nil, DeskArgs{}); !errors.Is(err, bilateralrpc.ErrBadMetadata) || !errors.Is(cast, bilateralrpc.ErrBadMetadata) {
				t.Errorf("%s: %v and %v, want ErrBadMetadata", what, err, cast)
			}
		}
	})
}

// Kinds and codes of errors arrive, by the rows of Call as by those of a Method.
func TestErrorsHaveKinds(t *testing.T) {
	eachTransport(t, func(t *testing.T, tr transportCase) {
		nodes, _ := mesh(t, tr, 2)
		waitOurs(t, nodes...)
		odd := bilateralrpc.NewMethod[DeskArgs, DeskReply]("Odd.Fail")
		if err := odd.Handle(nodes[1], func(_ context.Context, args DeskArgs) (DeskReply, error) {
			switch args.Text {
			case "code":
				return DeskReply{}, fmt.Errorf("account 7: %w", errFunds)
			case "kind":
				return DeskReply{}, fmt.Errorf("slow down: %w", bilateralrpc.ErrOverloaded)
			case "panic":
				panic("secret")
			}
			return DeskReply{}, errors.New("plain")
		}); err != nil {
			t.Fatal(err)
		}
		kinds := []error{bilateralrpc.ErrNoService, bilateralrpc.ErrNoMethod, bilateralrpc.ErrPanicked, bilateralrpc.ErrBadArguments,
			bilateralrpc.ErrOverloaded, bilateralrpc.ErrReplyLost, bilateralrpc.ErrLeaving, errFunds}
		for _, c := range []struct {
			method, text, want string
			kind               error
			coded              bool // it is an Error
		}{
			{"Odd.Fail", "code", "account 7: no funds", errFunds, true},
			{"Odd.Fail", "kind", "slow down: overloaded: too much to do", bilateralrpc.ErrOverloaded, true},
			{"Odd.Fail", "panic", "handler panicked: Odd.Fail", bilateralrpc.ErrPanicked, false},
			{"Odd.Fail", "", "plain", nil, false},
			{"Odd.Even", "", `no such method: "Odd.Even"`, bilateralrpc.ErrNoMethod, false},
			{"Even.Fail", "", `no such service: "Even"`, bilateralrpc.ErrNoService, false},
			{"Desk.Panic", "", "handler panicked: Desk.Panic", bilateralrpc.ErrPanicked, false},
		} {
			method := bilateralrpc.NewMethod[DeskArgs, DeskReply](c.method)
			_, err := method.One(t.Context(), nodes[0], "n1", DeskArgs{Text: c.text}, patiently)
			var rows []deskRow
			if err := nodes[0].Call(nil, c.method, DeskArgs{Text: c.text}, &rows, patience); err != nil || len(rows) != 1 {
				t.Fatalf("%+v, %v", rows, err)
			}
			for _, got := range []error{err, rows[0].Err} {
				var remote bilateralrpc.RemoteError
				var coded *bilateralrpc.Error
				if got == nil || got.Error() != c.want || !errors.As(got, &remote) || string(remote) != c.want {
					t.Errorf("%s %s: %v, want %q", c.method, c.text, got, c.want)
				}
				if errors.As(got, &coded) != c.coded {
					t.Errorf("%s %s: a %T", c.method, c.text, got)
				}
				for _, k := range kinds {
					if is := errors.Is(got, k); is != (k == c.kind) {
						t.Errorf("%s %s: is %q: %v", c.method, c.text, k, is)
					}
				}
			}
		}
		wrong := bilateralrpc.NewMethod[struct{ Text int }, DeskReply]("Desk.Upper")
		if _, err := wrong.One(t.Context(), nodes[0], "n1", struct{ Text int }{1}, patiently); !errors.Is(err, bilateralrpc.ErrBadArguments) {
			t.Errorf("arguments of another type: %v", err)
		}
	})
}
