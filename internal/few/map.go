// Package few has a map that takes little memory while it has few keys, as most of a node
// with one peer have: Go's takes room for eight with the first one.
package few

import "iter"

// most is how many keys are looked for one by one.
const most = 8

// Map is a map from K to V. The zero value is empty.
type Map[K comparable, V any] struct {
	few []entry[K, V] // until all is made
	all map[K]V
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

// Len returns how many keys there are.
func (m *Map[K, V]) Len() int { return len(m.few) + len(m.all) }

// Get returns the value of key, and whether there is one.
func (m *Map[K, V]) Get(key K) (value V, ok bool) {
	if m.all != nil {
		value, ok = m.all[key]
		return value, ok
	}
	if i := m.index(key); i >= 0 {
		return m.few[i].value, true
	}
	return value, false
}

func (m *Map[K, V]) index(key K) int {
	for i := range m.few {
		if m.few[i].key == key {
			return i
		}
	}
	return -1
}

// Find is Get for a key that is not a string yet, and need not become one.
func Find[V any](m *Map[string, V], key []byte) (value V, ok bool) {
	if m.all != nil {
		value, ok = m.all[string(key)]
		return value, ok
	}
	for i := range m.few {
		if m.few[i].key == string(key) {
			return m.few[i].value, true
		}
	}
	return value, false
}

// Put makes value that of key.
func (m *Map[K, V]) Put(key K, value V) {
	if m.all != nil {
		m.all[key] = value
		return
	}
	if i := m.index(key); i >= 0 {
		m.few[i].value = value
		return
	}
	if len(m.few) < most {
		m.few = append(m.few, entry[K, V]{key, value})
		return
	}
	m.all = make(map[K]V, most+1)
	for _, e := range m.few {
		m.all[e.key] = e.value
	}
	m.few, m.all[key] = nil, value
}

// Delete removes key, if it is there.
func (m *Map[K, V]) Delete(key K) {
	if m.all != nil {
		delete(m.all, key)
		return
	}
	if i := m.index(key); i >= 0 {
		last := len(m.few) - 1
		m.few[i] = m.few[last]
		m.few[last] = entry[K, V]{}
		m.few = m.few[:last]
	}
}

// All visits every key, in no order. The one visited may be deleted, and none be added.
func (m *Map[K, V]) All() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for i := len(m.few) - 1; i >= 0; i-- {
			if !yield(m.few[i].key, m.few[i].value) {
				return
			}
		}
		for key, value := range m.all {
			if !yield(key, value) {
				return
			}
		}
	}
}
