package gobcodec

import (
	"math"
	"math/bits"
	"reflect"
	"sync"
	"unsafe"
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
	group    int64     // bytes of a group
	pointers bool      // in a group
	entry    int64     // bytes allocated for each entry, apart from its slot
	scratch  int64     // bytes of an entry that is read or written
	entries  sync.Pool // of *entry, empty
}

// entry is the entry of a map that is being read or written.
type entry struct{ key, elem reflect.Value }

// entryOf returns an empty entry of a map of type t. It is to be given back to keep.
func (m *mapLayout) entryOf(t reflect.Type) *entry {
	if e, ok := m.entries.Get().(*entry); ok {
		return e
	}
	return &entry{reflect.New(t.Key()).Elem(), reflect.New(t.Elem()).Elem()}
}

// keep empties e and keeps it for another use.
func (m *mapLayout) keep(e *entry) {
	e.key.SetZero()
	e.elem.SetZero()
	m.entries.Put(e)
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
	m.scratch = newBytes(t.Key()) + newBytes(t.Elem()) + heapBytes(int64(unsafe.Sizeof(entry{})), true)
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

// bytesAndScratch is bytes and, unless the map is empty, an entry to be read into.
func (m *mapLayout) bytesAndScratch(n uint64) int64 {
	if n == 0 {
		return m.bytes(n)
	}
	return m.bytes(n) + m.scratch
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
	p := tail(n, 1/float64(tables), room)
	step := max(1, int64(math.Sqrt(float64(tables)*p)/2))
	for k := int64(float64(tables) * p); k < all; k += step {
		if manyAtLeast(k+1, tables, p) < -20.7 { // ln 1e-9
			return k
		}
	}
	return all
}

// tail returns the probability that of n entries more than room come into a table into
// which each comes with probability p: of the binomial distribution.
func tail(n int64, p float64, room int64) float64 {
	if float64(room) < float64(n)*p {
		return 1
	}
	k := float64(room + 1)
	all, left := float64(n), float64(n)-k
	gamma := func(x float64) float64 { v, _ := math.Lgamma(x + 1); return v }
	term := math.Exp(gamma(all) - gamma(k) - gamma(left) + k*math.Log(p) + left*math.Log1p(-p))
	sum := 0.0
	for ; left >= 0 && term > sum*1e-6; k, left = k+1, left-1 {
		sum += term
		term *= left / (k + 1) * p / (1 - p)
	}
	return min(1, 1.01*sum) // for what was left out, and for rounding
}

// manyAtLeast bounds the logarithm of the probability that k or more of the tables are
// overfull, each with probability p: Chernoff's bound. It holds though they depend on
// each other, since one that has more leaves less to the others.
func manyAtLeast(k, tables int64, p float64) float64 {
	share := float64(k) / float64(tables)
	switch {
	case share <= p:
		return 0
	case p == 0:
		return math.Inf(-1)
	}
	divergence := share * math.Log(share/p)
	if share < 1 {
		divergence += (1 - share) * math.Log((1-share)/(1-p))
	}
	return -float64(tables) * divergence
}

// powerOfTwo returns the smallest power of two that is not below n, which is
// positive.
func powerOfTwo(n int64) int64 { return 1 << bits.Len64(uint64(n-1)) }
