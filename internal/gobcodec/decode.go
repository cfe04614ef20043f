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
	// that exceeds the bytes left, nesting beyond 1,000 levels (an interface is
	// one), more than 1,024 or 64 KiB of definitions, or such as take more than
	// 16 MiB to compile, a field that is set twice, an array of more than 64 Ki
	// elements in an interface. encoding/gob alone would try, and could take the
	// process down. So is a value of a type by which gob describes types, which it
	// would read into structs. A [TooLargeError] is one, too.
	ErrRefused = errors.New("gob value refused")
)

// errNoDecoder says that a value needs a new decoder.
var errNoDecoder = errors.New("no primed decoder")

// Decode sets what v points to, as a fresh gob decoder would set a zero value of
// that type from data; nothing that was there before remains. Bytes behind the
// first value are ignored. After an error the target holds any mixture of what was
// decoded and zeroes. v must be a pointer and not nil. Nothing limits what the value
// may occupy: use [DecodeMax] for bytes that are not trusted.
func Decode(data []byte, v any) error {
	return DecodeValue(data, reflect.ValueOf(v))
}

// DecodeMax is Decode for a value for which at most max bytes are to be
// allocated: see [Codec.DecodeMax].
func DecodeMax(data []byte, v any, max int64) error {
	target, err := targetOf(reflect.ValueOf(v))
	if err != nil {
		return err
	}
	return Of(target.Type()).DecodeMax(data, target, max)
}

// DecodeValue is Decode for a reflect.Value that holds a pointer.
func DecodeValue(data []byte, v reflect.Value) error {
	target, err := targetOf(v)
	if err != nil {
		return err
	}
	return Of(target.Type()).Decode(data, target)
}

// targetOf returns what v points to, set to zero.
func targetOf(v reflect.Value) (reflect.Value, error) {
	if !v.IsValid() || v.Kind() != reflect.Pointer || v.IsNil() || !v.Elem().CanSet() {
		return v, errors.New("can't decode into nil, a value or an unexported field: pass a pointer")
	}
	target := v.Elem()
	target.SetZero()
	return target, nil
}

// Decode is DecodeValue for a target of the type of c that can be set and is zero.
func (c *Codec) Decode(data []byte, target reflect.Value) error {
	return c.decode(data, target, &budget{max: unpayable})
}

// decode is Decode within a budget.
func (c *Codec) decode(data []byte, target reflect.Value, b *budget) error {
	if p := c.latest.Load(); p != nil && bytes.HasPrefix(data, p.prefix) {
		if done, err := p.read(data[len(p.prefix):], target, b); done {
			return err
		}
	}
	prefix, value, ok := split(data)
	if !ok {
		return ErrMalformed
	}
	if p := c.primed(prefix); p != nil {
		if !p.traits.foreign {
			c.latest.Store(p)
			if done, err := p.read(value, target, b); done {
				return err
			}
		}
		if err := p.decode(value, target.Addr(), b); err != errNoDecoder {
			return err
		}
	}
	return c.decodeAfresh(data, prefix, value, target, b)
}

// decodeAfresh decodes data, which is prefix and value, and learns from it.
func (c *Codec) decodeAfresh(data, prefix, value []byte, target reflect.Value, b *budget) error {
	k := checker{max: b.left()}
	root, id, err := k.check(data, target.Type())
	learns := err == nil && c.learns(prefix, &k)
	if learns {
		err = k.learn(c, prefix)
	}
	if err := b.pay(&k, err); err == errMismatch {
		return &decodeError{target.Type(), err}
	} else if err != nil {
		return err
	}
	d := newDecoder()
	if err := d.decode(data, target.Addr()); err != nil {
		return err
	}
	if learns {
		d.states = k.deepest
		c.learnDecoder(d, &primed{prefix: bytes.Clone(prefix), id: id, root: root, traits: k.planner.traits, typeID: appendInt(nil, int64(id))}, len(value))
	}
	return nil
}

// learns says whether the decoder of a value behind prefix, which k has read, is kept.
func (c *Codec) learns(prefix []byte, k *checker) bool {
	return !c.dynamic && len(prefix) <= prefixBytesMax && !k.planner.types.hasInterface()
}

// primed is what is kept for one local type and one run of definitions.
type primed struct {
	prefix   []byte // the definitions
	id       int32  // the type of the value behind them
	root     *plan  // of such values
	traits   planTraits
	typeID   []byte // in front of those values
	decoders sync.Pool
}

