package core

import (
	"math/bits"
)

// index finds the slot of a pending call by a number: what a map does, for less,
// because a call needs it seven times. It has an open-addressing table with linear
// probing, at most half full; a removal closes the gap, so that nothing is left
// behind, and no memory is needed but for growth.
//
// Keys are our own numbers, most of them in a row, which Fibonacci hashing spreads
// evenly (Knuth, The Art of Computer Programming, 6.4). A peer can ask for any
// number, but puts none in. The order of the cells means nothing: no walk is over them.
//
// The zero index is empty and ready for use.
type index struct {
	cells []indexCell // a power of two of them, or none
	shift uint8       // 64 less the bits of a place
	n     int         // keys that it has
}

// indexCell is a key and its slot plus one; zero is an empty cell.
type indexCell struct {
	key  uint64 // if slot is not zero
	slot int32  // the slot plus one
}

// cellsMin is the size of the first table.
const cellsMin = 16

// home returns where a key is looked for first.
func (x *index) home(key uint64) int {
	const golden = 0x9e3779b97f4a7c15 // 2^64 divided by the golden ratio, made odd
	return int(key * golden >> x.shift)
}

// find returns the place of a key, and otherwise the empty one where it would go;
// there must be a table.
func (x *index) find(key uint64) (place int, ok bool) {
	mask := len(x.cells) - 1
	for i := x.home(key); ; i = (i + 1) & mask {
		switch c := &x.cells[i&mask]; {
		case c.slot == 0:
			return i, false
		case c.key == key:
			return i, true
		}
	}
}

// get returns the slot of a key, false if it has none.
func (x *index) get(key uint64) (slot int32, ok bool) {
	if x.n == 0 {
		return 0, false
	}
	i, ok := x.find(key)
	return x.cells[i].slot - 1, ok
}

// add notes the slot of a key, which must not have one.
func (x *index) add(key uint64, slot int32) {
	if 2*(x.n+1) > len(x.cells) {
		x.grow()
	}
	i, _ := x.find(key)
	x.cells[i] = indexCell{key, slot + 1}
	x.n++
}

// grow makes room for twice as many keys.
func (x *index) grow() {
	before := x.cells
	x.cells = make([]indexCell, max(cellsMin, 2*len(before)))
	x.shift = uint8(64 - bits.TrailingZeros(uint(len(x.cells))))
	for _, c := range before {
		if c.slot != 0 {
			i, _ := x.find(c.key)
			x.cells[i] = c
		}
	}
}

// remove forgets a key, if it is there. Cells that probed past it move up, so that
// they are still found.
func (x *index) remove(key uint64) {
	if x.n == 0 {
		return
	}
	gap, ok := x.find(key)
	if !ok {
		return
	}
	x.n--
	mask := len(x.cells) - 1
	for i := (gap + 1) & mask; x.cells[i].slot != 0; i = (i + 1) & mask {
		// How far the cell is from its home, and from the gap: may it go back there?
		if (i-x.home(x.cells[i].key))&mask >= (i-gap)&mask {
			x.cells[gap] = x.cells[i]
			gap = i
		}
	}
	x.cells[gap] = indexCell{}
}
