package gobcodec

import (
	"bytes"
	"encoding/gob"
	"errors"
	"math"
	"math/big"
	"net/netip"
	"time"
)

// The types of these tests: every kind that gob treats in its own way.

type ints struct{ A, B int }

type numbers struct {
	I8  int8
	I64 int64
	U8  uint8
	U64 uint64
	F32 float32
	F64 float64
	C   complex128
	Ok  bool
	Arr [3]uint16
}

// flatStruct has every kind of field that a flat struct may have.
type flatStruct struct {
	I   int
	I8  int8
	U   uintptr
	U16 uint16
	F32 float32
	F64 float64
	C64 complex64
	C   complex128
	Ok  bool
	_   int
	low string
	S   text
	B   []byte
	D   time.Duration
}

type lists struct {
	L [][]int
	B []byte
	T []string
	M map[string]int
}

type Inner struct{ X, Y string }

type embedded struct {
	Inner
	*ints
	Z     int
	quiet int
}

type tree struct {
	Name string
	Kids []*tree
	Left *tree
}

type pointers struct {
	P  *int
	PP **string
	Q  *Inner
}

type times struct {
	When time.Time
	Opt  *time.Time
	For  time.Duration
}

type external struct {
	Big  big.Int
	Addr netip.Addr
	Own  byValue
	Ptr  *byPointer
}

// byValue and byPointer encode themselves.
type byValue struct{ s string }

func (v byValue) GobEncode() ([]byte, error)     { return []byte("<" + v.s), nil }
func (v *byValue) GobDecode(data []byte) error   { v.s = string(data[1:]); return nil }
func (v *byPointer) GobEncode() ([]byte, error)  { return []byte(">" + v.s), nil }
func (v *byPointer) GobDecode(data []byte) error { v.s = string(data[1:]); return nil }

type byPointer struct{ s string }

// fickle fails and panics on demand, to encode and to decode.
type fickle struct{ Mode byte }

func (v fickle) GobEncode() ([]byte, error) {
	switch v.Mode {
	case 'e':
		return nil, errors.New("will not be encoded")
	case 'p':
		panic("panics when encoded")
	}
	return []byte{v.Mode}, nil
}

func (v *fickle) GobDecode(data []byte) error {
	switch data[0] {
	case 'E':
		return errors.New("will not be decoded")
	case 'P':
		panic("panics when decoded")
	}
	v.Mode = data[0]
	return nil
}

type withFickle struct {
	N int
	F fickle
	M int
}

type withInterface struct {
	N int
	V any
}

type unsent struct {
	A int
	C chan int
	F func()
	x int
}

type wide struct{ A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P string }

type failure struct{ S string }

func (failure) Error() string { return "failure" }

type array struct{ P [2]*int }

type (
	text  string
	count int
)

func ptr[T any](v T) *T { return &v }

func repeat[T any](n int, v T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = v
	}
	return all
}

func init() {
	gob.Register(Inner{})
	gob.Register(text(""))
	gob.Register(failure{})
	gob.Register([]wide(nil))
	gob.Register(&tree{})
	gob.Register(map[int]wide(nil))
	gob.Register([3]int{})
	gob.Register(time.Time{})
	gob.Register(byValue{})
	gob.Register([]any(nil))
	gob.Register(withInterface{})
	gob.Register(list{})
}

// goodValues are values that a fresh encoder takes.
func goodValues() []any {
	when := time.Date(2017, 6, 5, 4, 3, 2, 1, time.UTC)
	return []any{
		ints{}, ints{186, 253}, &ints{-1, math.MaxInt}, ptr(&ints{3, 4}),
		numbers{}, numbers{-128, math.MinInt64, 255, math.MaxUint64, 1.5, -2.25, 1 - 2i, true, [3]uint16{1, 0, 65535}},
		flatStruct{}, flatStruct{F32: 1, F64: math.Copysign(0, -1), C: complex(0, math.Copysign(0, -1)), B: []byte{}},
		&flatStruct{-1, -128, 1 << 30, 65535, math.MaxFloat32, math.SmallestNonzeroFloat64, 1 - 2i, 3i, true, 0, "", "s", []byte{0}, -1},
		flatStruct{S: text(make([]byte, 300)), B: make([]byte, 70000)}, flatStruct{F32: float32(math.Inf(1)), low: "unsent"},
		lists{}, &lists{L: [][]int{{1, -2}, nil, {300}}, B: []byte{0, 1}, T: []string{"a", "", "c"}, M: map[string]int{"k": 42}},
		lists{M: map[string]int{}}, lists{B: make([]byte, 300), T: make([]string, 200)},
		embedded{Inner: Inner{"x", "y"}, Z: 1, quiet: 2},
		tree{}, tree{Name: "r", Kids: []*tree{{Name: "k", Kids: []*tree{{}}}, {}}, Left: &tree{Left: &tree{Name: "l"}}},
		pointers{}, pointers{P: ptr(7), PP: ptr(ptr("s")), Q: &Inner{}}, pointers{P: ptr(0), PP: new(*string)},
		times{}, times{When: when, Opt: &when, For: time.Second},
		&external{}, &external{Big: *big.NewInt(1 << 40), Addr: netip.MustParseAddr("::1"), Own: byValue{"own"}, Ptr: &byPointer{"ptr"}},
		byValue{"top"}, &byValue{"top"}, &byPointer{"top"}, when, &when, netip.MustParseAddr("127.0.0.1"),
		withFickle{N: 1, F: fickle{'k'}, M: 2},
		withInterface{}, withInterface{1, Inner{"x", "y"}}, withInterface{2, 3}, &withInterface{3, text("t")},
		unsent{A: 1, x: 2}, array{[2]*int{ptr(1), ptr(2)}},
		struct{}{}, struct{ A, B string }{"a", "b"},
		7, 0, -7, uint(math.MaxUint), "", "top", text("t"), count(3), true, false, 1.5, 2i, []byte("bytes"), []byte(nil),
		[]int{5, 6}, []int(nil), []string{}, [2]bool{true, false}, map[int]string{1: "one"}, map[string]Inner{}, []Inner{{}, {"x", ""}},
		[]any{1, "two"}, map[string]any{"k": 1}, ptr(7), ptr("p"), ptr([]int{1}), ptr((*int)(nil)), ptr((*ints)(nil)),
	}
}

// badValues are values that can't be encoded; a fresh encoder fails or panics.
func badValues() []any {
	return []any{
		nil, (*ints)(nil), (*int)(nil), (**ints)(nil), make(chan int), func() {}, ptr(make(chan int)),
		struct{ a int }{1}, array{}, array{[2]*int{ptr(1), nil}}, []*ints{nil}, map[string]*int{"k": nil},
		byPointer{"not addressable"}, withFickle{F: fickle{'e'}}, withFickle{F: fickle{'p'}},
		withInterface{V: ints{}}, withInterface{V: (*Inner)(nil)}, []any{make(chan int)}, recursive(nil),
	}
}

// recursive is a pointer to itself, which gob refuses as a type.
type recursive *recursive

// fresh is what this package must not differ from.
func fresh(v any) (encoded []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("panic")
		}
	}()
	var buf bytes.Buffer
	err = gob.NewEncoder(&buf).Encode(v)
	return buf.Bytes(), err
}

// freshInto decodes with a fresh decoder.
func freshInto(data []byte, v any) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("panic")
		}
	}()
	return gob.NewDecoder(bytes.NewReader(data)).Decode(v)
}
