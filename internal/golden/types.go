package golden

import "reflect"

// The types and services of the original programs whose frames are the golden
// records. Their names are on the wire.

type Args struct{ A, B int }

type Reply struct{ S, D int }

type SetArgs struct {
	Value            int
	Bilateral_SENDER string
}

type NullReply struct{}

type SenderReply struct{ Sender string }

type StrArgs struct{ S string }

type SliceArgs struct {
	L []int
	B []byte
	T []string
}

type MapArgs struct{ M map[string]int }

type NumArgs struct {
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

type Wrong struct{ A, B string }

// types are those above, and the others that were sent, by their names in the records.
var types = map[string]reflect.Type{
	"Args":        reflect.TypeFor[Args](),
	"Reply":       reflect.TypeFor[Reply](),
	"*Reply":      reflect.TypeFor[*Reply](),
	"SetArgs":     reflect.TypeFor[SetArgs](),
	"NullReply":   reflect.TypeFor[NullReply](),
	"SenderReply": reflect.TypeFor[SenderReply](),
	"StrArgs":     reflect.TypeFor[StrArgs](),
	"SliceArgs":   reflect.TypeFor[SliceArgs](),
	"MapArgs":     reflect.TypeFor[MapArgs](),
	"NumArgs":     reflect.TypeFor[NumArgs](),
	"Wrong":       reflect.TypeFor[Wrong](),
	"string":      reflect.TypeFor[string](),
	"int":         reflect.TypeFor[int](),
	"bool":        reflect.TypeFor[bool](),
	"[]int":       reflect.TypeFor[[]int](),
	"[]byte":      reflect.TypeFor[[]byte](),
}
