package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

// handler is one whose reply is its argument's square, and which knows its context.
func handler(name string) service.Handler {
	return service.Handler{
		Name: name, Args: reflect.TypeFor[int](), Reply: reflect.TypeFor[int](),
		Run: func(ctx context.Context, args, reply any) error {
			n := *args.(*int)
			switch n {
			case -1:
				return fmt.Errorf("%w: below zero", errNegative)
			case -2:
				panic("secret")
			}
			*reply.(*int) = n * n
			return ctx.Err()
		},
	}
}

var errNegative = errors.New("negative")

// Contextual has methods that take a context, and some that are nearly like that.
type Contextual struct{}

type seenKey struct{}

func (*Contextual) Seen(ctx context.Context, args golden.Args, reply *string) error {
	*reply = fmt.Sprint(ctx.Value(seenKey{}), args.A)
	return ctx.Err()
}

func (*Contextual) Pointer(_ context.Context, args *golden.Args, reply *int) error {
	*reply = args.A
	return nil
}

func (*Contextual) Alone(context.Context, *int) error                   { return nil }
func (*Contextual) Late(golden.Args, context.Context, *int) error       { return nil }
func (*Contextual) Much(context.Context, golden.Args, *int, *int) error { return nil }

func TestMethodsMayTakeAContext(t *testing.T) {
	var registry service.Registry
	if err := registry.RegisterName("C", &Contextual{}, nil); err != nil {
		t.Fatal(err)
	}
	args := encode(t, golden.Args{A: 3})
	m, err := registry.Find([]byte("C.Seen"))
	if err != nil || !m.TakesContext() || m.Name() != "C.Seen" {
		t.Fatalf("%+v, %v, want a method that takes a context", m, err)
	}
	ctx := context.WithValue(t.Context(), seenKey{}, "seen ")
	body, err := registry.Call(ctx, m, nil, "peer", args, nil)
	var reply string
	if err = errors.Join(err, gobcodec.Decode(body, &reply)); err != nil || reply != "seen 3" {
		t.Errorf("reply %q, %v", reply, err)
	}
	canceled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err = registry.Call(canceled, m, nil, "peer", args, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that is done: %v", err)
	}
	body, err = serve(&registry, nil, "peer", []byte("C.Pointer"), args, nil)
	var n int
	if err = errors.Join(err, gobcodec.Decode(body, &n)); err != nil || n != 3 {
		t.Errorf("arguments by a pointer, behind a context: %d, %v", n, err)
	}
	for _, name := range []string{"Alone", "Late", "Much"} {
		if _, err := registry.Find([]byte("C." + name)); !errors.Is(err, service.ErrNoMethod) {
			t.Errorf("%s: %v, want it not to be served", name, err)
		}
	}
	var plain service.Registry
	if err := plain.Register(&Pointed{}, nil); err != nil {
		t.Fatal(err)
	}
	if m, err := plain.Find([]byte("Pointed.M")); err != nil || m.TakesContext() {
		t.Errorf("a method without a context: %v, %v", m, err)
	}
}

