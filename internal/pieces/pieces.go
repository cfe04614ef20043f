// Package pieces copies much memory piece by piece, so that Go can have the processor in between.
//
// Go can't take the processor from a copy of bytes, however long it is. All that waits for
// every goroutine to stop (the beginning and the end of each collection of garbage, the scan of
// the copying goroutine's stack) waits for the copy, and keeps the other processors from their work
// meanwhile. Into memory that is used for the first time four megabytes take between 1 ms and
// 60 (docs/adr/0024).
package pieces

import (
	"slices"
	"strings"
)

// Max is the length of a piece: 10 us where memory is fast, and a quarter of a millisecond
// where the first use of its pages is slow.
const Max = 64 << 10

// Append is append(dst, src...), piece by piece.
func Append[T ~[]byte | ~string](dst []byte, src T) []byte {
	if len(src) <= cap(dst)-len(dst) && len(src) <= Max {
		return append(dst, src...)
	}
	return appendMany(dst, src)
}

func appendMany[T ~[]byte | ~string](dst []byte, src T) []byte {
	if len(dst)+len(src) <= Max {
		return append(dst, src...)
	}
	dst = Grow(dst, len(src))
	for len(src) > Max {
		dst = appendOne(dst, src[:Max])
		src = src[Max:]
	}
	return appendOne(dst, src)
}

// appendOne is a function of its own, as Go takes the processor where a function begins.
//
//go:noinline
func appendOne[T ~[]byte | ~string](dst []byte, src T) []byte { return append(dst, src...) }

// Grow is slices.Grow, which for bytes clears the room that it makes at once.
func Grow(b []byte, n int) []byte {
	need := len(b) + n
	switch {
	case need <= cap(b):
		return b
	case need <= Max:
		return slices.Grow(b, n)
	}
	return Append(make([]byte, 0, max(need, cap(b)+cap(b)/4)), b) // make clears piece by piece
}

// Insert is slices.Insert(b, at, more...), for a short more.
func Insert(b []byte, at int, more []byte) []byte {
	if len(b) <= Max {
		return slices.Insert(b, at, more...)
	}
	from := len(b)
	b = Grow(b, len(more))[:from+len(more)]
	for from > at { // from the end, as the two places overlap
		n := min(from-at, Max)
		from -= n
		copyOne(b[from+len(more):], b[from:from+n])
	}
	copy(b[at:], more)
	return b
}

//go:noinline
func copyOne(dst, src []byte) { copy(dst, src) }

// Clone returns a copy of b that has no room for more; nil if there is nothing in it.
func Clone(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return Append(make([]byte, 0, len(b)), b)
}

// String is string(b), piece by piece.
func String(b []byte) string {
	if len(b) <= Max {
		return string(b)
	}
	return longString(b)
}

// longString is the rest of String, apart so that the first half can be inlined.
func longString(b []byte) string {
	var s strings.Builder
	s.Grow(len(b))
	for len(b) > 0 {
		n := min(len(b), Max)
		writeOne(&s, b[:n])
		b = b[n:]
	}
	return s.String()
}

//go:noinline
func writeOne(s *strings.Builder, b []byte) { s.Write(b) }
