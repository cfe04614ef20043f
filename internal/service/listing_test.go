package service_test

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/service"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// The listing has the methods of receivers and of handlers, those too that were registered
// after it was first asked for, and not itself.
func TestTheListingHasTheMethodsOfPrograms(t *testing.T) {
	var registry service.Registry
	if _, err := serve(&registry, nil, "peer", []byte(shape.MethodName), encode(t, shape.Query{Version: 1}), nil); !errors.Is(err, service.ErrNoService) {
		t.Errorf("before it is served: %v, want ErrNoService", err)
	}
	if err := registry.ServeListing(nil); err != nil {
		t.Fatal(err)
	}
	list := func() (methods []string) {
		b, err := serve(&registry, nil, "peer", []byte(shape.MethodName), encode(t, shape.Query{Version: 1}), nil)
		if err != nil {
			t.Fatal(err)
		}
		var l shape.Listing
		if err := gobcodec.Decode(b, &l); err != nil {
			t.Fatal(err)
		}
		if err := l.Check(); err != nil {
			t.Fatal(err)
		}
		for _, m := range l.Methods {
			methods = append(methods, m.Name+"("+l.Text(m.Args)+") "+l.Text(m.Reply))
		}
		return methods
	}
	if got := list(); len(got) != 0 {
		t.Errorf("nothing is registered, and listed are %v", got)
	}
	if err := registry.Register(Adder[int]{}, nil); err == nil {
		err = registry.Handle(service.Handler{
			Name: "A.B", Args: reflect.TypeFor[string](), Reply: reflect.TypeFor[[]byte](),
			Run: func(context.Context, any, any) error { return nil },
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []string{"A.B(string) []byte", "Adder[int].SumDiff(struct{ A int; B int }) struct{ S int; D int }"}
	if diff := cmp.Diff(want, list()); diff != "" {
		t.Error(diff)
	}
}

func TestNamesOfOursAreNotForPrograms(t *testing.T) {
	var registry service.Registry
	h := service.Handler{Name: shape.MethodName, Args: reflect.TypeFor[int](), Reply: reflect.TypeFor[int]()}
	if err := registry.Handle(h, nil); err == nil || !strings.Contains(err.Error(), "'_'") {
		t.Errorf("a handler for %s: error %v", h.Name, err)
	}
	if err := registry.RegisterName("_bilateral", Adder[int]{}, nil); err == nil || !strings.Contains(err.Error(), "'_'") {
		t.Errorf("a receiver called _bilateral: error %v", err)
	}
}
