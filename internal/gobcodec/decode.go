package gobcodec

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"sync"
)

// Errors of Decode that say who is at fault: test for them with errors.Is.
var (
	// ErrMalformed means that the bytes hold no whole gob value.
	ErrMalformed = errors.New("not a whole gob value")
	// ErrRefused means that the bytes ask for more memory, time or stack than
	// their length justifies, or define types in a way no encoder does: a count
	// that exceeds the bytes left, nesting beyond 1,000 levels, more than 1,024
	// or 64 KiB of definitions. encoding/gob alone would try, and could take the
	// process down. Types that hold an interface are not checked this way.
	ErrRefused = errors.New("gob value refused")
)

// errNoDecoder says that a pool is empty.
var errNoDecoder = errors.New("no primed decoder")

// Decode sets what v points to, as a fresh gob decoder would set a zero value of
// that type from data; nothing that was there before remains. Bytes behind the
// first value are ignored. After an error the target holds any mixture of what was decoded and
// zeroes. v must be a pointer and not nil.
func Decode(data []byte, v any) error {
	return DecodeValue(data, reflect.ValueOf(v))
}

// DecodeValue is Decode for a reflect.Value that holds a pointer.
func DecodeValue(data []byte, v reflect.Value) error {
	if !v.IsValid() || v.Kind() != reflect.Pointer || v.IsNil() || !v.Elem().CanSet() {
		return errors.New("can't decode into nil, a value or an unexported field: pass a pointer")
	}
	target := v.Elem()
	target.SetZero()
	return Of(target.Type()).Decode(data, target)
}

// Decode is DecodeValue for a target of the type of c that can be set and is zero.
func (c *Codec) Decode(data []byte, target reflect.Value) error {
	if c.dynamic {
		return newDecoder().decode(data, target.Addr())
	}
	if p := c.latest.Load(); p != nil && bytes.HasPrefix(data, p.prefix) {
		if p.flat.decode(data[len(p.prefix):], p.typeID, target) {
			return nil
		}
		target.SetZero()
	}
	prefix, value, ok := split(data)
	if !ok {
		return ErrMalformed
	}
	if p := c.primed(prefix); p != nil {
		if p.flat != nil {
			c.latest.Store(p)
			if p.flat.decode(value, p.typeID, target) {
				return nil
			}
			target.SetZero()
		}
		if p.decode(value, target.Addr()) == nil {
			return nil
		}
		target.SetZero()
	}
	return c.decodeAfresh(data, prefix, value, target)
}

// decodeAfresh decodes data, which is prefix and value, and learns from it.
func (c *Codec) decodeAfresh(data, prefix, value []byte, target reflect.Value) error {
	types, err := check(data)
	if err != nil {
		return err
	}
	d := newDecoder()
	if err := d.decode(data, target.Addr()); err != nil {
		return err
	}
	if len(prefix) <= prefixBytesMax && !types.hasInterface() {
		c.learnDecoder(d, target.Type(), types, prefix, value)
	}
	return nil
}

// primed is what is kept for one local type and one run of definitions.
type primed struct {
	prefix   []byte // the definitions
	types    definitions
	flat     flat   // if such values can be read field by field
	typeID   []byte // in front of those
	decoders sync.Pool
}

// decode decodes a value whose definitions a pooled decoder has read. There may
// be no such decoder left: that is an error too, and the caller starts afresh.
func (p *primed) decode(value []byte, v reflect.Value) error {
	if err := p.types.checkValue(value); err != nil {
		return err
	}
	d, ok := p.decoders.Get().(*decoder)
	if !ok {
		return errNoDecoder
	}
	if err := d.decode(value, v); err != nil {
		return err
	}
	p.keep(d, len(value))
	return nil
}

// keep pools d, which has decoded a value of n bytes without an error.
func (p *primed) keep(d *decoder, n int) {
	if n <= pooledBytesMax {
		p.decoders.Put(d)
	}
}

// primed returns what is known of prefix, or nil.
func (c *Codec) primed(prefix []byte) *primed {
	known := c.decoders.Load()
	if known == nil {
		return nil
	}
	return (*known)[string(prefix)]
}

// learnDecoder keeps d, which has read prefix and value without an error.
func (c *Codec) learnDecoder(d *decoder, t reflect.Type, types definitions, prefix, value []byte) {
	c.learning.Lock()
	defer c.learning.Unlock()
	p := c.primed(prefix)
	if p == nil {
		p = &primed{prefix: bytes.Clone(prefix), types: types}
		p.flat, p.typeID = c.flat.readAs(t, prefix)
		c.remember(prefix, p)
	}
	p.keep(d, len(value))
}

// remember adds p to the decoders of c, in place of another if there is no room.
func (c *Codec) remember(prefix []byte, p *primed) {
	next := make(map[string]*primed, 1)
	if known := c.decoders.Load(); known != nil {
		next = maps.Clone(*known)
	}
	for other := range next {
		if len(next) < prefixesMax {
			break
		}
		delete(next, other)
	}
	next[string(prefix)] = p
	c.decoders.Store(&next)
}

// decoder is a gob decoder with the bytes it reads from.
type decoder struct {
	gob *gob.Decoder
	in  []byte
}

func newDecoder() *decoder {
	d := new(decoder)
	d.gob = gob.NewDecoder(d)
	return d
}

// Read implements io.Reader for the gob decoder.
func (d *decoder) Read(p []byte) (int, error) {
	if len(d.in) == 0 && len(p) > 0 {
		return 0, io.EOF
	}
	n := copy(p, d.in)
	d.in = d.in[n:]
	return n, nil
}

// ReadByte implements io.ByteReader: a gob decoder that has it does not read
// ahead.
func (d *decoder) ReadByte() (byte, error) {
	if len(d.in) == 0 {
		return 0, io.EOF
	}
	b := d.in[0]
	d.in = d.in[1:]
	return b, nil
}

// decode decodes one value from data. After an error d must be dropped.
func (d *decoder) decode(data []byte, v reflect.Value) (err error) {
	defer func() {
		d.in = nil // the caller's; a pooled decoder must not hold it
		if p := recover(); p != nil {
			err = fmt.Errorf("can't decode a %s: panic: %v", v.Type().Elem(), p)
		}
	}()
	d.in = data
	if err := d.gob.DecodeValue(v); err != nil {
		return fmt.Errorf("can't decode a %s: %w", v.Type().Elem(), err)
	}
	return nil
}
