package check

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// Every kind and command has a bit of its own, which is none of those that keepers set.
func TestLooksHaveABitForEverything(t *testing.T) {
	sets := []Looks{looksCalls, looksPairs, looksUnmet}
	for k := core.EvFrame; k <= core.EvRedial; k++ {
		sets = append(sets, OnEvents(k))
	}
	for c := core.Unknown; c <= core.WITH; c++ {
		sets = append(sets, OnCommands(c), OnSent(c))
	}
	for k := core.ActSend; k <= core.ActStopped; k++ {
		sets = append(sets, OnActions(k))
	}
	var all Looks
	for i, l := range sets {
		if l == 0 || all.Meet(l) {
			t.Errorf("set %d, %x, has no bit of its own", i, uint64(l))
		}
		all |= l
	}
}

func TestLooksOfAStep(t *testing.T) {
	tick := core.Action{Kind: core.ActSend, Peer: "b", Command: core.TICK}
	withHead := tick
	withHead.Head = []byte{1}
	frame, timeout := &core.Event{Kind: core.EvFrame, Peer: "b"}, &core.Event{Kind: core.EvTimeout}
	for _, c := range []struct {
		name string
		ev   *core.Event
		acts []core.Action
		want Looks
	}{
		{"a frame of an unknown command", frame, nil, OnEvents(core.EvFrame) | OnCommands(core.Unknown)},
		{"an event without a command", timeout, nil, OnEvents(core.EvTimeout)},
		{"a TICK", timeout, []core.Action{tick}, OnEvents(core.EvTimeout) | OnActions(core.ActSend) | OnSent(core.TICK)},
		{"a TICK with a head", timeout, []core.Action{withHead}, OnEvents(core.EvTimeout) | OnActions(core.ActSend) | OnSent(core.TICK, core.WITH)},
	} {
		if got := looksOf(c.ev, c.acts); got != c.want {
			t.Errorf("%s has %x, want %x", c.name, uint64(got), uint64(c.want))
		}
	}
	if !newHeads(newLedger()).Looks().Meet(looksOf(timeout, []core.Action{withHead})) {
		t.Error("P21 is not shown a TICK with a head")
	}
}

// A step is about each peer once, in the order in which it names them.
func TestAStepIsAboutEachPeerOnce(t *testing.T) {
	w := newStub(t)
	var s Step
	for n, c := range []struct {
		peer string
		acts []string
		want []string
	}{
		{"b", []string{"b", "c", "", "b", "d", "c"}, []string{"b", "c", "d"}},
		{"", []string{"d", "b", "d"}, []string{"d", "b"}},
		{"", nil, nil},
	} {
		var acts []core.Action
		for _, p := range c.acts {
			acts = append(acts, core.Action{Kind: core.ActDrop, Peer: p})
		}
		s.Begin(uint64(n+1), 0, w.node, &core.Event{Kind: core.EvFrame, Peer: c.peer})
		s.Took(acts)
		s.Gather()
		s.Gather() // the second one changes nothing
		if len(s.about) != len(c.want) {
			t.Fatalf("step %d is about %d peers, want %q", n+1, len(s.about), c.want)
		}
		for i, name := range c.want {
			if p := s.subject(name); p != &s.about[i] || p.name != name || p.place != w.node.places.of(name) {
				t.Errorf("step %d: peer %d is %+v, want %s", n+1, i, s.about[i].placed, name)
			}
		}
		if s.subject("e") != nil {
			t.Errorf("step %d is about e", n+1)
		}
	}
}
