package gobcodec

import (
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/pertype"
)

// sizing adds up what a Go value takes in memory and what it will take when it is
// encoded, as far as that can be told without encoding it. What is referred to twice
// counts twice, as it is encoded twice. Maps count their entries alone. Of a type that
// encodes itself nobody knows what it refers to: it counts what it has inline.
type sizing struct {
	memory int64 // bytes
	// least and most bound the bytes of the encoding, without definitions. Most leaves
	// out what tells fields apart.
	least, most int64
	max         int64 // the walk ends when least is over it
}

// traits is what a sizing has to know of a type.
type traits struct {
	opaque   bool  // it encodes itself
	pointers bool  // it may refer to something
	most     int64 // bytes of encoding of what a value has inline
	fields   []int // of a struct: those that are sent and may refer to something
}

// traitsOfTypes is bounded by the program's own types.
var traitsOfTypes pertype.Map[traits]

func traitsOf(t reflect.Type) traits {
	if known, ok := traitsOfTypes.Load(t); ok {
		return known
	}
	found := traits{opaque: encodesItself(t), pointers: hasPointers(t), most: inlineMost(t)}
	if t.Kind() == reflect.Struct {
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && hasPointers(f.Type) {
				found.fields = append(found.fields, i)
			}
		}
	}
	return traitsOfTypes.LoadOrStore(t, found)
}

// inlineMost returns how many bytes of encoding what a value of type t has inline
// comes to.
func inlineMost(t reflect.Type) int64 {
	switch t.Kind() {
	case reflect.Array:
		return int64(t.Len()) * inlineMost(t.Elem())
	case reflect.Struct:
		n := int64(1) // the end of the fields
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() {
				n += inlineMost(f.Type)
			}
		}
		return n
	}
	switch basicID(t) {
	case idInt, idUint, idFloat, idComplex:
		return int64(t.Size()) + 1
	}
	return 1 // a boolean, or the length of what is elsewhere
}

// part counts what v, any part of a value, refers to.
func (m *sizing) part(v reflect.Value) {
	if !v.IsValid() || m.least > m.max {
		return
	}
	known := traitsOf(v.Type())
	if known.opaque || !known.pointers {
		return
	}
	switch v.Kind() {
	case reflect.String:
		m.text(v.Len())
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			m.text(v.Len())
			return
		}
		m.inline(v.Type().Elem(), v.Len())
		m.elements(v)
	case reflect.Array:
		m.elements(v)
	case reflect.Map:
		m.entries(v)
	case reflect.Pointer, reflect.Interface:
		if e := v.Elem(); e.IsValid() {
			m.inline(e.Type(), 1)
			m.part(e)
		}
	case reflect.Struct:
		for _, i := range known.fields {
			m.part(v.Field(i))
		}
	}
}

// text counts a string or bytes.
func (m *sizing) text(n int) {
	m.memory, m.least, m.most = m.memory+int64(n), m.least+int64(n), m.most+int64(n)
}

// inline counts what n values of type t have inline.
func (m *sizing) inline(t reflect.Type, n int) {
	m.memory += int64(n) * int64(t.Size())
	m.most += int64(n) * traitsOf(t).most
}

// elements counts the elements of v, an array or a slice, each of which is a byte at
// least, and what they refer to.
func (m *sizing) elements(v reflect.Value) {
	if v.Kind() == reflect.Slice { // an array that is all zero may be left out
		m.least += int64(v.Len())
	}
	if known := traitsOf(v.Type().Elem()); known.opaque || !known.pointers {
		return
	}
	for i := 0; i < v.Len() && m.least <= m.max; i++ {
		m.part(v.Index(i))
	}
}

// entries counts those of v, a map, likewise.
func (m *sizing) entries(v reflect.Value) {
	key, value := v.Type().Key(), v.Type().Elem()
	m.inline(key, v.Len())
	m.inline(value, v.Len())
	m.least += 2 * int64(v.Len())
	if !traitsOf(key).pointers && !traitsOf(value).pointers {
		return
	}
	for entries := v.MapRange(); entries.Next() && m.least <= m.max; {
		m.part(entries.Key())
		m.part(entries.Value())
	}
}
