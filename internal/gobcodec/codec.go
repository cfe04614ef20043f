package gobcodec

import (
	"reflect"
	"sync"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/internal/pertype"
)

// Codec writes and reads the values of one type. There is one for each, and Of
// returns it. A caller that has many values of a type does well to keep it.
type Codec struct {
	local reflect.Type // the type
	// dynamic says that the type holds an interface: nothing below is used.
	dynamic bool
	// foreign says that decoding may run methods of the program.
	foreign bool
	// flat is not nil for structs that need neither encoders nor decoders once
	// their definitions are known.
	flat flat

	// encoders holds primed encoders; they have sent the definitions of head.
	encoders sync.Pool
	head     atomic.Pointer[head]

	// decoders finds primed decoders by the exact definitions they have read.
	// The map is replaced, never changed, so that readers need no lock.
	decoders atomic.Pointer[map[string]*primed]
	learning sync.Mutex // held to replace decoders
	// latest is the one of decoders by which a flat struct was read last: most
	// values come with the definitions of the one before.
	latest atomic.Pointer[primed]
}

// codecs is bounded by the program's own types.
var codecs pertype.Map[*Codec]

// Of returns the Codec of t, which must not be nil.
func Of(t reflect.Type) *Codec {
	if c, ok := codecs.Load(t); ok {
		return c
	}
	return codecs.LoadOrStore(t, &Codec{local: t, dynamic: isDynamic(t, make(map[reflect.Type]bool)), foreign: isForeign(t, make(map[reflect.Type]bool)), flat: flatOf(t)})
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
