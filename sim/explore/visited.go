package explore

import (
	"encoding/binary"
	"math/bits"
)

// visited is the set of states that have been seen: 64 bits of the hash of each, in an open
// table that is at most three quarters full, so that a state takes 11 to 22 bytes.
type visited struct {
	cells []uint64 // a power of two of them; zero is free
	n     uint64   // states in it
}

// visitedLeast is the size of a table before it grows.
const visitedLeast = 1 << 12

// clear forgets all states, and keeps the table.
func (v *visited) clear() {
	clear(v.cells)
	v.n = 0
}

// add adds a state, and reports false if it is there.
func (v *visited) add(hash uint64) bool {
	if hash == 0 {
		hash = 1
	}
	if 4*v.n >= 3*uint64(len(v.cells)) {
		v.grow()
	}
	if !put(v.cells, hash) {
		return false
	}
	v.n++
	return true
}

// put puts a hash into its cell, and reports false if it is there.
func put(cells []uint64, hash uint64) bool {
	last := uint64(len(cells) - 1)
	for i := hash & last; ; i = (i + 1) & last {
		switch cells[i] {
		case 0:
			cells[i] = hash
			return true
		case hash:
			return false
		}
	}
}

// has says whether a state is there.
func (v *visited) has(hash uint64) bool {
	if len(v.cells) == 0 {
		return false
	}
	if hash == 0 {
		hash = 1
	}
	last := uint64(len(v.cells) - 1)
	for i := hash & last; v.cells[i] != 0; i = (i + 1) & last {
		if v.cells[i] == hash {
			return true
		}
	}
	return false
}

func (v *visited) grow() {
	cells := make([]uint64, max(visitedLeast, 2*len(v.cells)))
	for _, hash := range v.cells {
		if hash != 0 {
			put(cells, hash)
		}
	}
	v.cells = cells
}

// Odd constants without a pattern, as wyhash has them.
const mixA, mixB = 0xa0761d6478bd642f, 0xe7037ed1a0b428db

// hash returns 64 bits of a fingerprint (Wang Yi's wyhash in outline: two words are
// multiplied to 128 bits, whose halves are folded).
func hash(b []byte) uint64 {
	h := uint64(len(b)) * mixB
	for ; len(b) >= 16; b = b[16:] {
		h = fold(binary.LittleEndian.Uint64(b)^mixA^h, binary.LittleEndian.Uint64(b[8:])^mixB) ^ bits.RotateLeft64(h, 23)
	}
	var rest [16]byte
	copy(rest[:], b)
	h = fold(binary.LittleEndian.Uint64(rest[:])^mixA^h, binary.LittleEndian.Uint64(rest[8:])^mixB)
	return fold(h^mixA, mixB)
}

// fold multiplies, and folds the two halves of the product.
func fold(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return high ^ low
}
