package bilateraltest

import (
	"slices"
	"sync"
)

// marks counts, over the runs of a batch, what has to happen sometimes.
type marks struct {
	mu     sync.Mutex
	counts map[string]int // times, by what is claimed
}

// declare returns a function that counts one.
func (m *marks) declare(claimed string) func() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.counts == nil {
		m.counts = map[string]int{}
	}
	m.counts[claimed] += 0
	return func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.counts[claimed]++
	}
}

// missed returns what has never happened, sorted.
func (m *marks) missed() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name, n := range m.counts {
		if n == 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
