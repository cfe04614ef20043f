//go:build !race

package gobcodec

import (
	"math/bits"
	"math/rand"
	"runtime/debug"
	"testing"
)

var (
	sinkBytes    []byte
	sinkPointers []*int
	sinkStrings  = make([]string, 1000)
)

// The runtime gives a slice that grows all that its size class has room for.
func TestHeapBytes(t *testing.T) {
	for n := tinyBlock; n < 70_000; n++ {
		sinkBytes = append([]byte(nil), make([]byte, n)...)
		if got, want := heapBytes(int64(n), false), int64(cap(sinkBytes)); got != want {
			t.Fatalf("%d bytes: %d, the runtime takes %d", n, got, want)
		}
	}
	const word = bits.UintSize / 8
	for n := 1; n < 70_000/word; n++ {
		sinkPointers = append([]*int(nil), make([]*int, n)...)
		want := int64(cap(sinkPointers) * word)
		if n*word > headerAbove && n*word <= smallMax-headerSize {
			want += headerSize
		}
		if got := heapBytes(int64(n*word), true); got != want {
			t.Fatalf("%d pointers: %d bytes, the runtime takes %d", n, got, want)
		}
	}
}

// Small objects without pointers share blocks, in any order.
func TestHeapBytesOfTinyObjects(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	text := make([]byte, tinyBlock)
	for round := range 200 {
		sizes := rand.New(rand.NewSource(int64(round)))
		most := 1 + sizes.Intn(tinyBlock-1)
		lengths := make([]int, len(sinkStrings))
		sum := int64(0)
		for i := range lengths {
			lengths[i] = 2 + sizes.Intn(most)
			sum += heapBytes(int64(lengths[i]), false)
		}
		took := spent(func() {
			for i, n := range lengths {
				sinkStrings[i] = string(text[:min(n, len(text))])
			}
		})
		if took > sum+baseBytes {
			t.Fatalf("seed %d: %d bytes, counted as %d", round, took, sum)
		}
	}
}
