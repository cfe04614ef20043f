package gobcodec

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"math"
	"math/bits"
	"reflect"
	"slices"
)

// A flat struct has nothing but numbers, booleans, strings and bytes in it, as
// many arguments and replies of calls are. Its values are written and read here,
// field by field, at a quarter of what a primed encoder or decoder costs and with
// nothing allocated but strings and bytes. A value that is read and out of the
// ordinary is left to encoding/gob, which knows what is wrong with it.

// flat holds the fields that gob sends, in its order. It is nil for types that are
// not flat structs.
type flat []flatField

// texts says whether any field is a string or bytes.
func (fs flat) texts() bool {
	return slices.ContainsFunc(fs, func(f flatField) bool { return f.id == idString || f.id == idBytes })
}

// flatField is a field of a flat struct.
type flatField struct {
	index int   // in the local struct
	id    int32 // gob's type id, which says how to write and read it
	bits  uint8 // of a number
}

// flatOf returns the fields of t, a struct or a pointer to one.
func flatOf(t reflect.Type) flat {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || encodesItself(t) {
		return nil
	}
	var fields flat
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() {
			continue
		}
		field := flatFieldOf(f.Type, i)
		if field.id == 0 {
			return nil
		}
		fields = append(fields, field)
	}
	return fields
}

func flatFieldOf(t reflect.Type, index int) flatField {
	f := flatField{index: index, id: flatID(t)}
	switch f.id {
	case idInt, idUint, idFloat, idComplex:
		f.bits = uint8(t.Bits())
	}
	return f
}

// flatID returns gob's id of a type that may be in a flat struct, else 0.
func flatID(t reflect.Type) int32 {
	if encodesItself(t) || t.Kind() == reflect.Slice && t.Elem() != reflect.TypeFor[byte]() {
		return 0
	}
	return basicID(t)
}

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

// append appends the definitions and the message of a value: its length, its
// type, its fields.
func (fs flat) append(dst []byte, h *head, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	start := len(dst) + len(h.prefix)
	dst = append(dst, h.value...)
	last := -1
	for wire := range fs {
		n := len(dst)
		dst = fs[wire].append(dst, uint64(wire-last), v.Field(fs[wire].index))
		if len(dst) > n {
			last = wire
		}
	}
	dst = append(dst, 0) // the end of the fields
	return fixLength(dst, start)
}

// append appends the field f, behind delta: how far it is from the field that was
// sent before it. It appends nothing for what gob leaves out.
func (field *flatField) append(dst []byte, delta uint64, f reflect.Value) []byte {
	switch field.id {
	case idBool:
		if f.Bool() {
			dst = append(appendUint(dst, delta), 1)
		}
	case idInt:
		if n := f.Int(); n != 0 {
			dst = appendUint(appendUint(dst, delta), uint64(n)<<1^uint64(n>>63))
		}
	case idUint:
		if n := f.Uint(); n != 0 {
			dst = appendUint(appendUint(dst, delta), n)
		}
	case idFloat:
		if n := f.Float(); n != 0 { // the negative zero is left out, too
			dst = appendFloat(appendUint(dst, delta), n)
		}
	case idComplex:
		if n := f.Complex(); n != 0 {
			dst = appendFloat(appendFloat(appendUint(dst, delta), real(n)), imag(n))
		}
	case idString:
		if s := f.String(); s != "" {
			dst = append(appendUint(appendUint(dst, delta), uint64(len(s))), s...)
		}
	case idBytes:
		if b := f.Bytes(); len(b) > 0 {
			dst = append(appendUint(appendUint(dst, delta), uint64(len(b))), b...)
		}
	}
	return dst
}

// fixLength puts the length of what follows start+1 to start.
func fixLength(dst []byte, start int) []byte {
	n := len(dst) - start - 1
	if n < 128 {
		dst[start] = byte(n)
		return dst
	}
	var room [9]byte
	length := appendUint(room[:0], uint64(n))
	dst = append(dst, length[1:]...)
	copy(dst[start+len(length):], dst[start+1:])
	copy(dst[start:], length)
	return dst
}

// readAs returns the local fields of t by their place on the wire, and the bytes
// of the type id that is in front of such a value; nil if values that follow
// prefix, which has been decoded, can't be read field by field.
func (fs flat) readAs(t reflect.Type, prefix []byte) (local flat, typeID []byte) {
	if fs == nil || t.Kind() != reflect.Struct {
		return nil, nil
	}
	all := true
	id := eachFlatField(prefix, func(name string, id int32) {
		f, ok := t.FieldByName(name)
		all = all && ok && len(f.Index) == 1 && f.IsExported() && flatID(f.Type) == id
		if all {
			local = append(local, flatFieldOf(f.Type, f.Index[0]))
		}
	})
	if !all {
		return nil, nil
	}
	return local, appendUint(nil, uint64(id)<<1)
}

