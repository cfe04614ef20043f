package gobcodec

import (
	"errors"
	"fmt"
	"reflect"
)

// TooLargeError says that a value was not decoded, since that would allocate more
// memory than the limit. It is an ErrRefused.
type TooLargeError struct {
	Bytes int64 // it would take so much or more: the count ends at the limit
	Max   int64 // the limit, or what was left of it
}

// Error implements error.
func (e *TooLargeError) Error() string {
	return fmt.Sprintf("gob value refused: decoded it would take %d bytes or more, of at most %d", e.Bytes, e.Max)
}

// Unwrap returns ErrRefused.
func (e *TooLargeError) Unwrap() error { return ErrRefused }

// errTooLarge ends a check; the caller makes a TooLargeError of it.
var errTooLarge = errors.New("too large")

// DecodeMax is Decode, but fails with a [TooLargeError], and has allocated next to
// nothing, if decoding would allocate more than max bytes. See [Codec.Cost] for
// what is counted.
func (c *Codec) DecodeMax(data []byte, target reflect.Value, max int64) error {
	return c.decode(data, target, &budget{max: max})
}

// Charger is who pays for what is decoded.
type Charger interface {
	// Charge counts bytes that are about to be allocated, or returns an error: then
	// they will not be.
	Charge(bytes int64) error
}

// ChargeError says that a value was not decoded, since nobody pays for it.
type ChargeError struct {
	Err error // of the Charger
}

// Error implements error.
func (e *ChargeError) Error() string { return e.Err.Error() }

// Unwrap returns the error of the Charger.
func (e *ChargeError) Unwrap() error { return e.Err }

// DecodeCharged is DecodeMax, but also charges the bytes that it is about to allocate
// to charger, unless that is nil, before it does. If that returns an error it is the
// end, and DecodeCharged returns it in a [ChargeError]. charger may be asked several
// times or never; the bytes add up, and are not given back if decoding fails.
func (c *Codec) DecodeCharged(data []byte, target reflect.Value, max int64, charger Charger) error {
	return c.decode(data, target, &budget{max: max, charger: charger})
}

// Cost returns how many bytes Decode allocates at most to decode data into a zero
// value of the type of c: those that the value consists of, the target itself
// excepted, and all that are garbage by the end. So the heap does not grow by more
// while Decode runs. Its errors are those of Decode that are found before anything
// is decoded.
//
// Cost itself allocates nothing if the definitions are known, and less than it returns
// if they are new, as those of a type that holds an interface always are.
//
// On 64-bit platforms the cost of a value whose definitions are known is at most 1 KiB
// more than twice what is allocated, and for nine in ten of those of some KiB within a third
// of it: a small one with slices or pointers costs 1 KiB. What can't
// be known is counted by these bounds:
//   - A type that decodes itself is taken to allocate 64 bytes and four times the bytes
//     it is given. It may allocate more: that is the one way to exceed the cost.
//   - Keys of a map that are equal are counted as if they were not.
//   - A map of over 896 entries has several tables, and the map's own random seed decides
//     which of them overflow. As many are counted as do once in 1e9, which is at most
//     three times what is taken if none does.
//   - Definitions that are new cost 8 KiB and what they are made of, up to three times what
//     a decoder allocates to read and compile them. If it fails halfway, all is counted.
//
// Not included are the stack, whose use depthMax bounds; what the heap loses between
// objects; what is done once for each type of this program; and the 128 bytes for each
// processor that a pool of decoders takes anew after a garbage collection.
func (c *Codec) Cost(data []byte) (bytes int64, err error) {
	prefix, value, ok := split(data)
	if !ok {
		return 0, ErrMalformed
	}
	b := budget{max: unpayable}
	if p := c.primed(prefix); p != nil {
		if !p.traits.foreign {
			if body, ok := p.bodyOf(value); ok {
				bytes, done, err := p.ownCost(body, &b)
				if done || err != nil {
					return bytes, err
				}
				b.taken = bytes
			}
		}
		if d, ok := p.decoders.Get().(*decoder); ok {
			k := checker{max: b.left()}
			err := k.checkValue(value, p.id, p.root, d.states)
			p.decoders.Put(d)
			if err != errNoDecoder {
				err = b.pay(&k, err)
				return b.taken, err
			}
		}
	}
	k := checker{max: b.left()}
	_, _, err = k.check(data, c.local)
	if err == nil && c.learns(prefix, &k) {
		err = k.learn(c, prefix)
	}
	if err = b.pay(&k, err); err == errMismatch {
		err = &decodeError{c.local, err}
	}
	return b.taken, err
}

// budget is what may be allocated to decode a value.
type budget struct {
	max     int64
	taken   int64
	charger Charger // nil if nobody wants to know
}

// left returns what may still be allocated.
func (b *budget) left() int64 { return min(b.max, unpayable) - b.taken }

// take takes n bytes, or says why it can't.
func (b *budget) take(n int64) error {
	if n == 0 {
		return nil
	}
	if n > b.left() {
		return &TooLargeError{Bytes: n, Max: b.left()}
	}
	b.taken += n
	if b.charger != nil {
		if err := b.charger.Charge(n); err != nil {
			return &ChargeError{err}
		}
	}
	return nil
}

// pay takes what a check has added up, unless it ended with an error.
func (b *budget) pay(k *checker, err error) error {
	switch err {
	case nil:
		return b.take(k.bytes)
	case errTooLarge:
		return &TooLargeError{Bytes: k.bytes, Max: k.max}
	}
	return err
}
