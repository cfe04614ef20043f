package gobcodec

import (
	"reflect"
	"sync"
	"sync/atomic"
)

// codec is what the process keeps for one local type.
type codec struct {
	// dynamic says that the type holds an interface: nothing below is used.
	dynamic bool

	// encoders holds primed encoders; they have sent prefix.
	encoders sync.Pool
	prefix   atomic.Pointer[[]byte]

	// decoders finds primed decoders by the exact definitions they have read.
	// The map is replaced, never changed, so that readers need no lock.
	decoders atomic.Pointer[map[string]*primed]
	learning sync.Mutex // held to replace decoders
}

// codecs maps a reflect.Type to its *codec. The program's own types bound it.
var codecs sync.Map

// codecOf returns the codec of t, which must not be nil.
func codecOf(t reflect.Type) *codec {
	if c, ok := codecs.Load(t); ok {
		return c.(*codec)
	}
	c, _ := codecs.LoadOrStore(t, &codec{dynamic: isDynamic(t, make(map[reflect.Type]bool))})
	return c.(*codec)
}

// isDynamic says whether t is or holds an interface that gob would look into.
// It also says so of interfaces inside types that encode themselves, which gob
// does not look into: that costs speed there, never correctness. Types in seen
// are taken as not dynamic.
func isDynamic(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return isDynamic(t.Elem(), seen)
	case reflect.Map:
		return isDynamic(t.Key(), seen) || isDynamic(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && isDynamic(f.Type, seen) {
				return true
			}
		}
	}
	return false
}
