package core

import (
	"strings"
	"testing"
	"time"
)

func TestFramesOfALostListeningLinkChangeNothing(t *testing.T) {
	s := newStory(t, nil)
	s.served("b", 4)
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(5), Cause: CauseLost})
	s.frame("b", listenN(4), TICK, tickBody(1))
	s.want("send b listen#4 TOCK 1", "a newer link that never joined and was lost does not end the one that serves")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(4), Cause: CauseLost})
	s.want("peer-down b (lost)", "the link is gone")
	s.frame("b", listenN(4), JOIN, []byte("net"))
	s.want("drop b listen#4 JOIN: stale-link", "PROTOCOL 2.1: nothing of a lost link counts")
	s.frame("b", listenN(5), JOIN, []byte("net"))
	s.want("drop b listen#5 JOIN: stale-link", "nor of one that was lost before it joined")
	s.served("b", 6)
}

// A stranger that claims the name of a peer, or a dial of the peer's own that was slow to
// be accepted, leaves a newer link behind that never joins.
func TestLossOfANewerLinkDoesNotShutOutOneThatHasYetToJoin(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(4), TICK, tickBody(1))
	s.want("drop b listen#4 TICK: not-joined", "the link has not joined")
	s.want("send b listen#4 PART not-joined", "and its dialler should know")
	for n := uint64(5); n < 5+goneMax-1; n++ {
		s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(n), Cause: CauseLost})
	}
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(2), Cause: CauseLost}) // an older one
	for n := uint64(5); n < 5+goneMax-1; n++ {
		s.frame("b", listenN(n), JOIN, []byte("net"))
		s.want("drop b "+listenN(n).String()+" JOIN: stale-link", "PROTOCOL 2.1: nothing of a lost link counts")
	}
	s.served("b", 4)
}

// What is remembered of lost links is bounded.
func TestLinksBelowTheLostOnesThatAreKnownCountAsLost(t *testing.T) {
	s := newStory(t, nil)
	s.served("b", 1)
	for n := uint64(10); n < 10+2*goneMax; n += 2 {
		s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(n), Cause: CauseLost})
	}
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(10 + 2*goneMax - 2), Cause: CauseLost}) // again: it takes no other's place
	s.frame("b", listenN(9), JOIN, []byte("net"))
	s.want("drop b listen#9 JOIN: stale-link", "it may have been lost before those that are known")
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("send b listen#1 TOCK 1", "the current link goes on until its own loss")
	s.frame("b", listenN(11), JOIN, []byte("net"))
	s.want("send b listen#11 STAY", "it is between two that were lost, and was not")
}

func TestEachLinkThatHasNotJoinedIsToldSo(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("drop b listen#1 TICK: not-joined", "the link has not joined")
	s.want("send b listen#1 PART not-joined", "and its dialler should know")
	s.frame("b", listenN(1), TICK, tickBody(2))
	s.want("drop b listen#1 TICK: not-joined", "once in JOIN_TIME is enough")
	s.frame("b", listenN(2), TICK, tickBody(3))
	s.want("drop b listen#2 TICK: not-joined", "a newer link has not joined either")
	s.want("send b listen#2 PART not-joined", "and has not been told yet")
}

func TestPeerThatIsGoneForLongestMakesRoom(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.PeersMax = 2 })
	for i, name := range []string{"b", "c"} {
		n := uint64(i + 1)
		s.served(name, n)
		s.feed(Event{Kind: EvLinkLost, Peer: name, Link: listenN(n), Cause: CauseLost})
		s.want("peer-down "+name+" (lost)", "the link is gone")
		s.pass(time.Second)
	}
	s.served("d", 3)
	if _, known := s.m.Status("b"); known {
		t.Error("b is known, though it has been gone for longest and there was no room")
	}
	if _, known := s.m.Status("c"); !known {
		t.Error("c was forgotten, though b has been gone for longer")
	}
}

// An incarnation promises a memory of requests, which ends with the entry of a peer.
func TestEntryMadeAnewTellsAnotherIncarnation(t *testing.T) {
	s := newStory(t, nil)
	var told []string
	for n := uint64(1); n <= 2; n++ {
		s.frame("b", listenN(n), JOIN, []byte("net"))
		told = append(told, s.loose[0])
		s.want("send b "+listenN(n).String()+" STAY", "a JOIN is served at once")
		s.want("peer-up b", "it serves")
		s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(n), Cause: CauseLost})
		s.want("peer-down b (lost)", "the link is gone")
		s.quiet(90 * time.Second) // SERVE_TIME
	}
	if _, of1, _ := strings.Cut(told[0], "STAY "); strings.HasSuffix(told[1], of1) {
		t.Errorf("both entries tell %s, but what the first one had run is forgotten", of1)
	}
}
