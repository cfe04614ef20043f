package fuzz

import (
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"time"
)

// Types and values that are made up: of every kind that gob takes, nested in one
// another as chance and the fuzzer will have it.

// The named types among them: recursive ones, wide ones, such as hold interfaces.
type (
	CodecList  struct{ Next *CodecList }
	CodecForks []CodecForks
	CodecIndex map[string]CodecIndex
	CodecWide  struct {
		A, B, C, D, E, F, G, H string
		I, J, K, L             []int
		M, N                   map[string]int
		O                      *CodecWide
		P                      [20]int64
	}
	CodecMixed struct {
		A any
		S fmt.Stringer
		W *CodecWide
		M map[string]any
	}
	CodecCount  int
	CodecText   string
	CodecBigKey [20]int
	CodecOuter  struct {
		CodecPair
		CodecFlags
		More string
	}
	CodecFlags struct{ X, Y, Z bool }
)

var codecBasics = []reflect.Type{
	reflect.TypeFor[bool](), reflect.TypeFor[int](), reflect.TypeFor[int8](), reflect.TypeFor[uint16](), reflect.TypeFor[uint64](),
	reflect.TypeFor[float32](), reflect.TypeFor[float64](), reflect.TypeFor[complex128](), reflect.TypeFor[string](),
	reflect.TypeFor[CodecText](), reflect.TypeFor[CodecCount](),
}

var codecNamed = []reflect.Type{
	reflect.TypeFor[[]byte](), reflect.TypeFor[CodecList](), reflect.TypeFor[CodecForks](), reflect.TypeFor[CodecIndex](),
	reflect.TypeFor[CodecWide](), reflect.TypeFor[CodecOuter](), reflect.TypeFor[CodecCounts](), reflect.TypeFor[codecTree](),
	reflect.TypeFor[time.Time](), reflect.TypeFor[struct{}](), reflect.TypeFor[[100]int32](), reflect.TypeFor[codecFlat](),
	reflect.TypeFor[any](), reflect.TypeFor[CodecMixed](), reflect.TypeFor[fmt.Stringer](),
}

// codecRegistered are the values whose types an interface may hold.
var codecRegistered = []any{
	&CodecWide{}, []string{}, map[CodecPair]string{}, [3]CodecPair{}, CodecMixed{}, CodecForks{}, CodecCount(1),
	[]CodecWide{}, &CodecOuter{}, [][]byte{}, map[string][]any{}, time.Time{}, 1, "text", 1.5, true, []byte{},
}

func init() {
	for _, v := range codecRegistered {
		gob.Register(v)
	}
}

// codecSeeds bounds the types that are made up, since none is ever forgotten.
const codecSeeds = 1 << 10

var codecMade sync.Map // of types, by seed and variation

// codecType returns the type of a seed. A variation other than 0 is a type that can
// receive its values: with pointers put in or left out, and fields missing.
func codecType(seed uint16, variation uint8) reflect.Type {
	seed, variation = seed%codecSeeds, variation%4
	key := uint32(seed)<<8 | uint32(variation)
	if t, ok := codecMade.Load(key); ok {
		return t.(reflect.Type)
	}
	t := codecRandomType(rand.New(rand.NewPCG(uint64(seed), 0)), 1+int(seed%5))
	if variation > 0 {
		t = codecReceiver(rand.New(rand.NewPCG(uint64(seed), uint64(variation))), t)
	}
	codecMade.Store(key, t)
	return t
}

func codecRandomType(r *rand.Rand, depth int) reflect.Type {
	basic := func() reflect.Type { return codecBasics[r.IntN(len(codecBasics))] }
	if depth == 0 {
		return basic()
	}
	switch r.IntN(10) {
	case 0:
		return basic()
	case 1, 2:
		return reflect.SliceOf(codecRandomType(r, depth-1))
	case 3:
		return reflect.ArrayOf(r.IntN(6), codecRandomType(r, depth-1))
	case 4:
		if r.IntN(4) == 0 {
			return reflect.MapOf(reflect.TypeFor[CodecBigKey](), codecRandomType(r, depth-1))
		}
		return reflect.MapOf(basic(), codecRandomType(r, depth-1))
	case 5:
		return reflect.PointerTo(codecRandomType(r, depth-1))
	case 6, 7:
		return codecNamed[r.IntN(len(codecNamed))]
	}
	fields := make([]reflect.StructField, 1+r.IntN(6))
	if r.IntN(8) == 0 {
		fields = make([]reflect.StructField, 40)
		depth = 1
	}
	for i := range fields {
		fields[i] = reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: codecRandomType(r, depth-1)}
	}
	return reflect.StructOf(fields)
}

