package fuzz

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"math"
	"reflect"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// The codec is held against encoding/gob: what a fresh encoder writes, Append
// writes, and what a fresh decoder reads, Decode reads, but for what it refuses.

// codecFlat to codecAll are the local types that bytes are decoded into: flat,
// with counts, recursive, with types that encode themselves.
type (
	codecFlat struct {
		I  int64
		I8 int8
		U  uint64
		F  float64
		F4 float32
		C  complex128
		S  string
		B  []byte
		Ok bool
	}
	CodecCounts struct {
		L []int
		N [][]string
		M map[string]int
		K map[CodecPair][]CodecPair
		R [2]uint16
	}
	CodecPair struct{ A, B int }
	codecTree struct {
		S    string
		Kids []*codecTree
		Next *codecTree
		Map  map[string]codecTree
	}
	codecTimes struct {
		T time.Time
		P *time.Time
		D time.Duration
	}
	codecAny struct {
		A any
		L []fmt.Stringer
		N int
	}
	codecAll struct {
		codecHidden int
		CodecPair
		*CodecCounts
		Flat  codecFlat
		Tree  *codecTree
		Times codecTimes
		P     **int
	}
)

// codecTypes are the targets of FuzzCodecDecode, by its first argument.
var codecTypes = []reflect.Type{
	reflect.TypeFor[codecFlat](), reflect.TypeFor[CodecCounts](), reflect.TypeFor[CodecPair](),
	reflect.TypeFor[codecTree](), reflect.TypeFor[codecTimes](), reflect.TypeFor[codecAll](),
	reflect.TypeFor[int](), reflect.TypeFor[string](), reflect.TypeFor[[]byte](), reflect.TypeFor[bool](),
	reflect.TypeFor[[]int](), reflect.TypeFor[map[string]string](), reflect.TypeFor[*CodecPair](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[struct{}](), reflect.TypeFor[[3]float32](),
	reflect.TypeFor[any](), reflect.TypeFor[[]any](), reflect.TypeFor[map[string]any](), reflect.TypeFor[codecAny](),
}

func init() {
	for _, v := range []any{CodecPair{}, &codecTree{}, []CodecCounts{}, map[string]any{}, []any{}, codecAny{}, time.Time{}, [2]CodecPair{}} {
		gob.Register(v)
	}
}

// codecDynamic are values with interfaces in them.
func codecDynamic(n int, s string) []any {
	pair := CodecPair{n, 1}
	return []any{
		[]any{n, s, pair, []any{&codecTree{S: s}, nil}, [2]CodecPair{pair}}, map[string]any{s: []CodecCounts{{L: []int{n}}}},
		codecAny{A: codecAny{A: map[string]any{s: n}, N: n}, L: []fmt.Stringer{time.Unix(int64(n), 0).UTC()}, N: 1},
	}
}

// codecValues are a value of each kind, made of the arguments. Maps have one
// entry at most, since gob writes them in any order.
func codecValues(i int64, u uint64, f float64, s string, b []byte) []any {
	n := int(i)
	flat := codecFlat{i, int8(i), u, f, float32(f), complex(f, -f), s, b, i&1 == 1}
	counts := CodecCounts{
		L: []int{n, 0, -n}, N: [][]string{{s}, nil, {"", s}},
		M: map[string]int{s: n}, K: map[CodecPair][]CodecPair{{n, 1}: {{}, {1, n}}}, R: [2]uint16{uint16(u), 1},
	}
	tree := codecTree{S: s}
	for range u % 50 {
		next := tree
		tree = codecTree{S: s, Kids: []*codecTree{{S: s}, {}}, Next: &next, Map: map[string]codecTree{s: {S: s}}}
	}
	when := time.Unix(i%(1<<40), int64(u%1e9)).UTC()
	times := codecTimes{T: when, P: &when, D: time.Duration(i)}
	p := &n
	all := codecAll{1, CodecPair{n, 1}, &counts, flat, &tree, times, &p}
	return []any{
		flat, &flat, counts, tree, times, all, &all, n, u, f, s, b, []string{s, ""}, []float64{f}, map[string][]byte{s: b},
		&when, [2]bool{true}, struct{}{}, codecAll{},
	}
}

// FuzzCodecEncode compares Append with a fresh encoder, and Decode with a fresh
// decoder, for the value of that kind made of the arguments.
func FuzzCodecEncode(f *testing.F) {
	for kind := range codecValues(0, 0, 0, "", nil) {
		f.Add(uint8(kind), int64(0), uint64(0), 0.0, "", []byte(nil))
		f.Add(uint8(kind), int64(-1), uint64(math.MaxUint64), math.Inf(-1), "Service.Method", []byte{0, 255})
		f.Add(uint8(kind), int64(math.MinInt64), uint64(49), math.NaN(), string(make([]byte, 130)), make([]byte, 130))
	}
	f.Fuzz(func(t *testing.T, kind uint8, i int64, u uint64, fl float64, s string, b []byte) {
		values := codecValues(i, u, fl, s, b)
		v := values[int(kind)%len(values)]
		var want bytes.Buffer
		if err := gob.NewEncoder(&want).Encode(v); err != nil {
			t.Fatalf("%T: a fresh encoder fails: %v", v, err)
		}
		for round := range 2 { // the second finds the encoder primed
			got, err := gobcodec.Append([]byte("dst"), v)
			if err != nil || !bytes.Equal(got, append([]byte("dst"), want.Bytes()...)) {
				t.Fatalf("round %d, %T %+v: %v\n got % x\nwant % x", round, v, v, err, got, want.Bytes())
			}
			if err := codecDecode(reflect.TypeOf(v), want.Bytes()); err != nil {
				t.Fatalf("round %d, %T %+v: honest bytes: %v", round, v, v, err)
			}
		}
	})
}

// FuzzCodecDecode decodes any bytes into any of codecTypes.
func FuzzCodecDecode(f *testing.F) {
	for _, v := range append(codecValues(186, 3, -2.25, "text", []byte("bytes")), codecDynamic(186, "text")...) {
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).Encode(v); err != nil {
			f.Fatal(err)
		}
		for kind := range codecTypes {
			f.Add(uint8(kind), buf.Bytes())
		}
	}
	f.Fuzz(func(t *testing.T, kind uint8, data []byte) {
		typ := codecTypes[int(kind)%len(codecTypes)]
		for round := range 3 { // the later ones find the decoder primed
			if err := codecDecode(typ, data); err != nil && !errors.Is(err, gobcodec.ErrRefused) {
				t.Fatalf("round %d, into a %v: %v", round, typ, err)
			}
		}
	})
}

