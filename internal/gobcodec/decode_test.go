package gobcodec

import (
	"bytes"
	"encoding/gob"
	"errors"
	"math"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func typeOf(v any) reflect.Type { return reflect.TypeOf(v) }

// same compares values of any types, unexported fields included.
var same = cmp.Exporter(func(reflect.Type) bool { return true })

func TestDecodeReadsWhatAFreshDecoderReads(t *testing.T) {
	for _, v := range goodValues() {
		data, err := fresh(v)
		if err != nil {
			t.Fatal(err)
		}
		want, got := reflect.New(typeOf(v)), reflect.New(typeOf(v))
		wantErr := freshInto(data, want.Interface())
		for round := range rounds {
			err := DecodeValue(data, got) // the target keeps the value of the last round
			if (err == nil) != (wantErr == nil) {
				t.Fatalf("%T %+v, round %d: error %v, a fresh decoder's %v", v, v, round, err, wantErr)
			}
			if wantErr != nil {
				continue
			}
			if d := cmp.Diff(want.Interface(), got.Interface(), same); d != "" {
				t.Fatalf("%T %+v, round %d: differs from a fresh decoder's (-want +got):\n%s", v, v, round, d)
			}
		}
	}
}

func TestDecodeLeavesNothingStale(t *testing.T) {
	full := lists{L: [][]int{{1}}, B: []byte{1}, T: []string{"t"}, M: map[string]int{"old": 1}}
	for _, v := range []lists{{}, {M: map[string]int{"new": 2}}, {T: []string{""}}} {
		data, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		for round := range rounds {
			kept := map[string]int{"old": 1}
			got := full
			got.M = kept
			if err := Decode(data, &got); err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(v, got); d != "" {
				t.Errorf("round %d: decoded over a full value (-want +got):\n%s", round, d)
			}
			if len(kept) != 1 {
				t.Errorf("round %d: the map that the target held before was written to: %v", round, kept)
			}
		}
	}
}

func TestDecodeRefusesTargetsThatCanNotBeSet(t *testing.T) {
	data, _ := fresh(ints{1, 2})
	for _, v := range []any{nil, ints{}, 7, (*ints)(nil), map[string]int{}, func() {}} {
		if err := Decode(data, v); err == nil || !strings.Contains(err.Error(), "pass a pointer") {
			t.Errorf("target %T: error %v, want one that says to pass a pointer", v, err)
		}
	}
	hidden := struct{ p *ints }{new(ints)}
	if err := DecodeValue(data, reflect.ValueOf(hidden).Field(0)); err == nil {
		t.Error("target behind an unexported field: no error")
	}
	for _, v := range []any{new(chan int), new(func()), new(recursive), new(struct{ a int }), new(any)} {
		if err := Decode(data, v); err == nil {
			t.Errorf("target %T: no error", v)
		}
	}
}

// Peers of other programs define the same type in other ways: other ids, other
// fields, other order.
func TestDecodeTellsThePrefixesOfPeersApart(t *testing.T) {
	type local struct {
		A, B int
		S    string
	}
	peers := []struct {
		sends any
		want  local
	}{
		{local{1, 2, "s"}, local{1, 2, "s"}},
		{struct{ B, A int }{1, 2}, local{B: 1, A: 2}},
		{struct {
			S string
			A int8
		}{"s", 3}, local{S: "s", A: 3}},
		{struct {
			Extra []map[string]ints
			A     int
		}{[]map[string]ints{{"k": {1, 2}}, {}}, 4}, local{A: 4}},
		{struct {
			Extra any
			A     int
		}{Inner{"x", "y"}, 5}, local{A: 5}},
		{struct {
			Extra any
			A     int
		}{withInterface{1, text("nested")}, 6}, local{A: 6}},
		{struct { // of a type that needs no definition: all is in one message
			Extra any
			A     int
		}{7, 6}, local{A: 6}},
		{struct {
			L *tree
			A int
		}{&tree{Left: &tree{}}, 7}, local{A: 7}},
	}
	gob.Register(withInterface{})
	for round := range rounds {
		for i, p := range peers {
			data, err := fresh(p.sends)
			if err != nil {
				t.Fatal(err)
			}
			var got, want local
			wantErr := freshInto(data, &want)
			if err := Decode(data, &got); (err == nil) != (wantErr == nil) {
				t.Fatalf("round %d, peer %d: error %v, a fresh decoder's %v", round, i, err, wantErr)
			}
			if wantErr == nil && (got != want || got != p.want) {
				t.Errorf("round %d, peer %d: got %+v, want %+v, fresh %+v", round, i, got, p.want, want)
			}
		}
	}
	if n := len(*Of(reflect.TypeFor[local]()).decoders.Load()); n != 5 {
		t.Errorf("%d runs of definitions remembered, want 5: those that can hold an interface are not", n)
	}
}

// Peers may take turns, and one may define more than another of whose definitions
// its own are the start.
func TestDecodeOfFlatStructsFromPeersInTurn(t *testing.T) {
	type local struct{ A, B int }
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	both, one := defineStruct(65, idInt, idInt), defineStruct(66, idInt)
	messages := []struct {
		data []byte
		want local
		ok   bool
	}{
		{join(both, gobMessage(65, []byte{1, 6, 1, 8, 0})), local{3, 4}, true},
		{join(one, gobMessage(66, []byte{1, 10, 0})), local{A: 5}, true},
		{join(both, one, gobMessage(65, []byte{2, 12, 0})), local{B: 6}, true},
		{join(both, one, gobMessage(66, []byte{1, 14, 0})), local{A: 7}, true},
		{join(both, both, gobMessage(65, []byte{1, 6, 0})), local{}, false},
		{join(both, one), local{}, false},
		{join(both, gobMessage(65, []byte{1, 6, 1})), local{}, false},
		{both, local{}, false},
	}
	for round := range rounds {
		for i, m := range messages {
			for j, next := range messages {
				var first, got, want local
				_ = Decode(m.data, &first) // j finds what i left
				wantErr := freshInto(next.data, &want)
				err := Decode(next.data, &got)
				if (err == nil) != next.ok || (wantErr == nil) != next.ok {
					t.Fatalf("round %d, %d after %d: error %v, a fresh decoder's %v", round, j, i, err, wantErr)
				}
				if next.ok && (got != next.want || want != next.want) {
					t.Errorf("round %d, %d after %d: decoded %+v, a fresh decoder %+v, want %+v", round, j, i, got, want, next.want)
				}
			}
		}
	}
}

// A value that a flat struct can't take is left to encoding/gob, and its verdict
// stands.
func TestDecodeOfFlatStructsThatDoNotFit(t *testing.T) {
	type small struct {
		I int8
		U uint8
		F float32
		C complex64
	}
	type large struct {
		I int64
		U uint64
		F float64
		C complex128
	}
	for _, v := range []any{
		large{}, large{1, 2, 3, 4}, large{I: 128}, large{I: -129}, large{U: 256}, large{F: 1e300}, large{C: 1e300i},
		large{F: math.Inf(1)}, large{C: complex(math.Inf(-1), 0)},
		struct{ I string }{"text"}, struct{ F int }{1}, struct{ I, X int }{1, 2}, struct{ X int }{1}, struct{ B []byte }{},
	} {
		data, err := fresh(v)
		if err != nil {
			t.Fatal(err)
		}
		for round := range rounds {
			var got, want small
			wantErr := freshInto(data, &want)
			if err := Decode(data, &got); (err == nil) != (wantErr == nil) {
				t.Fatalf("%+v, round %d: error %v, a fresh decoder's %v", v, round, err, wantErr)
			}
			if wantErr == nil && got != want {
				t.Errorf("%+v, round %d: got %+v, want %+v", v, round, got, want)
			}
		}
	}
}

func TestDecodeIgnoresWhatFollowsTheValue(t *testing.T) {
	data, _ := fresh(ints{1, 2})
	more, _ := fresh("more")
	for _, rest := range [][]byte{more, {0}, {0xff}, []byte("rubbish")} {
		for range rounds {
			var got ints
			if err := Decode(append(bytes.Clone(data), rest...), &got); err != nil || got != (ints{1, 2}) {
				t.Errorf("with % x behind it: %+v, %v", rest, got, err)
			}
		}
	}
}

func TestEveryTruncationIsMalformed(t *testing.T) {
	for _, v := range goodValues() {
		data, _ := fresh(v)
		if Of(typeOf(v)).dynamic {
			continue
		}
		for n := range data {
			if err := DecodeValue(data[:n], reflect.New(typeOf(v))); !errors.Is(err, ErrMalformed) {
				t.Fatalf("%T cut to %d of %d bytes: error %v, want ErrMalformed", v, n, len(data), err)
			}
		}
	}
}

func TestAFailedDecoderIsNotUsedAgain(t *testing.T) {
	for round := range rounds {
		for _, mode := range []byte{'k', 'E', 'k', 'P', 'k', 'P', 'E'} {
			data, err := fresh(withFickle{N: 1, F: fickle{mode}, M: round})
			if err != nil {
				t.Fatal(err)
			}
			var got withFickle
			err = Decode(data, &got)
			if wantErr := mode != 'k'; (err != nil) != wantErr {
				t.Fatalf("mode %c: error %v", mode, err)
			}
			if err == nil && got.M != round {
				t.Fatalf("mode %c: decoded %+v", mode, got)
			}
		}
	}
}

func TestDecodeKeepsNothingOfALargeValue(t *testing.T) {
	type large struct {
		B []byte
		F byValue // or no decoder would be needed
	}
	var got large
	for _, n := range []int{0, pooledBytesMax + 1} { // the second finds a decoder primed by the first
		data, err := fresh(large{B: make([]byte, n)})
		if err != nil {
			t.Fatal(err)
		}
		if err := Decode(data, &got); err != nil || len(got.B) != n {
			t.Fatalf("%d bytes: got %d, %v", n, len(got.B), err)
		}
	}
	for _, p := range *Of(reflect.TypeFor[large]()).decoders.Load() {
		if p.decoders.Get() != nil {
			t.Errorf("a decoder that has a buffer of over %d bytes is pooled", pooledBytesMax)
		}
	}
}

func TestDynamicTypesHoldAnInterface(t *testing.T) {
	type recursiveDynamic struct {
		Next *recursiveDynamic
		M    map[string][]*withInterface
	}
	for _, c := range []struct {
		t    reflect.Type
		want bool
	}{
		{reflect.TypeFor[ints](), false},
		{reflect.TypeFor[tree](), false},
		{reflect.TypeFor[times](), false},
		{reflect.TypeFor[struct{ v any }](), false},
		{reflect.TypeFor[map[string]map[int][]*tree](), false},
		{reflect.TypeFor[recursive](), false},
		{reflect.TypeFor[any](), true},
		{reflect.TypeFor[error](), true},
		{reflect.TypeFor[*[]any](), true},
		{reflect.TypeFor[[2]any](), true},
		{reflect.TypeFor[map[any]int](), true},
		{reflect.TypeFor[map[int]any](), true},
		{reflect.TypeFor[struct{ Inner struct{ V error } }](), true},
		{reflect.TypeFor[recursiveDynamic](), true},
	} {
		if got := holds(c.t, isInterface, make(map[reflect.Type]bool)); got != c.want {
			t.Errorf("%v: dynamic %v, want %v", c.t, got, c.want)
		}
	}
}

func TestOnlySoManyPrefixesAreRemembered(t *testing.T) {
	type target struct{ A int }
	shape := []reflect.StructField{{Name: "A", Type: reflect.TypeFor[int]()}}
	for i := range 3 * prefixesMax {
		shape = append(shape[:1], reflect.StructField{Name: "X" + strings.Repeat("x", i), Type: reflect.TypeFor[int]()})
		v := reflect.New(reflect.StructOf(shape)).Elem()
		v.Field(0).SetInt(int64(i))
		data, err := fresh(v.Interface())
		if err != nil {
			t.Fatal(err)
		}
		for range rounds {
			var got target
			if err := Decode(data, &got); err != nil || got.A != i {
				t.Fatalf("peer %d: got %+v, %v", i, got, err)
			}
		}
	}
	known := *Of(reflect.TypeFor[target]()).decoders.Load()
	if len(known) != prefixesMax {
		t.Errorf("%d runs of definitions remembered, want %d", len(known), prefixesMax)
	}
	data := join(defineStruct(64, idInt, 65), gobMessage(-65, []byte{3, 1, 1}, gobUint(prefixBytesMax),
		bytes.Repeat([]byte{'n'}, prefixBytesMax), []byte{0, 0, 0}), gobMessage(64, []byte{1, 2, 0}))
	var got target
	if err := Decode(data, &got); err != nil || got.A != 1 {
		t.Errorf("long definitions: %+v, %v", got, err)
	}
	for prefix := range *Of(reflect.TypeFor[target]()).decoders.Load() {
		if len(prefix) > prefixBytesMax {
			t.Errorf("definitions of %d bytes remembered, want at most %d", len(prefix), prefixBytesMax)
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 200 {
				in := lists{T: []string{strings.Repeat("x", i)}, M: map[string]int{"k": worker}}
				data, err := Append(nil, in)
				if err != nil {
					t.Error(err)
					return
				}
				var out lists
				if err := Decode(data, &out); err != nil || !cmp.Equal(in, out) {
					t.Errorf("sent %+v, got %+v, %v", in, out, err)
					return
				}
			}
		})
	}
	wg.Wait()
}