func codecReceiver(r *rand.Rand, t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Name() != "":
	case t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8:
		t = reflect.SliceOf(codecReceiver(r, t.Elem()))
	case t.Kind() == reflect.Array:
		t = reflect.ArrayOf(t.Len(), codecReceiver(r, t.Elem()))
	case t.Kind() == reflect.Map:
		t = reflect.MapOf(t.Key(), codecReceiver(r, t.Elem()))
	case t.Kind() == reflect.Struct && t.NumField() > 0:
		var fields []reflect.StructField
		for i := t.NumField() - 1; i >= 0; i-- {
			if f := t.Field(i); r.IntN(3) > 0 {
				fields = append(fields, reflect.StructField{Name: f.Name, Type: codecReceiver(r, f.Type)})
			}
		}
		t = reflect.StructOf(append(fields, reflect.StructField{Name: "More", Type: reflect.TypeFor[[]string]()}))
	}
	for range max(0, r.IntN(5)-2) {
		t = reflect.PointerTo(t)
	}
	return t
}

// codecScript makes up values: each byte is a decision, and all are zero at its end.
type codecScript struct {
	b    []byte
	room int // how many more values it may make
}

func (s *codecScript) next() int {
	if len(s.b) == 0 {
		return 0
	}
	n := s.b[0]
	s.b = s.b[1:]
	return int(n)
}

// length returns a length of at most most, or none where there is no room left.
func (s *codecScript) length(most int) int {
	n := s.next()
	if n >= 250 {
		n *= 4 // now and then a long one
	} else {
		n %= 1 + most
	}
	n = max(0, min(n, s.room))
	s.room -= n
	return n
}

// fill sets v, without nil pointers where gob has no way to send them.
func (s *codecScript) fill(v reflect.Value, depth int) {
	if _, ok := v.Interface().(time.Time); ok {
		v.Set(reflect.ValueOf(time.Unix(int64(s.next()), 0).In(time.FixedZone("", 60*s.next()))))
		return
	}
	switch v.Kind() {
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), s.length(40>>depth), 1000))
		for i := range v.Len() {
			s.fill(v.Index(i), depth+1)
		}
	case reflect.Array:
		for i := range v.Len() {
			s.fill(v.Index(i), depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for i := range s.length(40 >> depth) {
			key, elem := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			s.fill(key, depth+1)
			if key.CanInt() && key.Kind() != reflect.Int8 {
				key.SetInt(int64(i)) // so that there are as many entries
			}
			s.fill(elem, depth+1)
			v.SetMapIndex(key, elem)
		}
	case reflect.Pointer:
		if v.Type().Elem() == reflect.TypeFor[CodecList]() && s.length(1) == 0 || depth > 60 || v.Type() == reflect.TypeFor[*CodecWide]() && s.next()%4 > 0 {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		s.fill(v.Elem(), depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				s.fill(v.Field(i), depth+1)
			}
		}
	case reflect.Interface:
		s.dynamic(v, depth)
	default:
		s.basic(v)
	}
}

// dynamic sets an interface, or leaves it nil.
func (s *codecScript) dynamic(v reflect.Value, depth int) {
	elem := reflect.New(reflect.TypeOf(codecRegistered[s.next()%len(codecRegistered)])).Elem()
	if s.length(1) == 0 || !elem.Type().AssignableTo(v.Type()) {
		return
	}
	s.fill(elem, depth+2)
	if elem.Kind() != reflect.Pointer || !elem.IsNil() {
		v.Set(elem)
	}
}

func (s *codecScript) basic(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(string(make([]byte, s.length(40))))
	case reflect.Bool:
		v.SetBool(s.next() > 100)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(s.next()))
	case reflect.Complex128:
		v.SetComplex(complex(float64(s.next()), 1))
	default:
		v.Set(reflect.ValueOf(s.next() & 127).Convert(v.Type()))
	}
}
