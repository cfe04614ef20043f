package gobcodec

import (
	"math/bits"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// Strings and bytes that are not part of anything need no definitions, and are written
// without encoding/gob, which copies them once more.

// textID returns gob's id of t, a string or bytes, or of what t points to; else 0.
func textID(t reflect.Type) int32 {
	if t.Kind() == reflect.Pointer && !encodesItself(t) {
		t = t.Elem()
	}
	id := basicID(t)
	if id != idString && id != idBytes || encodesItself(t) || id == idBytes && t.Elem() != reflect.TypeFor[byte]() {
		return 0
	}
	return id
}

// appendText appends the message of v, whose type has the id that textID returns: its
// length, the type, a zero, and the text with its own length.
func appendText(dst []byte, id int32, v reflect.Value) []byte {
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	n := uint64(v.Len())
	dst = pieces.Grow(dst, v.Len()+2*uintBytes(n)+4)
	dst = appendUint(dst, uint64(2+uintBytes(n))+n)
	dst = append(dst, byte(id)<<1, 0)
	dst = appendUint(dst, n)
	if id == idString {
		return pieces.Append(dst, v.String())
	}
	return pieces.Append(dst, v.Bytes())
}

// uintBytes returns how many bytes appendUint appends.
func uintBytes(v uint64) int {
	if v < 128 {
		return 1
	}
	return 1 + (bits.Len64(v)+7)/8
}
