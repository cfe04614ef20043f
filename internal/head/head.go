// Package head writes and reads what our nodes put into the head of a request or a
// reply: metadata, which is small pairs of strings, and the code of an error.
//
// In bytes it is: a version (1), the number of pairs, and for each pair the length of
// the key, the key, the length of the value (two bytes, big-endian) and the value; then
// the length of the code and the code. Keys rise strictly, so that one set of pairs has one
// form. A later version may append to it. Without pairs and code it is nothing.
package head

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"
)

const version = 1

// The bounds. A head within them has less than Limits.HeadBytesMax of bytes by default.
const (
	PairsMax     = 64      // pairs
	KeyBytesMax  = 64      // of one key, which has at least one, of a to z, 0 to 9, "-", "_" and "."
	ValueMax     = 1 << 10 // bytes of one value, which may be any
	PairBytesMax = 3 << 10 // of all keys and values
	CodeBytesMax = 64      // of the code, which may be any
)

// Pair is one of the pairs of metadata.
type Pair struct{ Key, Value string }

// ErrMalformed says that bytes are no head.
var ErrMalformed = errors.New("head: malformed")

// Append appends a head with these pairs, whose keys rise, and a code, which may be empty. Its errors say
// what is out of bounds; dst is returned as it was then.
func Append(dst []byte, pairs []Pair, code string) ([]byte, error) {
	if len(pairs) == 0 && code == "" {
		return dst, nil
	}
	if err := check(pairs, code); err != nil {
		return dst, err
	}
	dst = append(dst, version, byte(len(pairs)))
	for i := range pairs {
		p := &pairs[i]
		dst = append(dst, byte(len(p.Key)))
		dst = append(dst, p.Key...)
		dst = binary.BigEndian.AppendUint16(dst, uint16(len(p.Value)))
		dst = append(dst, p.Value...)
	}
	dst = append(dst, byte(len(code)))
	return append(dst, code...), nil
}

// check says what is out of bounds.
func check(pairs []Pair, code string) error {
	if len(pairs) > PairsMax {
		return fmt.Errorf("%d pairs of metadata: want at most %d", len(pairs), PairsMax)
	}
	if len(code) > CodeBytesMax {
		return fmt.Errorf("an error code of %d bytes: want at most %d", len(code), CodeBytesMax)
	}
	total := 0
	for i := range pairs {
		p := &pairs[i]
		total += len(p.Key) + len(p.Value)
		switch {
		case !legalKey(p.Key):
			return fmt.Errorf("metadata key %.*q: want 1 to %d bytes of a-z, 0-9, '-', '_' and '.'", KeyBytesMax, p.Key, KeyBytesMax)
		case len(p.Value) > ValueMax:
			return fmt.Errorf("the value of metadata %q has %d bytes: want at most %d", p.Key, len(p.Value), ValueMax)
		case i > 0 && pairs[i-1].Key >= p.Key:
			return fmt.Errorf("metadata key %q follows %q: want keys that rise", p.Key, pairs[i-1].Key)
		}
	}
	if total > PairBytesMax {
		return fmt.Errorf("metadata of %d bytes: want at most %d", total, PairBytesMax)
	}
	return nil
}

// legalKey says whether a key has the length and the bytes of one.
func legalKey[S string | []byte](key S) bool {
	if len(key) == 0 || len(key) > KeyBytesMax {
		return false
	}
	for i := range len(key) {
		switch c := key[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '-', c == '_', c == '.':
		default:
			return false
		}
	}
	return true
}

// View is a head that has been parsed. It has no memory of its own: what it returns are
// parts of the bytes it was parsed from. The zero View has nothing in it.
type View struct {
	pairs []byte // in their form
	n     int    // how many
	code  []byte
}

// Parse reads a head. It allocates nothing.
func Parse(b []byte) (View, error) {
	if len(b) == 0 {
		return View{}, nil
	}
	if len(b) < 3 || b[0] < version || b[1] > PairsMax {
		return View{}, ErrMalformed
	}
	v := View{n: int(b[1])}
	rest, total := b[2:], 0
	var last []byte
	for range v.n {
		key, value, after, ok := cutPair(rest)
		if !ok || !legalKey(key) || len(value) > ValueMax || bytes.Compare(last, key) >= 0 {
			return View{}, ErrMalformed
		}
		total += len(key) + len(value)
		last, rest = key, after
	}
	v.pairs = b[2 : len(b)-len(rest)]
	if len(rest) == 0 || rest[0] > CodeBytesMax || int(rest[0]) > len(rest)-1 || total > PairBytesMax {
		return View{}, ErrMalformed
	}
	end := 1 + int(rest[0])
	if b[0] == version && len(rest) > end {
		return View{}, ErrMalformed
	}
	v.code = rest[1:end]
	return v, nil
}

// cutPair returns the first pair of b, and what follows it.
func cutPair(b []byte) (key, value, rest []byte, ok bool) {
	if len(b) == 0 || len(b) < 1+int(b[0])+2 {
		return nil, nil, nil, false
	}
	n := int(b[0])
	key, b = b[1:1+n], b[1+n:]
	size := int(binary.BigEndian.Uint16(b))
	if b = b[2:]; len(b) < size {
		return nil, nil, nil, false
	}
	return key, b[:size], b[size:], true
}

// Len returns how many pairs there are.
func (v View) Len() int { return v.n }

// Code returns the code of an error, empty if there is none.
func (v View) Code() []byte { return v.code }

// Pairs returns the pairs, by their keys, which rise.
func (v View) Pairs() iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		for rest := v.pairs; len(rest) > 0; {
			key, value, after, ok := cutPair(rest)
			if !ok || !yield(key, value) {
				return
			}
			rest = after
		}
	}
}

// Get returns the value of a key; ok is false if there is no such pair.
func (v View) Get(key string) (value []byte, ok bool) {
	for k, value := range v.Pairs() {
		if string(k) == key {
			return value, true
		}
	}
	return nil, false
}
