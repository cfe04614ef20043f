package gobcodec

import (
	"bytes"
	"encoding"
	"encoding/gob"
	"math"
	"math/bits"
	"reflect"
)

// A flat struct has nothing but numbers, booleans, strings and bytes in it, as
// many arguments and replies of calls are. Its values are written and read here,
// field by field, at a quarter of what a primed encoder or decoder costs and with
// nothing allocated but strings and bytes. Whatever is out of the ordinary in a
// value that is read is left to encoding/gob, which knows what is wrong with it.

// flat holds the index of each field that gob sends, in its order. It is nil
// for types that are not flat structs.
type flat []int

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
		if flatID(f.Type) == 0 {
			return nil
		}
		fields = append(fields, i)
	}
	return fields
}

// flatID returns gob's id of a type that may be in a flat struct, else 0.
func flatID(t reflect.Type) int32 {
	if encodesItself(t) {
		return 0
	}
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
		if t.Elem() == reflect.TypeFor[byte]() {
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

// append appends the message of a value: its length, its type, its fields.
func (fs flat) append(dst, typeID []byte, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	start := len(dst)
	dst = append(dst, 0) // the length, if that is below 128
	dst = append(dst, typeID...)
	last := -1
	for wire, index := range fs {
		f := v.Field(index)
		if isUnsent(f) {
			continue
		}
		dst = appendUint(dst, uint64(wire-last))
		dst = appendField(dst, f)
		last = wire
	}
	dst = append(dst, 0) // the end of the fields
	return fixLength(dst, start)
}

// isUnsent says of a field that gob leaves it out.
func isUnsent(f reflect.Value) bool {
	switch {
	case f.CanFloat():
		return f.Float() == 0 // the negative zero is one, too
	case f.CanComplex():
		return f.Complex() == 0
	case f.Kind() == reflect.Slice:
		return f.Len() == 0
	}
	return f.IsZero()
}

func appendField(dst []byte, f reflect.Value) []byte {
	switch {
	case f.Kind() == reflect.Bool:
		return append(dst, 1)
	case f.CanInt():
		n := f.Int()
		return appendUint(dst, uint64(n)<<1^uint64(n>>63))
	case f.CanUint():
		return appendUint(dst, f.Uint())
	case f.CanFloat():
		return appendFloat(dst, f.Float())
	case f.CanComplex():
		n := f.Complex()
		return appendFloat(appendFloat(dst, real(n)), imag(n))
	case f.Kind() == reflect.String:
		dst = appendUint(dst, uint64(f.Len()))
		return append(dst, f.String()...)
	}
	dst = appendUint(dst, uint64(f.Len()))
	return append(dst, f.Bytes()...)
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
			local = append(local, f.Index[0])
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
	outer := cursor{b: message}
	c := outer.message()
	if !bytes.Equal(c.take(uint64(len(typeID))), typeID) {
		return false
	}
	field := -1
	for {
		delta := c.uint()
		if delta == 0 {
			return !c.bad && len(c.b) == 0
		}
		if delta > uint64(len(fs)-1-field) {
			return false
		}
		field += int(delta)
		if !c.field(target.Field(fs[field])) {
			return false
		}
	}
}

// field reads one field of a flat struct.
func (c *cursor) field(f reflect.Value) bool {
	switch {
	case f.Kind() == reflect.Bool:
		f.SetBool(c.uint() != 0)
	case f.CanInt():
		n := c.int()
		if f.OverflowInt(n) {
			return false
		}
		f.SetInt(n)
	case f.CanUint():
		n := c.uint()
		if f.OverflowUint(n) {
			return false
		}
		f.SetUint(n)
	case f.CanFloat():
		n := c.float()
		if f.OverflowFloat(n) {
			return false
		}
		f.SetFloat(n)
	case f.CanComplex():
		re := c.float()
		n := complex(re, c.float())
		if f.OverflowComplex(n) {
			return false
		}
		f.SetComplex(n)
	case f.Kind() == reflect.String:
		f.SetString(string(c.take(c.uint())))
	default:
		f.SetBytes(append([]byte(nil), c.take(c.uint())...))
	}
	return !c.bad
}

// float reads a number whose bytes come in reverse, so that trailing zeros are
// left out.
func (c *cursor) float() float64 { return math.Float64frombits(bits.ReverseBytes64(c.uint())) }

// appendFloat appends a number as float reads it.
func appendFloat(dst []byte, v float64) []byte {
	return appendUint(dst, bits.ReverseBytes64(math.Float64bits(v)))
}

// appendUint appends an unsigned number as cursor.uint reads it.
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
