package gobcodec

import (
	"fmt"
	"reflect"
)

const (
	// smallBytes is the size up to which values are encoded without charge.
	smallBytes = 4 << 10
	// gateBytes is the size of an encoding from which it is work for the gate.
	gateBytes = 64 << 10
)

// Gate lets in few at a time who do work that peers can make large: see package bulk.
type Gate interface {
	Enter(peer string)
	Leave()
}

// TooLongError says that a value was not encoded, since it would take more bytes than
// the limit.
type TooLongError struct {
	Bytes int64 // it would take so many or more
	Max   int64 // the limit
}

// Error implements error.
func (e *TooLongError) Error() string {
	return fmt.Sprintf("it has %d bytes or more, and %d are the most", e.Bytes, e.Max)
}

// AppendCharged is Append for a value that only its caller refers to from now on, so
// that its memory is the caller's to pay for. Before anything is allocated it charges
// to charger what the value takes and what it takes to encode it; a small one costs
// nothing. If charger returns an error that is the end, and AppendCharged returns it in
// a [ChargeError]. One whose encoding has more than max bytes for certain is a
// [TooLongError], but not every one that has.
//
// The bytes that are charged add up, as those of DecodeCharged do. A nil charger is Append.
//
// Large values are encoded in gate, unless that is nil, because of peer: so their buffers
// are few, and others have their share of the processors. Types whose encoding runs code of
// the program are not, as that might wait for who is behind it there.
func (c *Codec) AppendCharged(dst []byte, v reflect.Value, max int64, charger Charger, gate Gate, peer string) ([]byte, error) {
	if charger == nil || c.small {
		return c.Append(dst, v)
	}
	m := sizing{max: max}
	m.part(v)
	encoding := min(m.most, max)
	if h := c.head.Load(); c.text == 0 && (h == nil || h.root == nil) {
		encoding *= 2 // encoding/gob writes all of it to a buffer of its own before we have it
	}
	switch {
	case m.least > max:
		return dst, &TooLongError{Bytes: m.least, Max: max}
	case m.memory+encoding <= smallBytes:
		return c.Append(dst, v)
	}
	if err := charger.Charge(m.memory); err != nil {
		return dst, &ChargeError{err}
	}
	if m.most >= gateBytes && gate != nil && !c.userCode {
		gate.Enter(peer)
		defer gate.Leave()
	}
	if err := charger.Charge(encoding); err != nil {
		return dst, &ChargeError{err}
	}
	return c.Append(dst, v)
}
