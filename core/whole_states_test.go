package core

import "testing"

// linkReplaced returns a machine that has yet to tell an accepted link, on which the
// peer's incarnation was told, that a newer one has replaced it.
func linkReplaced(t *testing.T) *Machine {
	t.Helper()
	s := newStory(t, nil)
	s.served("c", 1)
	s.servedOurs("b", 2, 7)
	s.servedAnew("b", 3)
	return s.m
}

// justJoined returns a machine whose last event was a JOIN of a name that it did not know,
// and that can still be undone.
func justJoined(t *testing.T) *Machine {
	t.Helper()
	s := newStory(t, nil)
	s.served("c", 1)
	return s.m
}

// manyPeers returns a machine with more peers than are searched for one by one.
func manyPeers(t *testing.T) *Machine {
	t.Helper()
	s := newStory(t, nil)
	for n := range uint64(slotsFew + 2) {
		s.served("p"+number(n), n+1)
	}
	return s.m
}
