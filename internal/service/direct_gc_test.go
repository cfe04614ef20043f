//go:build gc && !purego

package service

import (
	"math/bits"
	"reflect"
	"testing"
)

// What is called without reflection: pointers, and values of few words.
func TestWhatIsCalledDirectly(t *testing.T) {
	for _, c := range []struct {
		receiver any
		method   string
		want     bool
	}{
		{&Plain{}, "Two", true},
		{&Plain{}, "TwoPointer", true},
		{&Plain{}, "Text", true},
		{&Plain{}, "Ctx", true},
		{&Plain{}, "CtxP", true},
		{&Plain{}, "Long", false},
		{&Plain{}, "Float", false},
		{Plain{}, "TwoByValue", true},
		{Map{}, "Two", true},
		{&Behind{}, "Text", true},
		{&Shapes[int64]{}, "Value", bits.UintSize == 64},
		{&Shapes[int32]{}, "Value", false},
		{&Shapes[int32]{}, "Pointer", true},
		{&Shapes[Hollow]{}, "Value", true},
		{&Shapes[[1]int]{}, "Value", false},
		{&Shapes[struct{}]{}, "Value", false},
		{&Shapes[struct{ A, _ int }]{}, "Value", false},
		{&Shapes[struct {
			A int
			B struct{}
		}]{}, "Value", false},
		{&Shapes[struct{ A, B []int }]{}, "ContextValue", true},
	} {
		method, ok := reflect.TypeOf(c.receiver).MethodByName(c.method)
		if !ok {
			t.Fatalf("%T has no method %s", c.receiver, c.method)
		}
		if got := directOf(reflect.ValueOf(c.receiver), method) != nil; got != c.want {
			t.Errorf("%T.%s is called directly: %v, want %v", c.receiver, c.method, got, c.want)
		}
	}
}

func TestDirectCallsDoNotAllocate(t *testing.T) {
	for _, receiver := range []any{Adding{}, &Adding{}} {
		for i := range reflect.TypeOf(receiver).NumMethod() {
			m := newMethod(reflect.ValueOf(receiver), reflect.TypeOf(receiver).Method(i), nil)
			var e exchange
			m.begin(&e)
			e.args.Elem().Set(reflect.ValueOf(Two{1, 2}))
			n := testing.AllocsPerRun(100, func() {
				if err := m.invokeReceiver(t.Context(), e.args, e.reply); err != nil {
					t.Error(err)
				}
			})
			if n != 0 || e.reply.Elem().Int() != 3 {
				t.Errorf("%T.%s: %v allocations, want none; reply %v", receiver, m.name, n, e.reply.Elem())
			}
		}
	}
}

// Adding adds.
type Adding struct{}

func (Adding) Pointer(args *Two, sum *int) error { *sum = args.A + args.B; return nil }
func (Adding) Value(args Two, sum *int) error    { *sum = args.A + args.B; return nil }
