package fuzz

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
	"github.com/bitmark-inc/bilateralrpc/internal/shape"
)

// FuzzShape takes anything for what a peer tells of its methods. What passes its check is
// shown and made into types without a panic, and each type that is made takes the example
// that goes with it, and can be sent.
func FuzzShape(f *testing.F) {
	add := func(l *shape.Listing) {
		b, err := gobcodec.Append(nil, l)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	var d shape.Describer
	for _, v := range []any{CodecCounts{}, codecTree{}, codecTimes{}, codecAll{}, codecFlat{}, map[string]*time.Time{}} {
		d.Add("A.B", reflect.TypeOf(v), reflect.TypeFor[string]())
	}
	add(d.Listing())
	for _, l := range []shape.Listing{
		{Version: 1, Types: []shape.Type{{Kind: shape.Pointer}, {Kind: shape.Array, Len: math.MaxInt32}}},
		{Version: 1, Types: []shape.Type{{Kind: shape.Map, Key: 1, Elem: 2}, {Kind: shape.Pointer, Elem: 2}, {Kind: "uint8"}}},
		{Version: 1, Types: []shape.Type{{Kind: shape.Struct, Fields: []shape.Field{{Name: "A", Type: 1}, {Name: "B"}}}, {Kind: shape.Slice}}},
	} {
		add(&l)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var l shape.Listing
		if err := gobcodec.DecodeMax(b, &l, 1<<20); err != nil {
			return
		}
		if l.Check() != nil {
			return
		}
		for index := range min(len(l.Types), 16) {
			l.Text(index)
			example := []byte(l.Example(index))
			for _, levels := range []int{0, 1, 2, 5} {
				built, err := l.Build(index, levels)
				if err != nil {
					continue
				}
				value := reflect.New(built.Type)
				if !json.Valid(example) { // it is too long, and cut
					continue
				}
				if err := json.Unmarshal(example, value.Interface()); err != nil {
					t.Fatalf("%s is no %s: %v", example, built.Type, err)
				}
				if _, err := gobcodec.AppendValue(nil, value); err != nil && built.Type.Kind() != reflect.Pointer {
					t.Logf("%s: %v", example, err) // such as a nil pointer in a slice
				}
			}
		}
	})
}
