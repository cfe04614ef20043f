package main

import (
	"math/bits"
	"time"
)

// histogram counts durations, each within a sixteenth of what it is.
type histogram struct {
	counts [64 << stepsBits]int
	n      int
}

// stepsBits is the logarithm of how many buckets there are between a time and its double.
const stepsBits = 4

func (h *histogram) add(d time.Duration) {
	h.counts[bucketOf(max(d, 0))]++
	h.n++
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.n += other.n
}

// percentile returns what p per cent are not above, within a bucket.
func (h *histogram) percentile(p int) time.Duration {
	left := h.n*p/100 + 1
	for i, n := range h.counts {
		if left -= n; left <= 0 {
			return bucketTop(i)
		}
	}
	return 0
}

func bucketOf(d time.Duration) int {
	v := uint64(d)
	if v < 1<<stepsBits {
		return int(v)
	}
	shift := bits.Len64(v) - 1 - stepsBits
	return (shift+1)<<stepsBits + int(v>>shift)&(1<<stepsBits-1)
}

// bucketTop returns the longest time of a bucket.
func bucketTop(i int) time.Duration {
	if i < 1<<stepsBits {
		return time.Duration(i)
	}
	shift := i>>stepsBits - 1
	return time.Duration((uint64(1<<stepsBits+i&(1<<stepsBits-1))+1)<<shift - 1)
}
