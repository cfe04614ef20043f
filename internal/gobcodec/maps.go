package gobcodec

import (
	"math"
	"math/bits"
	"reflect"
)

// Memory of a map. Go's maps, since Go 1.24, are Swiss tables: see
// internal/runtime/maps, map.go and table.go, of whose terms these are.
const (
	groupSlots = 8    // slots of a group, which begins with eight control bytes
	tableMax   = 1024 // slots of a table at most; a larger map has a directory of tables
	loadMax    = 7    // slots of a group that are filled on average before a table grows
	inlineMax  = 128  // larger keys and elements are objects of their own

	mapHeader   = 48 // maps.Map
	tableHeader = 32 // a maps.table
)

// mapLayout is what depends on the type of a map.
type mapLayout struct {
	group    int64 // bytes of a group
	pointers bool  // in a group
	entry    int64 // bytes allocated for each entry, apart from its slot
}

func layoutOf(t reflect.Type) *mapLayout {
	m := &mapLayout{pointers: hasPointers(t.Key()) || hasPointers(t.Elem())}
	part := func(t reflect.Type) (size, align int64) {
		if t.Size() <= inlineMax {
			return int64(t.Size()), int64(t.Align())
		}
		m.entry += newBytes(t)
		m.pointers = true
		return bits.UintSize / 8, bits.UintSize / 8
	}
	key, keyAlign := part(t.Key())
	elem, elemAlign := part(t.Elem())
	slot := alignUp(key, elemAlign) + elem
	if elem == 0 && key > 0 {
		slot++ // a pointer to the element must not point behind the slot
	}
	m.group = groupSlots + groupSlots*alignUp(slot, max(keyAlign, elemAlign))
	return m
}

func alignUp(n, align int64) int64 { return (n + align - 1) / align * align }

// bytes returns what is allocated for a map that is made for n entries and then
// filled with them, or with fewer.
func (m *mapLayout) bytes(n uint64) int64 {
	switch {
	case n == 0:
		return mapHeader
	case n <= groupSlots:
		return mapHeader + heapBytes(m.group, m.pointers) + int64(n)*m.entry
	case n > math.MaxInt32 || m.entry > unpayable/math.MaxInt32:
		return unpayable
	}
	target := int64(n) * groupSlots / loadMax
	tables := powerOfTwo((target + tableMax - 1) / tableMax)
	slots := powerOfTwo(max(target/tables, groupSlots))
	bytes := mapHeader + heapBytes(8*tables, true) + tables*m.table(slots) + int64(n)*m.entry
	if tables == 1 {
		return bytes // it has room for n entries
	}
	if full := overfull(int64(n), tables, slots*loadMax/groupSlots); full > 0 {
		// A table grows to tableMax slots, or is split into two as large. The
		// directory is doubled when the first is split.
		bytes += heapBytes(16*tables, true) + full*m.table(tableMax)*(slots/(tableMax/2))
	}
	return bytes
}

// table returns what a table of some slots takes.
func (m *mapLayout) table(slots int64) int64 {
	return tableHeader + heapBytes(slots/groupSlots*m.group, m.pointers)
}

// overfull returns how many of the tables receive more than room of n entries,
// except with a probability of less than 1e-9. The table of an entry follows from
// a hash whose seed is the map's own, so a peer has no influence on it.
func overfull(n, tables, room int64) int64 {
	all := min(tables, n/(room+1))
	mean := float64(n) / float64(tables)
	above := float64(room+1) - mean
	// Bernstein's inequality, for one table.
	expected := float64(tables) * math.Exp(-above*above/(2*(mean+above/3)))
	if above <= 0 {
		return all
	}
	// Chernoff's bound, for their number.
	const negligible = 20.7 // -ln 1e-9
	step := max(1, math.Sqrt(expected)/2)
	for k := math.Ceil(expected); k < float64(all); k += step {
		if k > 0 && k*math.Log(k/expected)-k+expected > negligible {
			return int64(k)
		}
	}
	return all
}

// powerOfTwo returns the smallest power of two that is not below n, which is
// positive.
func powerOfTwo(n int64) int64 { return 1 << bits.Len64(uint64(n-1)) }
