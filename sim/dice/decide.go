// Package dice takes the random decisions of a simulated world.
//
// A decision is a hash of the seed and of what it is about: an [Aspect], and
// numbers that name the one decision among those of that aspect. It is never the
// next draw of a shared stream, so that taking one fault away leaves every other
// decision as it was. Only what is decided about a run as a whole is drawn in
// order, from a [Sequence].
//
// Everything is computed in integers: a seed means the same on every machine.
package dice

import "math/bits"

// An Aspect says what a decision is about. Each world has constants of its own.
// Their numbers enter every hash, so that a new one goes at the end; no world
// uses the number of a [Sequence].
type Aspect uint64

// increment is 2^64 divided by the golden ratio, made odd: its multiples are
// spread evenly.
const increment = 0x9e3779b97f4a7c15

// Mix is a bijection of 64 bits in which every input bit reaches every output
// bit (the finaliser of a multiplicative hash, Stafford's variant 13).
func Mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Decide returns the randomness of one decision: a hash of the seed, of what the
// decision is about, and of the numbers that name it.
func Decide(seed uint64, about Aspect, key ...uint64) uint64 {
	h := Mix(seed + increment)
	h = Mix(h ^ uint64(about)*0xd6e8feb86659fd93)
	for _, k := range key {
		h = Mix(h+increment) ^ k*0xff51afd7ed558ccd
	}
	return Mix(h)
}

// Fill fills dst with the bytes of one decision.
func Fill(dst []byte, seed uint64, about Aspect, key ...uint64) {
	h := Decide(seed, about, key...)
	for i := range dst {
		if i%8 == 0 {
			h = Mix(h + increment)
		}
		dst[i] = byte(h >> (8 * (i % 8)))
	}
}

// Below maps a hash to 0..n-1; n must not be 0.
func Below(h, n uint64) uint64 {
	hi, _ := bits.Mul64(h, n)
	return hi
}

// HashName returns a number for a name, for use in the key of a decision
// (FNV-1a). With it a node's decisions depend on its name, not on its place
// among the others.
func HashName(s string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return h
}
