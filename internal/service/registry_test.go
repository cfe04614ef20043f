package service_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/golden"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
)

type unexported struct{}

func (unexported) M(golden.Args, *golden.Reply) error { return nil }

type hidden struct{ A int }

type Pointed struct{}

func (*Pointed) M(golden.Args, *golden.Reply) error { return nil }

type Empty struct{}

type selfPointer *selfPointer

// Unsuitable has a method for each thing that can be wrong, and a good one.
type Unsuitable struct{}

func (Unsuitable) NoParameters() error                          { return nil }
func (Unsuitable) ThreeParameters(_, _, _ *golden.Args) error   { return nil }
func (Unsuitable) Variadic(golden.Args, ...*golden.Reply) error { return nil }
func (Unsuitable) HiddenArgs(hidden, *golden.Reply) error       { return nil }
func (Unsuitable) HiddenReply(golden.Args, *hidden) error       { return nil }
func (Unsuitable) ReplyByValue(golden.Args, golden.Reply) error { return nil }
func (Unsuitable) NoResult(golden.Args, *golden.Reply)          {}
func (Unsuitable) TwoResults(golden.Args, *golden.Reply) (int, error) {
	return 0, nil
}
func (Unsuitable) ConcreteError(golden.Args, *golden.Reply) *golden.Wrong { return nil }
func (Unsuitable) SelfPointer(selfPointer, *golden.Reply) error {
	return nil
}
func (Unsuitable) Good(golden.Args, *golden.Reply) error { return nil }

// NothingGood has only an unsuitable method.
type NothingGood struct{}

func (NothingGood) M(golden.Args, golden.Reply) error { return nil }

// Box is generic: the name of its type has dots in it.
type Box[T any] struct{ Value T }

func (b *Box[T]) Get(_ golden.Args, reply *T) error {
	*reply = b.Value
	return nil
}

func TestRegisterSaysWhatIsWrong(t *testing.T) {
	var registry service.Registry
	for _, c := range []struct {
		receiver any
		want     string
	}{
		{nil, "register nil: pass a value or pointer"},
		{(*Pointed)(nil), "register a nil *service_test.Pointed: pass a pointer to a value"},
		{unexported{}, "the type is not exported"},
		{&unexported{}, "the type is not exported"},
		{struct{ golden.Arith }{}, "the type has no name"},
		{[]int{}, "the type has no name"},
		{7, "the type is not exported"},
		{Pointed{}, "its methods have pointer receivers: pass a pointer"},
		{Empty{}, "no suitable method: want M(args, *reply) error"},
		{NothingGood{}, "M takes a reply of type golden.Reply: want a pointer"},
	} {
		err := registry.Register(c.receiver, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: error %v, want one with %q", c.receiver, err, c.want)
		}
	}
	if err := registry.Register(&Pointed{}, nil); err != nil {
		t.Fatal(err)
	}
	for _, again := range []any{&Pointed{}, new(Pointed)} {
		if err := registry.Register(again, nil); err == nil || !strings.Contains(err.Error(), "the name is taken") {
			t.Errorf("registered twice: error %v", err)
		}
	}
}

func TestUnsuitableMethodsAreLoggedAndNotServed(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	var registry service.Registry
	if err := registry.Register(Unsuitable{}, log); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		"NoParameters", "ThreeParameters", "Variadic", "HiddenArgs", "HiddenReply", "ReplyByValue",
		"NoResult", "TwoResults", "ConcreteError", "SelfPointer",
	} {
		if !strings.Contains(out.String(), "method="+name) {
			t.Errorf("%s is not in the log", name)
		}
		if err := cast(&registry, "peer", []byte("Unsuitable."+name), nil, nil); !errors.Is(err, service.ErrNoMethod) {
			t.Errorf("%s: error %v, want ErrNoMethod", name, err)
		}
	}
	if strings.Contains(out.String(), "method=Good") {
		t.Error("Good is logged as unsuitable")
	}
	if err := cast(&registry, "peer", []byte("Unsuitable.Good"), encode(t, golden.Args{}), nil); err != nil {
		t.Errorf("Good: %v", err)
	}
}

func TestMethodsAreFoundAtTheLastDot(t *testing.T) {
	var registry service.Registry
	if _, err := serve(&registry, nil, "", []byte("Any.Thing"), nil, nil); !errors.Is(err, service.ErrNoService) {
		t.Errorf("an empty registry: error %v, want ErrNoService", err)
	}
	for _, receiver := range []any{&Box[golden.Reply]{golden.Reply{S: 1, D: 2}}, &Pointed{}} {
		if err := registry.Register(receiver, nil); err != nil {
			t.Fatal(err)
		}
	}
	box := "Box[github.com/bitmark-inc/bilateralrpc/internal/golden.Reply]"
	for _, c := range []struct {
		name string
		want error
	}{
		{box + ".Get", nil},
		{box + ".Put", service.ErrNoMethod},
		{box, service.ErrNoService},
		{"Pointed.M", nil},
		{"Pointed.m", service.ErrNoMethod},
		{"Pointed.", service.ErrNoMethod},
		{"Pointed", service.ErrNoService},
		{"pointed.M", service.ErrNoService},
		{".M", service.ErrNoService},
		{"X.Pointed.M", service.ErrNoService},
		{"Pointed.M.M", service.ErrNoService},
		{"Pointed.M\x00", service.ErrNoMethod},
		{"", service.ErrNoService},
		{".", service.ErrNoService},
	} {
		if _, err := serve(&registry, nil, "", []byte(c.name), encode(t, golden.Args{}), nil); !errors.Is(err, c.want) {
			t.Errorf("%q: error %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRegisterWhileCalling(t *testing.T) {
	registry, _ := newRegistry(t)
	args := encode(t, golden.Args{A: 3, B: 2})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				if _, err := serve(registry, nil, "peer", []byte("Arith.SumDiffP"), args, nil); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, receiver := range []any{&Pointed{}, Unsuitable{}, &Box[int]{}, &Box[string]{}} {
		wg.Go(func() {
			if err := registry.Register(receiver, nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := cast(registry, "peer", []byte("Unsuitable.Good"), args, nil); err != nil {
		t.Error(err)
	}
}

// encode returns v as a peer sends it.
func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	data, err := gobcodec.Append(nil, v)
	if err != nil {
		tb.Fatal(err)
	}
	return data
}

func ExampleRegistry() {
	var registry service.Registry
	if err := registry.Register(golden.Arith{Calls: new(golden.Calls)}, nil); err != nil {
		fmt.Println(err)
		return
	}
	args, _ := gobcodec.Append(nil, golden.Args{A: 7, B: 0})
	call := func(name string) ([]byte, error) {
		method, err := registry.Find([]byte(name))
		if err != nil {
			return nil, err
		}
		return registry.Call(context.Background(), method, nil, "a peer", args, nil)
	}
	_, err := call("Arith.Div")
	fmt.Println(err)
	_, err = call("Arith.Mod")
	fmt.Println(err)
	reply, _ := call("Arith.SumDiffP")
	var sumDiff golden.Reply
	fmt.Println(gobcodec.Decode(reply, &sumDiff), sumDiff)
	// Output:
	// divide by zero
	// no such method: "Arith.Mod"
	// <nil> {7 7}
}
