package core

import (
	"testing"
	"time"
)

// Stories of PART: which counts, and what follows it.

func TestPartBeforeTheLinkIsUpIsDropped(t *testing.T) {
	s := newStory(t, func(c *Config) { c.LinksReported = false })
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(250 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	for _, body := range [][]byte{nil, {1, byte(partNotJoined)}, {1, byte(partWrongNetwork)}, {1, byte(partLeaving)}} {
		s.frame("b", dialN(1), PART, body)
		s.want("drop b dial#1 PART: unexpected", "no JOIN has gone out")
	}
	s.pass(time.Second)
	s.want("send b dial#1 TICK 1", "FIRST_JOIN_TIME is over, and it may serve us already")
}

// A listener that has forgotten us is joined again on the same link, as in a
// phase of its own.
func TestRejoinHasItsOwnPhase(t *testing.T) {
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.frame("b", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.want("send b dial#1 JOIN", "the listener has forgotten us")
	s.want("peer-down b (parted)", "it does not serve")
	for range 9 {
		s.pass(5 * time.Second)
		s.want("send b dial#1 JOIN", "ten JOINs a phase")
	}
	s.pass(5 * time.Second)
	s.want("hang-up b dial#1", "the phase has failed")
}

func TestRejoinWaitsForJoinTime(t *testing.T) {
	s := linked(t, "b")
	s.frame("b", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.want("peer-down b (parted)", "it does not serve")
	s.frame("b", dialN(1), STAY, meetBody(7))
	s.want("drop b dial#1 STAY: unexpected", "it answers the JOIN from before the PART")
	s.pass(5 * time.Second)
	s.want("send b dial#1 JOIN", "JOIN_TIME after the last one")
}

func TestRejoinForgetsWhoAnswered(t *testing.T) {
	s := unreported(t, "b")
	s.established("b", 1, 7, 2)
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.frame("b", dialN(1), TOCK, tickBody(2))
	s.pass(10 * time.Second)
	s.frame("b", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.want("send b dial#1 JOIN", "the listener has forgotten us")
	s.want("peer-down b (parted)", "it does not serve")
	s.frame("b", dialN(1), STAY, nil)
	s.want("send b dial#1 TICK 3", "an old program has taken its place, to which MEET says nothing")
}

// A driver that does not number its links has 0 for all of them.
func TestPartForWantOfAJoinAtTheBeginningOfTime(t *testing.T) {
	s := newStory(t, nil)
	for range 2 {
		s.frame("b", listenN(0), TICK, tickBody(1))
		s.want("drop b listen#0 TICK: not-joined", "it has not joined")
		if s.m.Stats().FramesOut[PART] == 1 && len(s.loose) > 0 {
			s.want("send b listen#0 PART not-joined", "so that it joins")
		}
	}
	if got := s.m.Stats().FramesOut[PART]; got != 1 {
		t.Errorf("%d PARTs, want one in JOIN_TIME", got)
	}
}

func TestLimboJoinCountsForTheRejoin(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("o", 1)
	s.frame("o", dialN(1), STAY, nil)
	s.want("send o dial#1 TICK", "limbo, perhaps")
	for range 59 {
		s.pass(2 * time.Second)
		s.want("send o dial#1 TICK", "a limbo is asked every 2 s")
	}
	s.pass(2 * time.Second)
	s.want("send o dial#1 JOIN", "SERVE_TIME + LIVE_TIME are over")
	s.want("send o dial#1 TICK", "and 2 s since the last one")
	s.frame("o", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.quiet(4 * time.Second) // no JOIN yet: the last one went out just now
	s.pass(2 * time.Second)
	s.want("send o dial#1 JOIN", "JOIN_TIME after the last one")
}

func TestJoinOfAnotherNetworkIsToldSo(t *testing.T) {
	s := newStory(t, nil)
	s.frame("b", listenN(1), JOIN, []byte("other"))
	s.want("drop b listen#1 JOIN: wrong-network", "two networks are not bridged")
	s.want("send b listen#1 PART wrong-network", "its user should know, and it should stay away")
}

// An old peer falls into limbo at each JOIN: a link that flaps must not bring it several.
func TestOldPeerIsJoinedOnceInJoinTimeWhateverItsLinksDo(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("o", 1)
	s.limbo("o", 1, 2)
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: dialN(1), Cause: CauseLost})
	s.pass(150 * time.Millisecond)
	s.want("dial o dial#2", "an established link is dialled again soon")
	s.feed(Event{Kind: EvLinkUp, Peer: "o", Link: dialN(2)})
	s.want("send o dial#2 TICK 3", "it may serve us already")
	s.frame("o", dialN(2), PART, nil)
	s.quiet(4 * time.Second) // it does not, but the last JOIN went out just now
	s.pass(time.Second)
	s.want("send o dial#2 JOIN", "JOIN_TIME after the last one")
}
