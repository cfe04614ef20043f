//go:build !race

// The race detector makes sync.Pool forget at random.

package gobcodec

import "testing"

// What is primed allocates nothing to encode, and to decode only the copy of
// the message that encoding/gob makes.
func TestAllocations(t *testing.T) {
	in := &ints{186, 253}
	data, err := Append(nil, in)
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 0, 256)
	if n := testing.AllocsPerRun(1000, func() { buf, _ = Append(buf[:0], in) }); n != 0 {
		t.Errorf("Append: %v allocations, want 0", n)
	}
	var out ints
	if n := testing.AllocsPerRun(1000, func() { _ = Decode(data, &out) }); n != 1 {
		t.Errorf("Decode: %v allocations, want 1", n)
	}
	if out != *in {
		t.Errorf("decoded %+v, want %+v", out, *in)
	}
}
