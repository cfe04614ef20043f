package pieces_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/internal/pieces"
)

// lengths are those around pieces.
var lengths = []int{0, 1, 100, pieces.Max - 1, pieces.Max, pieces.Max + 1, 2 * pieces.Max, 3*pieces.Max + 7, 1 << 20}

// content is n bytes, no two pieces of which are the same.
func content(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16)
	}
	return b
}

// Whatever is appended to whatever, with room for it or without, is what append makes of it.
func TestAppendIsAppend(t *testing.T) {
	for _, before := range []int{0, 5, pieces.Max + 3} {
		for _, n := range lengths {
			for _, room := range []int{0, n / 2, n, n + 9} {
				src := content(n)
				dst := append(make([]byte, 0, before+room), content(before)...)
				want := append(bytes.Clone(dst), src...)
				for name, got := range map[string][]byte{
					"bytes":  pieces.Append(dst[:before:before+room], src),
					"string": pieces.Append(dst[:before:before+room], string(src)),
				} {
					if !bytes.Equal(got, want) {
						t.Errorf("%s: %d bytes behind %d, with room for %d, are not what they were", name, n, before, room)
					}
					if inPlace := cap(got) > 0 && cap(dst) > 0 && &got[:1][0] == &dst[:1][0]; inPlace != (room >= n) && before+room > 0 && len(got) > 0 {
						t.Errorf("%s: %d bytes behind %d, with room for %d: in the same memory: %v", name, n, before, room, inPlace)
					}
				}
			}
		}
	}
}

func TestGrowMakesRoom(t *testing.T) {
	for _, n := range lengths {
		for _, before := range []int{0, 7, pieces.Max + 1} {
			b := content(before)
			got := pieces.Grow(b, n)
			if !bytes.Equal(got, b) || cap(got) < before+n {
				t.Errorf("%d bytes, with room for %d, of what had %d and was to have room for %d", len(got), cap(got), before, n)
			}
		}
	}
	b := make([]byte, 1, 1<<20)
	if got := pieces.Grow(b, 1<<20-1); &got[0] != &b[0] {
		t.Error("what has the room has moved")
	}
}

func TestInsertIsInsert(t *testing.T) {
	for _, n := range lengths {
		for _, at := range []int{0, n / 2, n} {
			for _, room := range []int{0, 100} {
				for _, more := range [][]byte{nil, {1}, {1, 2, 3, 4, 5, 6, 7, 8}} {
					b := append(make([]byte, 0, n+room), content(n)...)
					want := slices.Insert(bytes.Clone(b), at, more...)
					if got := pieces.Insert(b, at, more); !bytes.Equal(got, want) {
						t.Errorf("%d bytes at %d of %d, with room for %d: others", len(more), at, n, room)
					}
				}
			}
		}
	}
}

func TestCopies(t *testing.T) {
	for _, n := range lengths {
		b := content(n)
		clone := pieces.Clone(b)
		if !bytes.Equal(clone, b) || cap(clone) != n || (clone == nil) != (n == 0) {
			t.Errorf("the clone of %d bytes has %d, and room for %d", n, len(clone), cap(clone))
		}
		if s := pieces.String(b); s != string(b) {
			t.Errorf("the string of %d bytes has %d, or others", n, len(s))
		}
	}
}

// A large one is copied once: into memory that is as large as it needs to be.
func TestOneAllocationEach(t *testing.T) {
	b := content(1 << 20)
	room := make([]byte, 0, 1<<20)
	for name, c := range map[string]struct {
		f    func()
		want float64
	}{
		"Append":           {func() { _ = pieces.Append(nil, b) }, 1},
		"Append with room": {func() { _ = pieces.Append(room, b) }, 0},
		"Clone":            {func() { _ = pieces.Clone(b) }, 1},
		"String":           {func() { _ = pieces.String(b) }, 1},
	} {
		if got := testing.AllocsPerRun(10, c.f); got > c.want {
			t.Errorf("%s: %v allocations, want %v", name, got, c.want)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, n := range []int{4 << 20} {
		src, dst := content(n), make([]byte, 0, n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.Run("append", func(b *testing.B) {
				for b.Loop() {
					_ = append(dst, src...)
				}
			})
			b.Run("pieces", func(b *testing.B) {
				for b.Loop() {
					_ = pieces.Append(dst, src)
				}
			})
		})
	}
}
