//go:build !race

package gobcodec

import (
	"fmt"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// structOf returns a struct of n fields of a type.
func structOf(n int, name string, field reflect.Type) reflect.Type {
	fields := make([]reflect.StructField, n)
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprint(name, i), Type: field}
	}
	return reflect.StructOf(fields)
}

// manyTypes are wide and deep types: encoding/gob compiles the type of every field
// anew, and makes names for all that it is made of, which grow with its depth.
func manyTypes() (types []reflect.Type) {
	for _, field := range []reflect.Type{
		reflect.TypeFor[int](), reflect.TypeFor[*int](), reflect.TypeFor[[]int](), reflect.TypeFor[[2]int](), reflect.TypeFor[[]byte](),
		reflect.TypeFor[map[string]int](), reflect.TypeFor[map[int][]string](), reflect.TypeFor[any](), reflect.TypeFor[ints](),
		reflect.TypeFor[time.Time](), reflect.TypeFor[*tree](), reflect.TypeFor[[]tree](), reflect.TypeFor[embedded](),
	} {
		types = append(types, structOf(1, "F", field), structOf(30, "F", field), structOf(200, "F", field), reflect.SliceOf(structOf(100, "F", field)))
	}
	slices, maps, arrays := reflect.TypeFor[int](), reflect.TypeFor[int](), reflect.TypeFor[int]()
	for depth := range 100 {
		slices, maps, arrays = reflect.SliceOf(slices), reflect.MapOf(reflect.TypeFor[string](), maps), reflect.ArrayOf(1, arrays)
		if depth < 20 || depth%20 == 0 {
			types = append(types, slices, maps, arrays, structOf(20, "F", slices), structOf(20, "F", maps), structOf(1, strings.Repeat("Long", 100), slices))
		}
	}
	return types
}

// The cost of definitions that are new is not below what is allocated to read and
// compile them and to keep the decoder, and at most three times that.
func TestCostOfWideAndDeepTypes(t *testing.T) {
	defer runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	least, most := 1e9, 0.0
	for _, typ := range manyTypes() {
		data, err := AppendValue(nil, reflect.New(typ))
		if err != nil {
			t.Fatal(err)
		}
		c := Of(typ)
		cost, took := measure(t, c, data, func() { forget(c) })
		ratio := float64(cost) / float64(took)
		least, most = min(least, ratio), max(most, ratio)
		if ratio < 1 || ratio > 3 {
			t.Errorf("%.100v: cost %d, allocated %d", typ, cost, took)
		}
	}
	t.Logf("cost from %.2f to %.2f times what is allocated", least, most)
}

// Many slices of few bytes take as much as is counted by the bytes of the message.
func TestCostOfShortBytes(t *testing.T) {
	for _, n := range []int{1, 2, 3, 5, 7, 9, 17} {
		v := reflect.New(structOf(100, "F", reflect.TypeFor[[]byte]()))
		for i := range v.Elem().NumField() {
			v.Elem().Field(i).SetBytes(make([]byte, n))
		}
		data, err := AppendValue(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if cost, took := measure(t, Of(v.Type().Elem()), data, func() {}); cost < took {
			t.Errorf("100 slices of %d bytes: cost %d, allocated %d", n, cost, took)
		}
	}
}

// A flat struct with a number that is too large for its field is read twice: by the
// fields, and by encoding/gob, which says what is wrong. Cost counts both.
func TestCostOfFlatStructsThatOverflow(t *testing.T) {
	type sent struct {
		A string
		N int64
		F float64
		U uint64
		C complex128
	}
	type received struct {
		A string
		N int8
		F float32
		U uint8
		C complex64
	}
	c := Of(reflect.TypeFor[received]())
	for _, length := range []int{0, 100, 5000} {
		text := strings.Repeat("a", length)
		learn, err := Append(nil, sent{A: "a"})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range []sent{{A: text, N: 1 << 40}, {A: text, F: 1e300}, {A: text, U: 1 << 40}, {A: text, C: complex(1, 1e300)}} {
			data, err := Append(nil, v)
			if err != nil {
				t.Fatal(err)
			}
			cost, took := int64(0), int64(unpayable)
			for range 3 {
				_, _ = measureOnce(t, c, learn)
				if cost, err = c.Cost(data); err != nil {
					t.Fatal(err)
				}
				target := reflect.New(c.local).Elem()
				took = min(took, spent(func() { err = c.Decode(data, target) }))
				if err == nil {
					t.Fatalf("%+v is decoded", v)
				}
			}
			if cost < took {
				t.Errorf("a text of %d bytes, %+.20v: cost %d, allocated %d", length, v, cost, took)
			}
		}
	}
}

// The error for a value of another type allocates next to nothing, whatever the names of
// the types and whether or not its id is that of a type that encoding/gob knows.
func TestMismatchCostsNoMoreThanIsCounted(t *testing.T) {
	wide := reflect.New(structOf(100, strings.Repeat("Long", 20), reflect.TypeFor[int8]()))
	ids := []byte{16, 17, 18, 19, 20, 21, 22, 23, 65, 66, 67}
	for _, target := range []reflect.Value{wide, reflect.ValueOf(new(int)), reflect.ValueOf(new([][]string)), reflect.ValueOf(new(map[string]int))} {
		for _, id := range ids {
			data := gobMessage(int64(id), []byte{0, 0})
			c := Of(target.Type().Elem())
			cost, took := int64(0), int64(unpayable)
			for range 3 {
				cost = 0
				took = min(took, spent(func() {
					_ = c.DecodeCharged(data, target.Elem(), unpayable, chargeFunc(func(n int64) error { cost += n; return nil }))
				}))
			}
			if took > 4<<10+cost {
				t.Errorf("id %d into a %.50v: %d allocated for an error, %d charged", id, c.local, took, cost)
			}
		}
	}
}

// Cost allocates less than it returns where definitions are new, as they always are
// with interfaces; it is nothing where they are known.
func TestCostAllocatesLessThanItReturns(t *testing.T) {
	for _, v := range append(dynamicValues(), costly()...) {
		data, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		c := Of(reflect.TypeOf(v))
		least, cost := int64(unpayable), int64(0)
		for range 3 {
			forget(c)
			least = min(least, spent(func() { cost, err = c.Cost(data) }))
			if err != nil {
				t.Fatal(err)
			}
		}
		if least > cost {
			t.Errorf("%.60v: Cost is %d, and has allocated %d", c.local, cost, least)
		}
	}
}

// To be told of the bytes costs no allocation.
func TestChargingAllocatesNothing(t *testing.T) {
	data, err := Append(nil, ints{186, 253})
	if err != nil {
		t.Fatal(err)
	}
	nested, err := Append(nil, struct{ I *ints }{&ints{186, 253}})
	if err != nil {
		t.Fatal(err)
	}
	total := int64(0)
	charge := chargeFunc(func(n int64) error { total += n; return nil })
	flat, deep := reflect.New(reflect.TypeFor[ints]()).Elem(), reflect.New(reflect.TypeFor[struct{ I *ints }]()).Elem()
	for _, c := range []struct {
		data   []byte
		target reflect.Value
		want   float64
	}{{data, flat, 0}, {nested, deep, 1}} {
		codec := Of(c.target.Type())
		if n := testing.AllocsPerRun(1000, func() { _ = codec.DecodeCharged(c.data, c.target, 1<<20, charge) }); n != c.want {
			t.Errorf("%v: %v allocations, want %v", codec.local, n, c.want)
		}
	}
	if total == 0 {
		t.Error("nothing was charged")
	}
}
