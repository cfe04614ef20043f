package shape_test

import (
	"reflect"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

type (
	list struct {
		Value int
		Next  *list
	}
	kids struct {
		Value int
		Kids  []*kids
	}
	pairs struct {
		Value       string
		Left, Right *pairs
	}
	quads struct {
		Value      string
		A, B, C, D *quads
	}
)

// docs/COMMAND.md says how deep replies of types that hold themselves may be.
func TestHowDeepRepliesMayBe(t *testing.T) {
	for _, c := range []struct {
		v    any
		next string
		want int
	}{{list{}, "Next", 64}, {kids{}, "Kids", 32}, {pairs{}, "Left", 11}, {quads{}, "A", 6}} {
		l := described(c.v, 0)
		made, n := build(t, l, 0, 0).Type, 1
		for {
			f, ok := made.FieldByName(c.next)
			if !ok {
				break
			}
			for made = f.Type; made.Kind() != reflect.Struct; {
				made = made.Elem()
			}
			n++
		}
		deepest := reflect.New(reflect.TypeOf(c.v)) // that is not cut
		at := deepest.Elem()
		for range n - 2 {
			next := at.FieldByName(c.next)
			if next.Kind() == reflect.Slice {
				next.Set(reflect.MakeSlice(next.Type(), 1, 1))
				next = next.Index(0)
			}
			next.Set(reflect.New(next.Type().Elem()))
			at = next.Elem()
		}
		b, err := gobcodec.AppendValue(nil, deepest)
		if err != nil {
			t.Fatal(err)
		}
		if err := gobcodec.DecodeMax(b, reflect.New(build(t, l, 0, 0).Type).Interface(), 32<<20); err != nil {
			t.Errorf("%T: %v", c.v, err)
		}
		if n-1 != c.want { // the innermost one is cut
			t.Errorf("%T: %d levels, want %d", c.v, n-1, c.want)
		}
	}
}
