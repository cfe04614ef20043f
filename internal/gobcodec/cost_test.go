//go:build !race

// The race detector allocates, and makes sync.Pool forget.

package gobcodec

import (
	"errors"
	"fmt"
	"math/big"
	"math/bits"
	"net/netip"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// slack is how large a value may be before its cost is held to twice what is
// allocated.
const slack = 1 << 10

type (
	bigKey    [20]int
	nums      []int
	bits8     []bool
	bytesList struct{ B [][]byte }
	sparse    struct {
		A, B *int
		C    []*wide
		D    map[int]*wide
		E    [4][2]string
	}
	node struct {
		Next *node
		V    int8
	}
)

func mapOf[K comparable, V any](n int, key func(int) K, value V) map[K]V {
	m := make(map[K]V, n)
	for i := range n {
		m[key(i)] = value
	}
	return m
}

func itself(i int) int { return i }

func keyText(i int) string { return fmt.Sprint("key ", i) }

func nodes(n int) *node {
	var first *node
	for range n {
		first = &node{Next: first, V: 1}
	}
	return first
}

// costly are values of every kind whose cost is not that of their bytes.
func costly() []any {
	values := []any{
		repeat(10, wide{}), repeat(1000, wide{}), repeat(100, wide{A: "a", P: "long enough"}), repeat(50_000, wide{}),
		repeat(1000, ""), repeat(1000, "x"), repeat(1000, "xy"), repeat(1000, "12345678"), repeat(1000, "123456789"),
		repeat(1000, strings.Repeat("y", 33)), repeat(800_000, ""), repeat(30, strings.Repeat("z", 1100)),
		repeat(1000, ptr(7)), repeat(1000, ptr(true)), repeat(1000, ptr(ptr("s"))), repeat(300, &wide{}), repeat(1000, ptr([3]int32{1})),
		repeat(1000, []int{1}), repeat(1000, []int{}), repeat(1000, []string{"ab"}), repeat(300, [][]bool{{true}, {}}),
		repeat(1000, nums{1, 2}), repeat(1000, bits8{true}), repeat(1000, []count{1}), repeat(1000, []text{"t"}),
		repeat(1000, [2]bool{true}), repeat(1000, [2]byte{1}), repeat(1000, [2]count{1}), repeat(100, [3][2]text{}), repeat(10, [100]int{}),
		repeat(1000, struct{}{}), repeat(1000, []struct{}{{}, {}}), repeat(1000, ints{}), repeat(1000, 1.5), repeat(1000, 1i),
		bytesList{repeat(100, make([]byte, 100))}, make([]byte, 1000), make([]byte, 100_000), make([]byte, 11<<20),
		strings.Repeat("s", 5000), strings.Repeat("s", 12<<20), repeat(1_500_000, 0), repeat(1_500_000, int8(1)),
		sparse{A: ptr(1), B: ptr(2), C: repeat(20, &wide{}), D: mapOf(20, itself, &wide{})}, repeat(100, sparse{C: []*wide{}}),
		nodes(1), nodes(100), nodes(900), tree{Kids: repeat(100, &tree{Name: "kid", Kids: repeat(3, &tree{})})},
		repeat(100, map[string]int{}), repeat(100, map[string]int{"a": 1}), repeat(100, map[string]string{"a": "b", "c": "d"}),
		repeat(100, map[int8]bool{1: true}), repeat(100, map[string]struct{}{"x": {}}), repeat(30, map[string]wide{"x": {}}),
		mapOf(50, itself, [40]int{}), map[bigKey]bigKey{{1}: {2}, {2}: {}}, mapOf(40, itself, []int{1}),
		mapOf(30, itself, map[string]*int{"p": ptr(1)}), mapOf(9, keyText, ints{}), map[*int]int{ptr(1): 2},
		repeat(100, time.Unix(1, 2).UTC()), repeat(100, time.Unix(1, 2).In(time.FixedZone("", 1800))), times{},
		embedded{Inner: Inner{"x", "y"}}, lists{L: repeat(50, []int{1, 2, 3}), T: repeat(40, "t"), M: map[string]int{"k": 1}},
		7, "", []int(nil), benchArgs{1, 2}, flatStruct{S: "some text", B: make([]byte, 3000)}, flatStruct{S: text("1234567890")},
	}
	for _, n := range []int{8, 9, 14, 15, 28, 29, 100, 447, 448, 896, 897, 1000, 1793} {
		values = append(values, mapOf(n, itself, 1), mapOf(n, keyText, wide{}))
	}
	return values
}

// costlier are values whose cost may be four times what is allocated: those that
// decode themselves, and large maps that are nearly full.
func costlier() (values []any) {
	for _, n := range []int{1400, 1792, 3400, 5000, 7000, 20_000, 100_000} {
		values = append(values, mapOf(n, itself, 1))
	}
	own := external{Big: *big.NewInt(1 << 40), Addr: netip.MustParseAddr("::1"), Own: byValue{"own"}, Ptr: &byPointer{"ptr"}}
	return append(values, repeat(100, own), repeat(100, *big.NewInt(1)), repeat(100, byValue{strings.Repeat("v", 100)}))
}

// dynamicValues have interfaces in them. Their definitions are read each time.
func dynamicValues() []any {
	return []any{
		[]any{1, "two", 3.5, []byte("four"), []string{"five"}, true}, repeat(1000, any(1)), repeat(1000, any("some text")),
		map[string]any{"a": 1, "b": []any{Inner{"x", "y"}, text("t")}}, withInterface{1, Inner{"x", "y"}}, withInterface{},
		repeat(300, any(Inner{"x", "y"})), repeat(300, any(repeat(10, wide{}))), repeat(100, any(&tree{Name: "t"})),
		[]any{mapOf(100, itself, wide{}), [3]int{1, 2, 3}, time.Unix(1, 2).UTC(), byValue{"v"}},
		withInterface{2, withInterface{3, withInterface{4, []any{withInterface{}}}}},
		struct{ E error }{failure{"s"}}, repeat(100, withInterface{1, nil}),
	}
}

// spent returns the bytes allocated by f.
func spent(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// reporter is what the checks need of a testing.T or a rapid.T.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatal(args ...any)
}

// forget makes c forget the definitions and the names that have been met.
func forget(c *Codec) {
	concreteTypes.Store(nil)
	c.decoders.Store(nil)
	c.latest.Store(nil)
}

// measure returns what DecodeCharged charges for data, and the least bytes that it
// takes in some runs, since there may be something else going on. Each run begins
// with prepare.
func measure(t reporter, c *Codec, data []byte, prepare func()) (cost, took int64) {
	took = unpayable
	for range 3 {
		prepare()
		// A goroutine that moves to another processor may find no decoder there: so the
		// two are of the same run.
		if charged, once := measureOnce(t, c, data); once < took {
			cost, took = charged, once
		}
	}
	return cost, took
}

func measureOnce(t reporter, c *Codec, data []byte) (cost, took int64) {
	target := reflect.New(c.local).Elem()
	var err error
	charge := chargeFunc(func(bytes int64) error { cost += bytes; return nil })
	took = spent(func() { err = c.DecodeCharged(data, target, unpayable, charge) })
	if err != nil {
		t.Fatal(err)
	}
	return cost, took
}

// The cost of a value is never below what is allocated, and at most a few times
// that: also the first time, when its definitions are compiled.
func TestCostIsWhatIsAllocated(t *testing.T) {
	for _, c := range []struct {
		name   string
		values []any
		factor int64
	}{{"exact", costly(), 2}, {"rough", costlier(), 4}, {"dynamic", dynamicValues(), 2}} {
		t.Run(c.name, func(t *testing.T) {
			for _, v := range c.values {
				data, err := Append(nil, v)
				if err != nil {
					t.Fatal(err)
				}
				checkCost(t, Of(reflect.TypeOf(v)), data, c.factor)
			}
		})
	}
}

// firstFactor bounds the cost of a value of new definitions, apart from
// decoderBytes, by what is allocated.
const firstFactor = 3

func checkCost(t reporter, c *Codec, data []byte, factor int64) {
	t.Helper()
	if bits.UintSize == 32 {
		factor *= 2 // what the decoder needs for itself is counted as on 64 bits
	}
	defer runtime.GC()
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	first, firstTook := measure(t, c, data, func() { forget(c) })
	cost, took := measure(t, c, data, func() {})
	t.Logf("%-60.60v %9d bytes: cost %9d, allocated %9d, ratio %5.2f; first %9d, %9d, %5.2f", c.local, len(data),
		cost, took, float64(cost)/float64(took), first, firstTook, float64(first)/float64(firstTook))
	if cost < took || first < firstTook {
		t.Errorf("%v: cost %d, less than %d allocated; the first time %d and %d", c.local, cost, took, first, firstTook)
	}
	if cost > slack+factor*took || first > decoderBytes+firstFactor*firstTook {
		t.Errorf("%v: cost %d, many times the %d allocated; the first time %d and %d", c.local, cost, took, first, firstTook)
	}
}

// The limit of DecodeMax is kept to the byte.
func TestDecodeMaxAtTheLimit(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))  // a pool is emptied when that changes,
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // and by the garbage collector
	for _, v := range append(costly(), dynamicValues()...) {
		c := Of(reflect.TypeOf(v))
		data, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > pooledBytesMax {
			continue
		}
		runtime.GC()
		_, _ = measureOnce(t, c, data)
		cost, err := c.Cost(data)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.DecodeMax(data, reflect.New(c.local).Elem(), cost); err != nil {
			t.Errorf("%v: limit %d: %v", c.local, cost, err)
		}
		if cost <= roughMax {
			continue // it may cost less if it is looked at, as it is where there is less left
		}
		var tooLarge *TooLargeError
		if err := c.DecodeMax(data, reflect.New(c.local).Elem(), cost-1); !errors.As(err, &tooLarge) || tooLarge.Bytes != tooLarge.Max+1 {
			t.Errorf("%v: limit %d: %v, want a TooLargeError that says one byte less than is needed", c.local, cost-1, err)
		}
	}
}

