package core

import "testing"

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
