//go:build !race

// The race detector allocates, and makes sync.Pool forget.

package fuzz

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"math/bits"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/gobcodec"
)

// What the codec charges for a value in advance is held against what decoding it
// then allocates: never less, and at most twice that.

// codecCostTypes are the types that FuzzCodecCost made up, and codecTypes.
func codecCostType(seed uint16, variation uint8) reflect.Type {
	if seed >= codecSeeds {
		return codecTypes[int(seed)%len(codecTypes)]
	}
	return codecType(seed, variation)
}

// FuzzCodecCost makes up a type and a value of it, alters the bytes of that value,
// and decodes them into that type or a similar one. Seeds beyond codecSeeds stand for
// codecTypes; then the script is the bytes themselves.
func FuzzCodecCost(f *testing.F) {
	for _, v := range append(codecValues(186, 3, -2.25, "text", []byte("bytes")), codecDynamic(186, "text")...) {
		var buf bytes.Buffer
		if err := gob.NewEncoder(&buf).Encode(v); err != nil {
			f.Fatal(err)
		}
		for kind := range codecTypes {
			f.Add(uint16(codecSeeds*len(codecTypes)+kind), uint8(0), buf.Bytes(), []byte(nil))
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for seed := uint16(0); seed < codecSeeds; seed += 8 {
		f.Add(seed, uint8(r.IntN(4)), codecRandomBytes(r, 200), []byte(nil))
		f.Add(seed+1, uint8(r.IntN(4)), codecRandomBytes(r, 50), codecRandomBytes(r, 6))
	}
	f.Fuzz(func(t *testing.T, seed uint16, variation uint8, script, edits []byte) {
		data := script
		if seed < codecSeeds {
			var ok bool
			if data, ok = codecMadeUp(seed, script); !ok {
				return
			}
		}
		honest := seed < codecSeeds && len(edits) < 3
		for ; len(edits) >= 3 && len(data) > 0; edits = edits[3:] {
			data[int(binary.BigEndian.Uint16(edits))%len(data)] = edits[2]
		}
		codecCheckCost(t, codecCostType(seed, variation), data, honest)
	})
}

func codecRandomBytes(r *rand.Rand, most int) []byte {
	b := make([]byte, r.IntN(most))
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return b
}

// codecMadeUp returns the bytes of a value that is made up, if gob can send it.
func codecMadeUp(seed uint16, script []byte) (data []byte, ok bool) {
	v := reflect.New(codecType(seed, 0))
	(&codecScript{b: script, room: 300}).fill(v.Elem(), 0)
	data, err := gobcodec.AppendValue(nil, v)
	return data, err == nil && len(data) < 1<<20
}

// codecCheckCost decodes data twice: so that its definitions are new, and known.
func codecCheckCost(t *testing.T, typ reflect.Type, data []byte, honest bool) {
	for known := range 2 {
		factor := int64(0) // at most so many times what is allocated; 0 if that is not checked
		switch {
		case known == 0 || !honest:
		case codecDynamicType(typ, make(map[reflect.Type]bool)):
			factor = 3
		default:
			factor = 2
		}
		var got codecSpending
		// Something else may be going on in a few tries, but not in all.
		for range 5 {
			if got = codecCost(typ, data); got.wrong(factor) == "" {
				break
			}
			if known == 0 {
				data = append(codecUnused(), data...) // so that its definitions are new again
			}
		}
		if wrong := got.wrong(factor); wrong != "" {
			t.Fatalf("%d bytes into a %v, definitions known %d: %s: %d allocated, %d charged, error %v", len(data), typ, known, wrong, got.spent, got.charged, got.err)
		}
	}
}

// codecUnusedID is the last type id that codecUnused has defined.
var codecUnusedID uint32 = 1 << 24

// codecUnused returns the definition of a type that nothing uses: []bool.
func codecUnused() []byte {
	codecUnusedID++
	id := binary.BigEndian.AppendUint32(nil, codecUnusedID<<1-1)
	return append(append([]byte{10, 0xfc}, id...), 2, 2, 2, 0, 0)
}

// codecSpending is what decoding a value allocated, and what was charged for it.
type codecSpending struct {
	spent, charged int64
	err            error
}

// Charge implements gobcodec.Charger.
func (s *codecSpending) Charge(bytes int64) error {
	s.charged += bytes
	return nil
}

const codecCostMax = 4 << 20

// codecCost decodes data once.
func codecCost(typ reflect.Type, data []byte) (got codecSpending) {
	codec, target := gobcodec.Of(typ), reflect.New(typ).Elem()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got.err = codec.DecodeCharged(data, target, codecCostMax, &got)
	runtime.ReadMemStats(&after)
	got.spent = int64(after.TotalAlloc - before.TotalAlloc)
	return got
}

// wrong says what is wrong with the charge, or nothing. It is not more than factor
// times what is allocated; 0 stands for any number.
func (s *codecSpending) wrong(factor int64) string {
	spent := s.spent
	if s.charged == 0 && s.err != nil || errors.Is(s.err, gobcodec.ErrRefused) {
		spent -= 2 << 20 // definitions were read, for which nothing is charged if the value is refused
	}
	switch {
	case spent > s.charged:
		return "too little is charged"
	case s.charged > codecCostMax:
		return "more is charged than the limit"
	case factor > 0 && s.err == nil && bits.UintSize == 64 && s.charged > 1<<10+factor*s.spent:
		return "too much is charged"
	}
	return ""
}

// codecDynamicType says whether a type holds an interface: the definitions of its
// values are new each time.
func codecDynamicType(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Interface:
		return true
	case reflect.Map:
		return codecDynamicType(t.Key(), seen) || codecDynamicType(t.Elem(), seen)
	case reflect.Slice, reflect.Array, reflect.Pointer:
		return codecDynamicType(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			if codecDynamicType(t.Field(i).Type, seen) {
				return true
			}
		}
	}
	return false
}
