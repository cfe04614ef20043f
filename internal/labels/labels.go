// Package labels bounds what metrics and traces are labelled with, for the modules that
// export them.
package labels

import (
	"strings"
	"sync"
)

// Other is the label of what has none of its own. It is OpenTelemetry's word.
const Other = "_OTHER"

// Bounded gives the first Max names that it sees a label of their own, and others Other. Its
// methods may be called concurrently.
type Bounded struct {
	Max int

	mu     sync.RWMutex
	labels map[string]string // by the names; at most Max
}

// Of returns the label of a name.
func (b *Bounded) Of(name string) string {
	b.mu.RLock()
	label, ok := b.labels[name]
	full := len(b.labels) >= b.Max
	b.mu.RUnlock()
	switch {
	case ok:
		return label
	case full:
		return Other
	}
	return b.add(name)
}

func (b *Bounded) add(name string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	if label, ok := b.labels[name]; ok {
		return label
	}
	if len(b.labels) >= b.Max {
		return Other
	}
	if b.labels == nil {
		b.labels = make(map[string]string)
	}
	label := Text(name)
	b.labels[strings.Clone(name)] = label
	return label
}

// textMax bounds what Text returns: the texts of errors of peers are of any length.
const textMax = 256

// Text is s as it can be a label or an attribute: at most 256 bytes of it, in UTF-8, as one
// of anything else fails a whole scrape or batch.
func Text(s string) string {
	if len(s) > textMax {
		s = s[:textMax]
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