func TestHandlers(t *testing.T) {
	var registry service.Registry
	for _, name := range []string{"Math.Square", "Math.Square2"} {
		if err := registry.Handle(handler(name), nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args int
		text string
		is   error
	}{{7, "", nil}, {-1, "negative: below zero", errNegative}, {-2, "handler panicked: Math.Square", service.ErrPanicked}} {
		body, err := serve(&registry, nil, "peer", []byte("Math.Square"), encode(t, c.args), nil)
		var f *service.Failure
		switch {
		case c.is == nil:
			var got int
			if err = errors.Join(err, gobcodec.Decode(body, &got)); err != nil || got != 49 {
				t.Errorf("%d squared is %d, %v", c.args, got, err)
			}
		case !errors.As(err, &f) || f.Text != c.text || !errors.Is(err, c.is):
			t.Errorf("%d: %v, want %q and what the handler returned", c.args, err, c.text)
		}
	}
	if _, err := registry.Find([]byte("Math.Cube")); !errors.Is(err, service.ErrNoMethod) {
		t.Errorf("a method without a handler: %v", err)
	}
}

// A name is served once. What is wrong is said with what to do, and changes nothing.
func TestNamesAreServedOnce(t *testing.T) {
	var registry service.Registry
	receiver := golden.Arith{Calls: new(golden.Calls)}
	for i, c := range []struct {
		do   func() error
		want string
	}{
		{func() error { return registry.Handle(handler("Arith.Square"), nil) }, ""},
		{func() error { return registry.Handle(handler("Arith.Square"), nil) }, "handle Arith.Square: the method is served already"},
		{func() error { return registry.Register(receiver, nil) }, ""},
		{func() error { return registry.Register(receiver, nil) }, "register Arith: the name is taken: register each type once, or another one by RegisterName"},
		{func() error { return registry.Handle(handler("Arith.SumDiffP"), nil) }, "the method is served already"},
		{func() error { return registry.Handle(handler("Arith.Cube"), nil) }, ""},
		{func() error { return registry.RegisterName("Other", receiver, nil) }, ""},
		{func() error { return registry.RegisterName("Other", receiver, nil) }, "the name is taken"},
		{func() error { return registry.RegisterName("", receiver, nil) }, "pass the one that peers shall call it by"},
		{func() error { return registry.RegisterName("Nil", nil, nil) }, "register nil"},
		{func() error { return registry.RegisterName("Nil", (*Pointed)(nil), nil) }, "register a nil"},
		{func() error { return registry.RegisterName("Empty", Empty{}, nil) }, "no suitable method"},
		{func() error { return registry.RegisterName("Small", unexported{}, nil) }, ""},
		{func() error { return registry.Handle(handler("Third.SumDiffP"), nil) }, ""},
		{func() error { return registry.RegisterName("Third", receiver, nil) }, "register Third: Third.SumDiffP has a handler already"},
		{func() error { return registry.Handle(handler("nodot"), nil) }, "want a name of the form Service.Method"},
	} {
		err := c.do()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("step %d: %v, want %q", i, err, c.want)
		}
	}
	for name, want := range map[string]error{
		"Arith.Square": nil, "Arith.Cube": nil, "Arith.SumDiffP": nil, "Other.SumDiffP": nil, "Small.M": nil,
		"Third.SumDiffP": nil, "Third.Div": service.ErrNoMethod, "Empty.M": service.ErrNoService,
	} {
		if _, err := registry.Find([]byte(name)); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// What is around a handler is treated as the handler: its panics stay in this process.
func TestAGuardTurnsAPanicIntoAnError(t *testing.T) {
	var log bytes.Buffer
	err := service.Guard(slog.New(slog.NewTextHandler(&log, nil)), "peer", "A.B", func() error { panic("secret") })
	if !errors.Is(err, service.ErrPanicked) || err.Error() != "handler panicked: A.B" || !strings.Contains(log.String(), "secret") {
		t.Errorf("%v, and the log says %q", err, log.String())
	}
}

// kept is arguments and replies of which handlers keep parts.
type kept struct {
	Name string
	List []string
	N    int
}

// What requests of a Handler are decoded into is used again: nothing of one is seen by the
// next one, also if it failed, and what a handler keeps of its arguments stays as it was.
func TestRequestsOfAHandlerSeeNothingOfEachOther(t *testing.T) {
	var registry service.Registry
	var lists [][]string
	h := service.Handler{
		Name: "A.B", Args: reflect.TypeFor[kept](), Reply: reflect.TypeFor[kept](),
		Run: func(_ context.Context, args, reply any) error {
			in, out := args.(*kept), reply.(*kept)
			lists = append(lists, in.List)
			if out.Name != "" || out.List != nil || out.N != 0 {
				t.Errorf("the reply is %+v before the handler has run", out)
			}
			*out = *in
			if in.N < 0 {
				return errNegative
			}
			return nil
		},
	}
	if err := registry.Handle(h, nil); err != nil {
		t.Fatal(err)
	}
	m, err := registry.Find([]byte("A.B"))
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range []kept{{"a", []string{"x", "y"}, -1}, {N: 1}, {Name: "b"}, {List: []string{"z"}}, {}, {N: -2}, {"c", []string{"u", "v"}, 3}, {}} {
		body, err := registry.Call(t.Context(), m, nil, "peer", encode(t, v), nil)
		if (err != nil) != (v.N < 0) {
			t.Fatalf("%+v: %v", v, err)
		}
		var reply kept
		if err != nil {
			continue
		}
		if err := gobcodec.Decode(body, &reply); err != nil || !reflect.DeepEqual(reply, v) {
			t.Errorf("the reply to %+v is %+v, %v", v, reply, err)
		}
	}
	if want := [][]string{{"x", "y"}, nil, nil, {"z"}, nil, nil, {"u", "v"}, nil}; !reflect.DeepEqual(lists, want) {
		t.Errorf("the handler has kept %v, want %v", lists, want)
	}
}
