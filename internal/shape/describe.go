package shape

import (
	"encoding"
	"encoding/gob"
	"reflect"
	"time"
)

// nameBytesMax bounds the name of a type that is told: that of a generic type can be long.
const nameBytesMax = 100

// Describer makes a Listing.
type Describer struct {
	listing Listing
	known   map[reflect.Type]int
}

// Add describes one method, whose arguments and reply are of these types. Pointers make no
// difference. Methods are listed in the order in which they were added.
func (d *Describer) Add(name string, args, reply reflect.Type) {
	d.listing.Methods = append(d.listing.Methods, Method{name, d.index(args), d.index(reply)})
}

// Listing returns the description of all that was added, which is not to be changed.
func (d *Describer) Listing() *Listing {
	d.listing.Version = Version
	return &d.listing
}

// index returns where t is in the table.
func (d *Describer) index(t reflect.Type) int {
	if i, ok := d.known[t]; ok {
		return i
	}
	if d.known == nil {
		d.known = make(map[reflect.Type]int)
	}
	i := len(d.listing.Types)
	d.known[t] = i // before what it holds, which may be itself
	d.listing.Types = append(d.listing.Types, Type{})
	described := d.describe(t)
	d.listing.Types[i] = described
	return i
}

func (d *Describer) describe(t reflect.Type) Type {
	described := Type{Kind: kindOf(t)}
	if t.PkgPath() != "" {
		if described.Name = t.String(); len(described.Name) > nameBytesMax {
			described.Name = described.Name[:nameBytesMax]
		}
	}
	switch described.Kind {
	case Map:
		described.Key, described.Elem = d.index(t.Key()), d.index(t.Elem())
	case Array:
		described.Len, described.Elem = t.Len(), d.index(t.Elem())
	case Slice, Pointer:
		described.Elem = d.index(t.Elem())
	case Struct:
		for i := range t.NumField() {
			if f := t.Field(i); isSent(f) {
				described.Fields = append(described.Fields, Field{f.Name, d.index(f.Type)})
			}
		}
	}
	return described
}

// isSent says whether gob carries a field.
func isSent(f reflect.StructField) bool {
	if !f.IsExported() {
		return false
	}
	t := f.Type
	for n := 0; t.Kind() == reflect.Pointer && n < indirectionsMax; n++ {
		t = t.Elem()
	}
	return t.Kind() != reflect.Chan && t.Kind() != reflect.Func
}

var (
	timeType      = reflect.TypeFor[time.Time]()
	gobType       = reflect.TypeFor[gob.GobEncoder]()
	marshalerType = reflect.TypeFor[encoding.BinaryMarshaler]()
)

func kindOf(t reflect.Type) Kind {
	switch {
	case t == timeType:
		return Time
	case t.Kind() == reflect.Interface:
		return Interface
	case t.Kind() == reflect.Pointer: // what it points to tells the rest
		return Pointer
	case reflect.PointerTo(t).Implements(gobType): // as t does, then
		return Gob
	case reflect.PointerTo(t).Implements(marshalerType):
		return Binary
	}
	switch t.Kind() {
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return Bytes
		}
		return Slice
	case reflect.Chan, reflect.Func, reflect.UnsafePointer, reflect.Invalid:
		return Unknown
	}
	return Kind(t.Kind().String()) // array, map and struct too
}
