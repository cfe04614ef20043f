// Package pertype keeps something for each Go type that a program uses, for ever.
package pertype

import (
	"reflect"
	"sync"
	"sync/atomic"
)

// Map maps types to values of V. The zero value is an empty map, ready for use
// by many goroutines at once.
//
// It is a sync.Map with a table of the types used last in front, which takes a
// third of its time: there is one for every call. Only the program's own types
// may be its keys, since nothing is ever removed.
type Map[V any] struct {
	recent [slots]atomic.Pointer[entry[V]]
	all    sync.Map // of *entry[V]
}

type entry[V any] struct {
	key   reflect.Type
	value V
}

// slotBits is the logarithm of slots. Types that share a slot push each other
// out of it, which costs time and nothing else.
const (
	slotBits = 6
	slots    = 1 << slotBits
)

// Load returns what is stored for t, which must not be nil.
func (m *Map[V]) Load(t reflect.Type) (value V, ok bool) {
	slot := m.slot(t)
	if e := slot.Load(); e != nil && e.key == t {
		return e.value, true
	}
	found, ok := m.all.Load(t)
	if !ok {
		return value, false
	}
	e := found.(*entry[V])
	slot.Store(e)
	return e.value, true
}

// LoadOrStore returns what is stored for t; it is value, if there was nothing.
func (m *Map[V]) LoadOrStore(t reflect.Type, value V) V {
	stored, _ := m.all.LoadOrStore(t, &entry[V]{t, value})
	return stored.(*entry[V]).value
}

// slot returns the place of t among the recent. It goes by the address of the
// type's description, which for most types lies in the program's own memory: if
// it ever moved, a type would be looked for in the wrong slot, and found in all.
func (m *Map[V]) slot(t reflect.Type) *atomic.Pointer[entry[V]] {
	// Fibonacci hashing: the upper bits depend on all bits of the address.
	return &m.recent[uint64(reflect.ValueOf(t).Pointer())*0x9E3779B97F4A7C15>>(64-slotBits)]
}
