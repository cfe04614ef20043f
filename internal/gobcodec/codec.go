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
	// small says that no value, or what it points to, takes more than smallBytes, encoding
	// included.
	small bool
	// userCode says that to encode or decode a value may run code of the program: the type holds
	// an interface, or a type that encodes itself.
	userCode bool
	// dynamic says that the type holds an interface: nothing below is used.
	dynamic bool
	// text is gob's id of a string or bytes, else 0: no encoders are used.
	text int32

	// encoders holds primed encoders; they have sent the definitions of head.
	encoders sync.Pool
	head     atomic.Pointer[head]

	// decoders finds primed decoders by the exact definitions they have read.
	// The map is replaced, never changed, so that readers need no lock.
	decoders atomic.Pointer[map[string]*primed]
	learning sync.Mutex // held to replace decoders
	// latest is the one of decoders by whose plan a value was read last: most
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
	return codecs.LoadOrStore(t, &Codec{
		local: t, text: textID(t), small: isSmall(t),
		dynamic:  holds(t, isInterface, make(map[reflect.Type]bool)),
		userCode: holds(t, mayRunUserCode, make(map[reflect.Type]bool)),
	})
}

// RunsUserCode says whether to encode or to decode a value may run code of the program:
// the type holds an interface, or a type that encodes itself. Such code may wait.
func (c *Codec) RunsUserCode() bool { return c.userCode }

// isSmall says whether values of t, or of what it points to, are all small.
func isSmall(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	known := traitsOf(t)
	return !known.opaque && !known.pointers && int64(t.Size())+2*known.most <= smallBytes
}

func isInterface(t reflect.Type) bool { return t.Kind() == reflect.Interface }

func mayRunUserCode(t reflect.Type) bool { return isInterface(t) || encodesItself(t) }

// holds says whether t is, or holds where gob would look, a type with a property. It
// also looks inside types that encode themselves, which gob does not: that costs speed,
// never correctness. Types in seen are taken to have been looked at.
func holds(t reflect.Type, property func(reflect.Type) bool, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	if property(t) {
		return true
	}
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array:
		return holds(t.Elem(), property, seen)
	case reflect.Map:
		return holds(t.Key(), property, seen) || holds(t.Elem(), property, seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if f := t.Field(i); f.IsExported() && holds(f.Type, property, seen) {
				return true
			}
		}
	}
	return false
}
