//go:build !race

package gobcodec

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// sparsely sets parts of v to zero, pointers to nil among them, and leaves maps with one
// entry at most, since gob writes them in any order.
func sparsely(t *rapid.T, v reflect.Value) {
	if rapid.IntRange(0, 5).Draw(t, "zero") == 0 {
		v.SetZero()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 1<<40).Draw(t, "seconds"), 1).In(time.FixedZone("", 60*rapid.IntRange(-800, 900).Draw(t, "minutes")))))
			return
		}
		for i := range v.NumField() {
			sparsely(t, v.Field(i))
		}
	case reflect.Pointer:
		sparsely(t, v.Elem())
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			sparsely(t, v.Index(i))
		}
	case reflect.Map:
		for i, key := range v.MapKeys() {
			if i > 0 {
				v.SetMapIndex(key, reflect.Value{})
				continue
			}
			elem := reflect.New(v.Type().Elem()).Elem()
			elem.Set(v.MapIndex(key))
			sparsely(t, elem)
			v.SetMapIndex(key, elem)
		}
	case reflect.Int, reflect.Int8, reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case reflect.Uint8, reflect.Uint16, reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(rapid.Float64().Draw(t, "float"))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	}
}

// Values of any type are written as a fresh encoder writes them, and read as a fresh
// decoder reads them, into the same type and into others, and also if a few of their bytes
// are others. So it is the first time, by encoding/gob, and from then on, by plans.
func TestAnyValueIsWrittenAndReadAsByGob(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		typ := anyType(t, 4)
		local := receiver(t, typ)
		for range 3 {
			v := reflect.New(typ)
			fill(t, v.Elem(), 12)
			sparsely(t, v.Elem())
			likeGob(t, v, local)
		}
	})
}

// likeGob holds this package against encoding/gob for the value that v points to, which is
// decoded into its own type and into local.
func likeGob(t *rapid.T, v reflect.Value, local reflect.Type) {
	want, wantErr := fresh(v.Interface())
	byValue, byValueErr := fresh(v.Elem().Interface())
	for round := range 2 {
		got, err := AppendValue([]byte("head"), v)
		if (err == nil) != (wantErr == nil) || err == nil && string(got) != "head"+string(want) {
			t.Fatalf("%v %+v, round %d: %v, want %v\n got % x\nwant     % x", v.Type(), v.Elem(), round, err, wantErr, got, want)
		}
		if got, err = AppendValue(nil, v.Elem()); (err == nil) != (byValueErr == nil) || err == nil && !bytes.Equal(got, byValue) {
			t.Fatalf("%v %+v, round %d: %v, want %v\n got % x\nwant % x", v.Type(), v.Elem(), round, err, byValueErr, got, byValue)
		}
	}
	if wantErr != nil {
		return
	}
	for _, target := range []reflect.Type{v.Type().Elem(), local} {
		readsLikeGob(t, target, want)
		altered := bytes.Clone(want)
		for range rapid.IntRange(1, 3).Draw(t, "edits") {
			altered[rapid.IntRange(0, len(altered)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		readsLikeGob(t, target, altered)
	}
}

// readsLikeGob holds Decode against a fresh decoder.
func readsLikeGob(t *rapid.T, target reflect.Type, data []byte) {
	for round := range 2 {
		got, want := reflect.New(target), reflect.New(target)
		charged := int64(0)
		err := Of(target).DecodeCharged(data, got.Elem(), 1<<24, chargeFunc(func(n int64) error { charged += n; return nil }))
		if errors.Is(err, ErrRefused) {
			return
		}
		if wantErr := freshInto(data, want.Interface()); (err == nil) != (wantErr == nil) {
			t.Fatalf("% x into a %v, round %d: error %v, a fresh decoder's %v", data, target, round, err, wantErr)
		} else if err != nil {
			continue
		}
		if !reflect.DeepEqual(want.Interface(), got.Interface()) {
			if d := cmp.Diff(want.Interface(), got.Interface(), same, cmp.Comparer(sameFloat), cmp.Comparer(sameFloat32)); d != "" {
				t.Fatalf("% x into a %v, round %d: differs from a fresh decoder's (-want +got):\n%s", data, target, round, d)
			}
		}
	}
}

func sameFloat(a, b float64) bool { return a == b || a != a && b != b }

func sameFloat32(a, b float32) bool { return sameFloat(float64(a), float64(b)) }