// eachFlatField visits the fields of the struct that prefix defines, and returns
// its type id. It visits none where prefix defines something else as well: such a
// value is not flat.
func eachFlatField(prefix []byte, visit func(name string, id int32)) (defined int32) {
	outer := cursor{b: prefix}
	c := outer.message()
	defined = -c.typeID()
	if len(outer.b) > 0 {
		return 0
	}
	c.eachField(int(shapes), func(variant int) {
		if shape(variant) != shapeStruct {
			c.fail()
			return
		}
		c.eachField(2, func(field int) {
			if field == 0 {
				c.name()
				return
			}
			for n := c.uint(); n > 0 && !c.bad; n-- {
				var name string
				var id int32
				c.eachField(2, func(field int) {
					if field == 0 {
						name = string(c.take(c.uint()))
					} else {
						id = c.partID()
					}
				})
				visit(name, id)
			}
		})
	})
	return defined
}

// decode sets the fields of target, which is zero, from the message of a value of
// the type typeID. It returns false where encoding/gob has to look at it.
func (fs flat) decode(message, typeID []byte, target reflect.Value) bool {
	length, n := number(message)
	if n == 0 || length > uint64(len(message)-n) {
		return false
	}
	b, ok := bytes.CutPrefix(message[n:n+int(length)], typeID)
	if !ok {
		return false
	}
	field := -1
	for {
		delta, n := number(b)
		if delta == 0 {
			return n > 0 && n == len(b)
		}
		if delta > uint64(len(fs)-1-field) {
			return false
		}
		field += int(delta)
		b = b[n:]
		if n = fs[field].read(b, target.Field(fs[field].index)); n == 0 {
			return false
		}
		b = b[n:]
	}
}

// read sets the field f from the start of b, and says how many bytes it took: none
// where encoding/gob has to look at it.
func (field *flatField) read(b []byte, f reflect.Value) (n int) {
	u, n := number(b)
	if n == 0 {
		return 0
	}
	switch field.id {
	case idBool:
		f.SetBool(u != 0)
	case idInt:
		if !field.holds(u) {
			return 0
		}
		f.SetInt(signed(u))
	case idUint:
		if !field.holds(u) {
			return 0
		}
		f.SetUint(u)
	case idFloat:
		if !field.holds(u) {
			return 0
		}
		f.SetFloat(float(u))
	case idComplex:
		imaginary, m := number(b[n:])
		if m == 0 || !field.holds(u) || !field.holds(imaginary) {
			return 0
		}
		f.SetComplex(complex(float(u), float(imaginary)))
		n += m
	default:
		if u > uint64(len(b)-n) {
			return 0
		}
		text := b[n : n+int(u)]
		if field.id == idString {
			f.SetString(string(text))
		} else {
			f.SetBytes(exactly(text))
		}
		n += len(text)
	}
	return n
}

// holds says whether the field has room for the number that is written as u, which
// is one of the two of a complex one.
func (field *flatField) holds(u uint64) bool {
	switch field.id {
	case idInt:
		v, unused := signed(u), 64-field.bits
		return v<<unused>>unused == v
	case idUint:
		return u>>field.bits == 0
	case idFloat:
		return field.bits == 64 || !exceedsFloat32(float(u))
	case idComplex:
		return field.bits == 128 || !exceedsFloat32(float(u))
	}
	return true
}

// exceedsFloat32 says whether v is too large for a float32. Infinity is not.
func exceedsFloat32(v float64) bool {
	v = math.Abs(v)
	return v > math.MaxFloat32 && v <= math.MaxFloat64
}

// exactly returns a copy of b, nil if there is nothing in it. What append makes is
// larger: eight bytes for one.
func exactly(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	own := make([]byte, len(b))
	copy(own, b)
	return own
}

// float is the number whose bytes in reverse are u: so trailing zeros are left out.
func float(u uint64) float64 { return math.Float64frombits(bits.ReverseBytes64(u)) }

// appendFloat appends a number of which float makes v.
func appendFloat(dst []byte, v float64) []byte {
	return appendUint(dst, bits.ReverseBytes64(math.Float64bits(v)))
}

// appendUint appends an unsigned number as number reads it.
func appendUint(dst []byte, v uint64) []byte {
	if v < 128 {
		return append(dst, byte(v))
	}
	n := (bits.Len64(v) + 7) / 8
	dst = append(dst, byte(-n))
	for n--; n >= 0; n-- {
		dst = append(dst, byte(v>>(8*n)))
	}
	return dst
}
