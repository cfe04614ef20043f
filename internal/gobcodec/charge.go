package gobcodec

import (
	"fmt"
	"reflect"
	"runtime"
)

const (
	// smallBytes is the size up to which values are encoded without charge.
	smallBytes = 4 << 10
	// turnBytes is the size of an encoding from which values wait for their turn.
	turnBytes = 64 << 10
)

// turns bounds how many large values are encoded at a time, in the whole process: as
// many as there are processors, so that their buffers, and they, are few, and others
// have their share of the processors. Types whose encoding runs code of the program
// don't wait, as that might wait for others.
var turns = make(chan struct{}, runtime.GOMAXPROCS(0))

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
// The bytes that are charged add up, as those of DecodeCharged do. Large values may wait
// for others to be encoded. A nil charger is Append.
func (c *Codec) AppendCharged(dst []byte, v reflect.Value, max int64, charger Charger) ([]byte, error) {
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
	if m.most >= turnBytes && !c.userCode {
		turns <- struct{}{}
		defer func() { <-turns }()
	}
	if err := charger.Charge(encoding); err != nil {
		return dst, &ChargeError{err}
	}
	return c.Append(dst, v)
}
