package gobcodec

import (
	"encoding"
	"encoding/gob"
	"math"
	"math/bits"
	"reflect"
)

// basicID returns gob's id of a type that needs no definition, by its kind alone,
// else 0.
func basicID(t reflect.Type) int32 {
	switch t.Kind() {
	case reflect.Bool:
		return idBool
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return idInt
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return idUint
	case reflect.Float32, reflect.Float64:
		return idFloat
	case reflect.Complex64, reflect.Complex128:
		return idComplex
	case reflect.String:
		return idString
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return idBytes
		}
	}
	return 0
}

// selfEncoders are the interfaces by which types bring an encoding of their own.
// Gob does not use the last two at present: it might.
var selfEncoders = []reflect.Type{
	reflect.TypeFor[gob.GobEncoder](), reflect.TypeFor[gob.GobDecoder](),
	reflect.TypeFor[encoding.BinaryMarshaler](), reflect.TypeFor[encoding.BinaryUnmarshaler](),
	reflect.TypeFor[encoding.TextMarshaler](), reflect.TypeFor[encoding.TextUnmarshaler](),
}

func encodesItself(t reflect.Type) bool {
	for _, i := range selfEncoders {
		if reflect.PointerTo(t).Implements(i) { // as t does, then
			return true
		}
	}
	return false
}

// holds says whether a variable of the plan's type has room for the number that is
// written as u, which is one of the two of a complex one.
func (p *plan) holds(u uint64) bool {
	switch p.op {
	case opInt:
		v, unused := signed(u), 64-p.bits
		return v<<unused>>unused == v
	case opUint:
		return u>>p.bits == 0
	case opFloat, opComplex:
		return p.bits == 64 || !exceedsFloat32(float(u))
	}
	return true
}

// exceedsFloat32 says whether v is too large for a float32. Infinity is not.
func exceedsFloat32(v float64) bool {
	v = math.Abs(v)
	return v > math.MaxFloat32 && v <= math.MaxFloat64
}

// float is the number whose bytes in reverse are u: so trailing zeros are left out.
func float(u uint64) float64 { return math.Float64frombits(bits.ReverseBytes64(u)) }

// appendFloat appends a number of which float makes v.
func appendFloat(dst []byte, v float64) []byte {
	return appendUint(dst, bits.ReverseBytes64(math.Float64bits(v)))
}

// appendInt appends a signed number as signed reads it.
func appendInt(dst []byte, v int64) []byte { return appendUint(dst, uint64(v)<<1^uint64(v>>63)) }

// appendUint appends an unsigned number as number reads it.
func appendUint(dst []byte, v uint64) []byte {
	if v < 128 {
		return append(dst, byte(v))
	}
	return appendLong(dst, v)
}

// appendLong is the rest of appendUint, apart so that the first half can be inlined.
func appendLong(dst []byte, v uint64) []byte {
	n := (bits.Len64(v) + 7) / 8
	dst = append(dst, byte(-n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(v>>(8*n)))
	}
	return dst
}
