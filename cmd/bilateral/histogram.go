package main

import (
	"math/bits"
	"time"
)

// histogram counts durations by their size, to 1 part in 32, in bounded memory.
type histogram struct {
	counts [64 * stepsInTwice]int
	total  int
	most   time.Duration
}

// stepsInTwice is how many sizes are told apart from one to its double.
const stepsInTwice = 32

// bucket returns which count a duration belongs to.
func bucket(d time.Duration) int {
	n := uint64(max(d, 0))
	if n < stepsInTwice {
		return int(n)
	}
	shift := bits.Len64(n) - bits.Len64(stepsInTwice)
	return shift*stepsInTwice + int(n>>shift)
}

// longest returns the longest duration of a bucket.
func longest(bucket int) time.Duration {
	if bucket < 2*stepsInTwice {
		return time.Duration(bucket)
	}
	shift := bucket/stepsInTwice - 1
	return time.Duration(uint64(bucket%stepsInTwice+stepsInTwice+1)<<shift - 1)
}

func (h *histogram) add(d time.Duration) {
	h.counts[bucket(d)]++
	h.total++
	h.most = max(h.most, d)
}

func (h *histogram) merge(other *histogram) {
	for i, n := range other.counts {
		h.counts[i] += n
	}
	h.total += other.total
	h.most = max(h.most, other.most)
}

// quantile returns a duration that as many in a thousand do not exceed, or zero if there is
// none.
func (h *histogram) quantile(inThousand int) time.Duration {
	left := (h.total*inThousand + 999) / 1000
	for i, n := range h.counts {
		if left -= n; n > 0 && left <= 0 {
			return min(longest(i), h.most)
		}
	}
	return 0
}
