//go:build !race

// The race detector makes sync.Pool forget at random.

package gobcodec

import (
	"reflect"
	"testing"
	"time"
)

// A codec that knows the definitions allocates nothing to encode, and to decode only what
// the value is made of; where encoding/gob decodes also a copy of the message.
func TestAllocations(t *testing.T) {
	t.Run("flat", func(t *testing.T) { testAllocations(t, ints{186, 253}, 0) })
	t.Run("nested", func(t *testing.T) { testAllocations(t, struct{ I ints }{ints{186, 253}}, 0) })
	t.Run("pointers", func(t *testing.T) { testAllocations(t, struct{ P *ints }{&ints{186, 253}}, 1) })
	t.Run("array", func(t *testing.T) { testAllocations(t, struct{ A [3]ints }{[3]ints{{186, 253}}}, 0) })
	t.Run("slices", func(t *testing.T) {
		testAllocations(t, holder{Wide: []wide{{A: "some"}, {B: "text"}}, Lists: lists{T: []string{"and", "more"}, B: []byte{1}}}, 7)
	})
	t.Run("maps", func(t *testing.T) { testAllocations(t, map[string]int{"one": 1, "two": 2}, 4) })
	t.Run("time", func(t *testing.T) { testAllocations(t, times{When: time.Unix(1, 2).UTC()}, 0) })
}

type holder struct {
	Wide  []wide
	Lists lists
}

func testAllocations[T any](t *testing.T, value T, decoding float64) {
	in := &value
	data, err := Append(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(1000, func() { buf, _ = Append(buf[:0], in) }); n != 0 {
		t.Errorf("Append: %v allocations, want 0", n)
	}
	var out T
	if n := testing.AllocsPerRun(1000, func() { _ = Decode(data, &out) }); n != decoding {
		t.Errorf("Decode: %v allocations, want %v", n, decoding)
	}
	if !reflect.DeepEqual(out, value) {
		t.Errorf("decoded %+v, want %+v", out, value)
	}
}

// What is small costs nothing, neither charges nor allocations.
func TestAppendDoesNotChargeForWhatIsSmall(t *testing.T) {
	type record struct {
		A, B int
		S    string
		L    []string
	}
	poor := payer{}
	charger := Charger(&poor)
	for _, v := range []any{1, "text", &record{1, 2, "text", []string{"a"}}, make([]byte, 1000), [16]int{}} {
		c, value, buffer := Of(reflect.TypeOf(v)), reflect.ValueOf(v), make([]byte, 0, 4096)
		plain := testing.AllocsPerRun(100, func() { _, _ = c.Append(buffer, value) })
		charged := testing.AllocsPerRun(100, func() { _, _ = c.AppendCharged(buffer, value, 1<<20, charger, nil, "") })
		if charged > plain {
			t.Errorf("%T: %v allocations, and %v without a charger", v, charged, plain)
		}
	}
	if len(poor.charges) != 0 {
		t.Errorf("%v are charged", poor.charges)
	}
}
