package gobcodec

import (
	"reflect"
	"time"
)

// RunsMethods says whether to decode a value may run methods of the program, as those of
// types that decode themselves are. They may do anything, such as wait.
func (c *Codec) RunsMethods() bool { return c.foreign }

// isForeign says whether t is or holds a type that brings an encoding of its own, or
// an interface, in which there may be one. Types in seen are taken as not foreign.
func isForeign(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || t == reflect.TypeFor[time.Time]() {
		return false
	}
	seen[t] = true
	if encodesItself(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return isForeign(t.Elem(), seen)
	case reflect.Map:
		return isForeign(t.Key(), seen) || isForeign(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && isForeign(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
