package service

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"runtime"
	"strings"
	"testing"
)

// Shapes has a method for each way to take arguments of type A.
type Shapes[A any] struct{ base int }

func (s *Shapes[A]) Value(args A, reply *Shown) error    { return reply.show(nil, s.base, &args) }
func (s *Shapes[A]) Pointer(args *A, reply *Shown) error { return reply.show(nil, s.base, args) }
func (s *Shapes[A]) ContextValue(ctx context.Context, args A, reply *Shown) error {
	return reply.show(ctx.Value(directKey{}), s.base, &args)
}

func (s *Shapes[A]) ContextPointer(ctx context.Context, args *A, reply *Shown) error {
	return reply.show(ctx.Value(directKey{}), s.base, args)
}

// Shown is what a method has seen.
type Shown struct {
	Base     int
	Args     string
	Context  any
	Pointers []*int // is what makes it no mere text
}

// show notes what a method was given, when its stack has been moved and what nobody refers
// to has been collected and written over.
func (s *Shown) show(seen any, base int, args any) error {
	before := fmt.Sprintf("%#v", reflect.ValueOf(args).Elem().Interface())
	depth := deep(500)
	runtime.GC()
	for n := range 2000 {
		s.Pointers = append(s.Pointers[:0], &n)
	}
	s.Base, s.Args, s.Pointers = base, fmt.Sprintf("%#v", reflect.ValueOf(args).Elem().Interface()), nil
	s.Context = seen
	if before != s.Args || depth != 500 {
		return fmt.Errorf("the arguments were %s and became %s", before, s.Args)
	}
	return errors.New("an error of " + s.Args)
}

type directKey struct{}

// deep uses much of the stack, n frames of 1 KiB.
func deep(n int) int {
	var frame [1 << 10]byte
	if n == 0 {
		return 0
	}
	frame[n%len(frame)] = 1
	return deep(n-1) + int(frame[n%len(frame)])
}

// Plain has methods that the compiler makes no wrapper for, as it does for generic types.
type Plain struct{ base int }

// Two is arguments of two words, Hollow too, Mixed of six, Long of nine, and Text has
// pointers between numbers.
type (
	Two    struct{ A, B int }
	Long   struct{ A, B, C, D, E, F, G, H, I int }
	Hollow struct {
		A     int
		Empty struct{}
		B     int
	}
	Mixed struct {
		A []byte
		B map[string]int
		C error
	}
	Text struct {
		N  int
		S  string
		In struct{ Next *Two }
	}
)

func (p *Plain) Two(args Two, reply *Shown) error         { return reply.show(nil, p.base, &args) }
func (p *Plain) TwoPointer(args *Two, reply *Shown) error { return reply.show(nil, p.base, args) }
func (p Plain) TwoByValue(args Two, reply *Shown) error   { return reply.show(nil, p.base, &args) }
func (p *Plain) Text(args Text, reply *Shown) error       { return reply.show(nil, p.base, &args) }
func (p Plain) Long(args Long, reply *Shown) error        { return reply.show(nil, p.base, &args) }
func (p *Plain) Float(args float64, reply *Shown) error   { return reply.show(nil, p.base, &args) }
func (p Plain) Ctx(c context.Context, args Text, r *Shown) error {
	return r.show(c.Value(directKey{}), p.base, &args)
}
func (p *Plain) CtxP(c context.Context, args *Text, r *Shown) error {
	return r.show(c.Value(directKey{}), p.base, args)
}

// Panicking has methods that do not return.
type Panicking struct{}

func (Panicking) Value(args Two, _ *Shown) error     { panic(fmt.Sprint("it is ", args.A, deep(300))) }
func (*Panicking) Pointer(args *Two, _ *Shown) error { panic(fmt.Sprint("it is ", args.A, deep(300))) }
func (Panicking) Nil(_ *Two, _ *Shown) error         { var p *Two; p.A++; return nil }

// Receivers that are no pointers, and methods that are promoted.
type (
	Large    struct{ A, B, C, D, E int }
	Map      map[string]int
	Func     func() int
	String   string
	Floating float64
	Twoer    interface {
		Two(args Two, reply *Shown) error
	}
	ByValue     struct{ Plain }
	ByPointer   struct{ *Plain }
	ByInterface struct{ Twoer }
	Behind      struct {
		before string
		Plain
	}
)

func (l Large) Two(args Two, reply *Shown) error {
	defer func() { l.E++ }() // of its copy
	return reply.show(nil, l.A+l.E, &args)
}
func (m Map) Two(args *Two, reply *Shown) error     { return reply.show(nil, m["base"], args) }
func (f Func) Two(args Two, reply *Shown) error     { return reply.show(nil, f(), &args) }
func (s String) Two(args *Two, reply *Shown) error  { return reply.show(nil, len(s), args) }
func (f Floating) Two(args Two, reply *Shown) error { return reply.show(nil, int(f), &args) }

