package zmqio

import (
	"iter"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/few"
)

// Links is a map from links to what a node or a transport keeps of them. It
// remembers what it found last, since traffic comes in runs with the same peer
// and a look-up in a Go map is a noticeable part of a call. The zero value is
// empty. Even Find must not be called concurrently.
type Links[T any] struct {
	all   few.Map[core.Link, T]
	last  core.Link // the zero link, which does not exist, if nothing is remembered
	found T
}

// Find returns what belongs to link, and whether there is anything.
func (s *Links[T]) Find(link core.Link) (T, bool) {
	if link == s.last && link != (core.Link{}) {
		return s.found, true
	}
	found, ok := s.all.Get(link)
	if ok {
		s.last, s.found = link, found
	}
	return found, ok
}

// Put makes value what belongs to link.
func (s *Links[T]) Put(link core.Link, value T) {
	s.all.Put(link, value)
	s.forget(link)
}

// Delete removes link, if it is there.
func (s *Links[T]) Delete(link core.Link) {
	s.all.Delete(link)
	s.forget(link)
}

func (s *Links[T]) forget(link core.Link) {
	if link == s.last {
		var none T
		s.last, s.found = core.Link{}, none
	}
}

// All visits every link, in no order. The one visited may be deleted.
func (s *Links[T]) All() iter.Seq2[core.Link, T] { return s.all.All() }