// codecDecode decodes data by Decode and by a fresh decoder, and says how they
// differ. Data that Decode refuses is not given to the fresh one, which it can kill.
func codecDecode(typ reflect.Type, data []byte) error {
	got, want := reflect.New(typ), reflect.New(typ)
	before := codecAllocated()
	err := gobcodec.DecodeValue(data, got)
	// An empty struct or map entry has a byte on the wire and some hundred in
	// memory; a definition costs its decoder some fifty times its bytes.
	if spent, limit := codecAllocated()-before, uint64(1<<20+1024*len(data)); spent > limit {
		return fmt.Errorf("%d bytes allocated for %d: over %d", spent, len(data), limit)
	}
	if errors.Is(err, gobcodec.ErrRefused) {
		return err
	}
	wantErr := codecFresh(data, want)
	if (err == nil) != (wantErr == nil) {
		return fmt.Errorf("error %v, a fresh decoder's is %v", err, wantErr)
	}
	if err != nil {
		return nil
	}
	if !reflect.DeepEqual(got.Interface(), want.Interface()) {
		if d := cmp.Diff(want.Interface(), got.Interface(), codecSame); d != "" {
			return fmt.Errorf("differs from a fresh decoder's (-want +got):\n%s", d)
		}
	}
	return nil
}

// codecSame compares unexported fields too, and takes NaN as equal to itself.
var codecSame = cmp.Options{
	cmp.Exporter(func(reflect.Type) bool { return true }),
	cmp.Comparer(func(a, b float64) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b }),
	cmp.Comparer(func(a, b complex128) bool { return fmt.Sprint(a) == fmt.Sprint(b) }),
}

// codecFresh decodes by a fresh decoder; a panic of its is an error here.
func codecFresh(data []byte, v reflect.Value) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v", p)
		}
	}()
	return gob.NewDecoder(bytes.NewReader(data)).DecodeValue(v)
}

// codecAllocated returns the bytes allocated by the process so far, to within
// the few KB that the allocator has not accounted for yet.
func codecAllocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}
