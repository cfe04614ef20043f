package zmqio

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Whoever can reach a node can have names remembered, but only so many, and not in place of
// those that matter.
func TestStrangersAreForgotten(t *testing.T) {
	var s seen
	why := errors.New("why")
	s.note("dialled", func(p *seenPeer) { p.dialled, p.err = true, why })
	s.note("active", func(p *seenPeer) { p.since, p.err = time.Unix(1, 0), why })
	for i := range 10 * strangersMax {
		s.note(fmt.Sprint("stranger", i), func(p *seenPeer) { p.err = why })
		if s.peers.Len() > strangersMax+2 {
			t.Fatalf("%d names are remembered, want at most %d", s.peers.Len(), strangersMax+2)
		}
	}
	for _, name := range []string{"dialled", "active", fmt.Sprint("stranger", 10*strangersMax-1)} {
		if p, ok := s.find(name); !ok || p.err != why {
			t.Errorf("%s was forgotten", name)
		}
	}
	s.undial("dialled")
	for i := range 2 * strangersMax {
		s.note(fmt.Sprint("other", i), func(*seenPeer) {})
	}
	if _, ok := s.find("dialled"); ok {
		t.Error("a peer that is neither dialled nor active any more was kept")
	}
}

// A watcher that was closed is out of the node, and nothing is made for nobody.
func TestAClosedWatcherLeavesNothing(t *testing.T) {
	d, err := New(Config{Protocol: core.Config{Name: "node"}})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	for range 3 {
		w := d.Watch()
		w.Close()
		w.Close() // a second time changes nothing
	}
	if d.watchers.any() || len(d.watchers.all) > 0 {
		t.Errorf("%d watchers are left", len(d.watchers.all))
	}
}
