package gobcodec

import (
	"math/bits"
	"reflect"

	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// run names the slices whose elements are read and written without reflection, by
// the type of the slice, and arrays of bytes.
type run uint8

const (
	runNone run = iota
	runStrings
	runInts // int64 and uint64 are such for themselves
	runInt64s
	runUint64s
	runFloats
	runBytes // an array of them: each is a number
)

// runOf returns the run of a slice or an array of type t.
func runOf(t reflect.Type) run {
	switch t {
	case reflect.TypeFor[[]string]():
		return runStrings
	case reflect.TypeFor[[]int]():
		if bits.UintSize == 64 {
			return runInts
		}
	case reflect.TypeFor[[]int64]():
		return runInt64s
	case reflect.TypeFor[[]uint64]():
		return runUint64s
	case reflect.TypeFor[[]float64]():
		return runFloats
	}
	if t.Kind() == reflect.Array && t.Elem().Kind() == reflect.Uint8 {
		return runBytes
	}
	return runNone
}

// run reads the elements of v, a slice of its length or an array.
func (r *reader) run(run run, v reflect.Value) {
	switch run {
	case runStrings:
		s := *v.Addr().Interface().(*[]string)
		for i := range s {
			s[i] = r.string()
		}
	case runInts:
		readInts(r, *v.Addr().Interface().(*[]int))
	case runInt64s:
		readInts(r, *v.Addr().Interface().(*[]int64))
	case runUint64s:
		s := *v.Addr().Interface().(*[]uint64)
		for i := range s {
			s[i] = r.uint()
		}
	case runFloats:
		s := *v.Addr().Interface().(*[]float64)
		for i := range s {
			s[i] = float(r.uint())
		}
	case runBytes:
		s := v.Bytes()
		for i := range s {
			u := r.uint()
			if u > 255 {
				r.fail()
			}
			s[i] = byte(u)
		}
	}
}

func readInts[T int | int64](r *reader, s []T) {
	for i := range s {
		s[i] = T(signed(r.uint()))
	}
}

// appendRun appends the elements of v. It says false for an array that has no address.
func appendRun(dst []byte, run run, v reflect.Value) ([]byte, bool) {
	switch run {
	case runStrings:
		s, _ := reflect.TypeAssert[[]string](v)
		for _, e := range s {
			dst = pieces.Append(appendUint(dst, uint64(len(e))), e)
		}
	case runInts:
		s, _ := reflect.TypeAssert[[]int](v)
		for _, e := range s {
			dst = appendInt(dst, int64(e))
		}
	case runInt64s:
		s, _ := reflect.TypeAssert[[]int64](v)
		for _, e := range s {
			dst = appendInt(dst, e)
		}
	case runUint64s:
		s, _ := reflect.TypeAssert[[]uint64](v)
		for _, e := range s {
			dst = appendUint(dst, e)
		}
	case runFloats:
		s, _ := reflect.TypeAssert[[]float64](v)
		for _, e := range s {
			dst = appendFloat(dst, e)
		}
	case runBytes:
		if !v.CanAddr() {
			return dst, false
		}
		for _, e := range v.Bytes() {
			dst = appendUint(dst, uint64(e))
		}
	default:
		return dst, false
	}
	return dst, true
}