// read reads a value by its plan. It reports false where encoding/gob has to look at it;
// the target is zero then.
func (p *primed) read(value []byte, target reflect.Value, b *budget) (done bool, err error) {
	body, ok := p.bodyOf(value)
	if !ok {
		return false, nil
	}
	if rough := p.roughCost(len(body)); rough <= roughMax && rough <= b.left() {
		if rough > 0 {
			if err := b.take(rough); err != nil {
				return true, err
			}
		}
		// Not a copy of a cursor: to copy what has just been written is slow.
		r := reader{cursor: cursor{b: body}, room: rough - baseBytes}
		if r.top(p.root, target); !r.bad {
			return true, nil
		}
		target.SetZero()
		if r.room >= 0 {
			return false, nil
		}
	}
	return p.readWalked(body, target, b)
}

// bodyOf returns what is behind the type id in the message of a value. It reports false if
// there is no such message, or the type is another one.
func (p *primed) bodyOf(value []byte) (body []byte, ok bool) {
	length, n := number(value)
	if n == 0 || length > uint64(len(value)-n) {
		return nil, false
	}
	return bytes.CutPrefix(value[n:][:length], p.typeID)
}

// readWalked is read for a value that is walked in advance.
func (p *primed) readWalked(body []byte, target reflect.Value, b *budget) (done bool, err error) {
	k := checker{max: b.left()}
	if done, err = k.checkOwn(body, p.root); !done {
		return false, nil
	}
	if err := b.pay(&k, err); err != nil {
		return true, err
	}
	r := reader{cursor: cursor{b: body}, room: k.bytes - baseBytes}
	if r.top(p.root, target); r.bad {
		target.SetZero()
	}
	return !r.bad, nil
}

const (
	// roughMax is the largest cost of a value for which its parts are not walked in advance:
	// it is read until so much is spent, if it comes to that.
	roughMax = 1 << 10
	// roughBytesMax is the size of a message that may hold such a value, unless it has slices
	// and the like, which take more than their bytes.
	roughBytesMax = 256
)

// roughCost returns what is taken for a value whose body has n bytes without looking at
// it; if that is more than roughMax, or not enough, it is to be looked at.
func (p *primed) roughCost(n int) int64 {
	switch {
	case p.traits.maps, p.traits.made && n > roughBytesMax:
		return roughMax + 1 // what maps take is known too roughly to be taken twice
	case p.traits.made:
		return roughMax
	case p.traits.texts:
		// No string takes more than twice its bytes, and then there is the block that is begun
		// for the first tiny one.
		return 2*int64(n) + tinyBlock + baseBytes
	}
	return 0 // it allocates nothing
}

// ownCost returns what read takes for the value with such a body, and whether it will read
// it.
func (p *primed) ownCost(body []byte, b *budget) (cost int64, done bool, err error) {
	k := checker{max: b.left()}
	done, err = k.checkOwn(body, p.root)
	if err != nil {
		return k.bytes, true, b.pay(&k, err)
	}
	cost = k.bytes
	if rough := p.roughCost(len(body)); rough <= roughMax {
		if cost <= rough || rough == 0 {
			return rough, done, nil
		}
		cost += rough
	}
	return cost, done, nil
}

// decode decodes a value by a pooled decoder that has read its definitions. If
// there is none left, or the value is of another type, it returns errNoDecoder
// and has left v alone.
func (p *primed) decode(value []byte, v reflect.Value, b *budget) error {
	d, ok := p.decoders.Get().(*decoder)
	if !ok {
		return errNoDecoder
	}
	k := checker{max: b.left()}
	if err := b.pay(&k, k.checkValue(value, p.id, p.root, d.states)); err != nil {
		p.decoders.Put(d) // it has read nothing
		return err
	}
	if err := d.decode(value, v); err != nil {
		return err
	}
	d.states = max(d.states, k.deepest)
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

// learnDecoder keeps d for what p says, unless there is such a primed already. d has read
// the definitions and a value of n bytes without an error.
func (c *Codec) learnDecoder(d *decoder, p *primed, n int) {
	c.learning.Lock()
	defer c.learning.Unlock()
	if known := c.primed(p.prefix); known != nil {
		p = known
	} else {
		c.remember(p.prefix, p)
	}
	p.keep(d, n)
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
	gob    *gob.Decoder
	in     []byte
	states int // the most structs that were open at once: it keeps a record of each
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
			err = &decodeError{v.Type().Elem(), fmt.Errorf("panic: %v", p)}
		}
	}()
	d.in = data
	if err := d.gob.DecodeValue(v); err != nil {
		return &decodeError{v.Type().Elem(), err}
	}
	return nil
}

// decodeError is an error of encoding/gob. Its text is made when somebody wants it:
// the name of a type can be long.
type decodeError struct {
	t   reflect.Type
	err error
}

// Error implements error.
func (e *decodeError) Error() string { return fmt.Sprintf("can't decode a %s: %v", e.t, e.err) }

// Unwrap returns the error of encoding/gob.
func (e *decodeError) Unwrap() error { return e.err }