// Whatever a method takes, it is the same if it is called without reflection.
func TestDirectCallsEqualReflection(t *testing.T) {
	n := 5
	text := Text{N: 3, S: strings.Repeat("text ", 3)}
	text.In.Next = new(Two)
	for _, c := range []struct{ receiver, args any }{
		{&Shapes[int]{7}, 42},
		{&Shapes[uint8]{7}, uint8(42)},
		{&Shapes[bool]{7}, true},
		{&Shapes[int64]{7}, int64(-1) << 40},
		{&Shapes[float64]{7}, 4.2},
		{&Shapes[string]{7}, strings.Repeat("s", 9)},
		{&Shapes[[]int]{7}, []int{1, 2, 3}},
		{&Shapes[map[string]int]{7}, map[string]int{"k": 1}},
		{&Shapes[[2]int]{7}, [2]int{1, 2}},
		{&Shapes[[1]string]{7}, [1]string{"one"}},
		{&Shapes[struct{}]{7}, struct{}{}},
		{&Shapes[**int]{7}, (**int)(nil)},
		{&Shapes[Two]{7}, Two{1, 2}},
		{&Shapes[Text]{7}, text},
		{&Shapes[Long]{7}, Long{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{&Shapes[struct{ A, B, C string }]{7}, struct{ A, B, C string }{"a", "b", "c"}},
		{&Shapes[Mixed]{7}, Mixed{[]byte("bytes"), map[string]int{"k": n}, context.Canceled}},
		{&Shapes[struct {
			A int
			B float64
		}]{7}, struct {
			A int
			B float64
		}{1, 2}},
		{&Shapes[Hollow]{7}, Hollow{A: 1, B: 2}},
		{&Shapes[struct{ A, _ int }]{7}, struct{ A, _ int }{A: 1}},
		{&Plain{8}, Two{1, 2}},
		{Plain{8}, Two{1, 2}},
		{&Plain{8}, text},
		{Plain{8}, text},
		{Plain{8}, Long{1, 2, 3, 4, 5, 6, 7, 8, 9}},
		{&Plain{8}, 1.5},
		{Large{A: 1, E: 2}, Two{1, 2}},
		{&Large{A: 1, E: 2}, Two{1, 2}},
		{Map{"base": 9}, Two{1, 2}},
		{Func(func() int { return n }), Two{1, 2}},
		{String("four"), Two{1, 2}},
		{Floating(2.5), Two{1, 2}},
		{ByValue{Plain{8}}, Two{1, 2}},
		{&ByValue{Plain{8}}, text},
		{ByPointer{&Plain{8}}, Two{1, 2}},
		{ByPointer{}, Two{1, 2}}, // panics
		{&ByPointer{&Plain{8}}, text},
		{ByInterface{&Plain{8}}, Two{1, 2}},
		{&ByInterface{}, Two{1, 2}}, // panics
		{Behind{"b", Plain{8}}, Two{1, 2}},
		{&Behind{"b", Plain{8}}, text},
		{Panicking{}, Two{1, 2}},
		{&Panicking{}, Two{1, 2}},
	} {
		called := 0
		for i := range reflect.TypeOf(c.receiver).NumMethod() {
			called += compareWays(t, c.receiver, reflect.TypeOf(c.receiver).Method(i), c.args)
		}
		if called == 0 {
			t.Errorf("%T has no method for %T", c.receiver, c.args)
		}
	}
}

// compareWays calls a method in both ways, if it takes such arguments, and returns how
// many it has called.
func compareWays(t *testing.T, receiver any, method reflect.Method, args any) int {
	t.Helper()
	m := newMethod(reflect.ValueOf(receiver), method, nil)
	if m.args != reflect.TypeOf(args) {
		return 0
	}
	direct, reflected := m.direct, outcomeOf(m, nil, args)
	if direct == nil {
		return 1
	}
	for range 2 { // the receiver has not changed
		if got := outcomeOf(m, direct, args); got != reflected {
			t.Errorf("%T.%s(%+v): directly\n%s\nand by reflection\n%s", receiver, m.name, args, got, reflected)
		}
	}
	return 1
}

// outcomeOf returns all that comes of a call: the error, the reply and what is logged.
func outcomeOf(m *Method, direct directCall, args any) string {
	var log bytes.Buffer
	m.direct, m.log = direct, slog.New(slog.NewTextHandler(&log, nil))
	var e exchange
	m.begin(&e)
	e.args.Elem().Set(reflect.ValueOf(args))
	err := m.invoke(context.WithValue(context.Background(), directKey{}, "of the context"), "peer", &e)
	panicked, stack, _ := strings.Cut(log.String(), "stack=")
	_, panicked, _ = strings.Cut(panicked, "level=") // without the time
	return fmt.Sprintf("%v\n%+v\n%sfrom here: %v", err, e.reply.Elem().Interface(), panicked, strings.Contains(stack, "direct_test.go"))
}
