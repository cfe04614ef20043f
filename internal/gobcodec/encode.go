package gobcodec

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// Append appends v to dst as a fresh gob encoder writes it, and returns the
// extended slice, or dst and why v can't be encoded: it is nil, a nil pointer,
// of a type gob does not take (channels, functions, structs without exported
// fields), or its own encoding method failed or panicked. A pointer is encoded
// as what it points to.
func Append(dst []byte, v any) ([]byte, error) {
	return AppendValue(dst, reflect.ValueOf(v))
}

// AppendValue is Append for a reflect.Value.
func AppendValue(dst []byte, v reflect.Value) ([]byte, error) {
	if !v.IsValid() {
		return dst, errors.New("can't encode nil: pass a value")
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return dst, fmt.Errorf("can't encode a nil %s: pass a pointer to a value", v.Type())
	}
	return Of(v.Type()).Append(dst, v)
}

// Append is AppendValue for a value of the type of c, which must not be a nil
// pointer.
func (c *Codec) Append(dst []byte, v reflect.Value) ([]byte, error) {
	if c.text != 0 {
		return appendText(dst, c.text, v), nil
	}
	if !c.dynamic {
		if h := c.head.Load(); h != nil && h.root != nil {
			if out := h.append(dst, v); out != nil {
				return out, nil
			}
		}
		if e, ok := c.encoders.Get().(*encoder); ok {
			return c.appendPrimed(dst, e, v)
		}
	}
	e := new(encoder)
	e.gob = gob.NewEncoder(e)
	out, err := e.append(dst, v)
	if err != nil {
		return dst, err
	}
	if !c.dynamic {
		c.learnEncoder(e, out[len(dst):])
	}
	return out, nil
}

// appendPrimed appends v by an encoder that has sent the definitions.
func (c *Codec) appendPrimed(dst []byte, e *encoder, v reflect.Value) ([]byte, error) {
	prefix := c.head.Load().prefix
	out, err := e.append(append(dst, prefix...), v)
	if err != nil {
		return dst, err
	}
	if len(out)-len(dst)-len(prefix) <= pooledBytesMax {
		c.encoders.Put(e)
	}
	return out, nil
}

// learnEncoder keeps what is to be known of the type, and e, unless its first value, which is
// in written, has made it large.
func (c *Codec) learnEncoder(e *encoder, written []byte) {
	prefix, value, ok := split(written)
	if !ok || len(prefix)+len(value) != len(written) {
		return
	}
	if c.head.Load() == nil {
		// Type ids are fixed within a process, so all who get here agree.
		c.head.CompareAndSwap(nil, newHead(prefix, value, c.local))
	}
	if len(value) <= pooledBytesMax {
		c.encoders.Put(e)
	}
}

// head is what the messages of a local type begin with.
type head struct {
	prefix []byte // the definitions
	value  []byte // the same, room for the length of a value in one byte, its type id
	root   *plan  // of a value; nil if only encoding/gob can write such
}

// newHead returns the head of messages like this: prefix, and the message of a value of
// type t.
func newHead(prefix, value []byte, t reflect.Type) *head {
	outer := cursor{b: value}
	message := outer.message()
	fields := message
	fields.typeID()
	h := &head{prefix: bytes.Clone(prefix)}
	h.value = append(bytes.Clone(prefix), 0)
	h.value = append(h.value, message.b[:fields.at]...)
	k := checker{max: unpayable}
	root, _, err := k.check(slices.Concat(prefix, value), t)
	if traits := k.planner.traits; err == nil && !traits.foreign && !traits.skips {
		h.root = root
	}
	return h
}

// encoder is a gob encoder with the buffer it writes to.
type encoder struct {
	gob *gob.Encoder
	out []byte
}

// Write implements io.Writer for the gob encoder.
func (e *encoder) Write(p []byte) (int, error) {
	e.out = pieces.Append(e.out, p)
	return len(p), nil
}

// append appends what the gob encoder writes for v. After an error e must be dropped.
func (e *encoder) append(dst []byte, v reflect.Value) (out []byte, err error) {
	defer func() {
		e.out = nil // the caller's; a pooled encoder must not hold it
		if p := recover(); p != nil {
			out, err = dst, fmt.Errorf("can't encode a %s: panic: %v", v.Type(), p)
		}
	}()
	e.out = dst
	if err := e.gob.EncodeValue(v); err != nil {
		return dst, fmt.Errorf("can't encode a %s: %w", v.Type(), err)
	}
	return e.out, nil
}