// An error of the charger ends the decoding, and the decoder is used again.
func TestChargeMayRefuse(t *testing.T) {
	c := Of(reflect.TypeFor[lists]())
	data, err := Append(nil, lists{T: []string{"some", "text"}})
	if err != nil {
		t.Fatal(err)
	}
	for range rounds {
		known, _ := measureOnce(t, c, data)
		busy := errors.New("busy")
		charged, target := int64(0), lists{}
		err := c.DecodeCharged(data, reflect.ValueOf(&target).Elem(), unpayable, chargeFunc(func(n int64) error { charged += n; return busy }))
		var refused *ChargeError
		if !errors.As(err, &refused) || refused.Err != busy || charged > known || !reflect.ValueOf(target).IsZero() {
			t.Errorf("error %v, %d charged, target %v; want the error of the charger, and no more than %d", err, charged, target, known)
		}
	}
}

// A map whose tables overflow by chance is never counted too low.
func TestCostOfMapsIsNeverTooLow(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	c := Of(reflect.TypeFor[map[int]int]())
	for _, n := range []int{897, 898, 1300, 1500, 1600, 1700, 1750, 1792, 3200, 3500, 3584, 14_000, 28_600} {
		data, err := Append(nil, mapOf(n, itself, 1))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = measureOnce(t, c, data) // a pool may be new
		for range 60 {
			if cost, took := measureOnce(t, c, data); cost < took {
				t.Errorf("%d entries: cost %d, allocated %d", n, cost, took)
			}
		}
		runtime.GC()
	}
}

func TestCostAllocatesNothing(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // a pool is emptied when that changes
	for _, v := range costly() {
		c := Of(reflect.TypeOf(v))
		data, err := Append(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > pooledBytesMax {
			continue // there is no decoder for such a value
		}
		_, _ = measureOnce(t, c, data)
		want, _ := measureOnce(t, c, data)
		n := testing.AllocsPerRun(10, func() {
			if cost, err := c.Cost(data); err != nil || cost != want {
				t.Fatalf("%v: cost %d, %v; decoding is charged %d", c.local, cost, err, want)
			}
		})
		if n != 0 {
			t.Errorf("%v: %v allocations to find the cost, want 0", c.local, n)
		}
	}
}
