package core

import (
	"testing"
	"time"
)

// Stories of Probe: what goes before JOIN on a link to a peer that may serve us.

// probed begins a story in which the first link to a peer has come up.
func probed(t *testing.T, peer string) *story {
	t.Helper()
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: peer, Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial "+peer+" dial#1", "FIRST_START_TIME is over")
	s.feed(Event{Kind: EvLinkUp, Peer: peer, Link: dialN(1)})
	s.want("send "+peer+" dial#1 TICK 1", "it may serve an earlier incarnation of us")
	return s
}

func TestAnOldPeerThatServesAnEarlierIncarnationIsNotJoined(t *testing.T) {
	s := probed(t, "o")
	s.frame("o", dialN(1), TOCK, tickBody(1))
	s.want("send o dial#1 MEET", "one of ours has to learn that this is another incarnation")
	s.want("peer-up o", "it serves us by our name")
	s.call(1, false)
	s.want("send o dial#1 CALL", "it is active")
	s.quiet(29 * time.Second)
	s.pass(time.Second)
	s.want("send o dial#1 TICK 2", "LIVE_TIME is over")
}

// A listener of ours whose transport tells links by names may take a new link for
// that of an earlier incarnation.
func TestOneOfOursThatServesAnEarlierIncarnationLearnsOfTheNewOne(t *testing.T) {
	s := probed(t, "z")
	s.frame("z", dialN(1), TOCK, tickBody(1))
	s.want("send z dial#1 MEET", "it has to forget the call ids of the earlier incarnation")
	s.want("peer-up z", "it serves us")
	s.frame("z", dialN(1), MEET, meetBody(7))
	if st, _ := s.m.Status("z"); !st.Ours {
		t.Error("its MEET shows that it is ours")
	}
	s.call(1, false)
	s.want("send z dial#1 CALL", "it is active")
	s.quiet(10 * time.Second)
	s.redialled("z", 1)
	s.want("send z dial#2 JOIN", "one of ours may be joined at once")
	s.established("z", 2, 7, 2)
	s.frame("z", dialN(2), MEET, meetBody(7))
	s.want("send z dial#2 CALL", "it is the same incarnation, which runs no call twice")
}

func TestPartEndsTheProbeAtOnce(t *testing.T) {
	for _, body := range [][]byte{nil, {extensionVersion, byte(partNotJoined)}, {extensionVersion, 99}} {
		s := probed(t, "o")
		s.frame("o", dialN(1), PART, body)
		s.want("send o dial#1 JOIN", "it does not serve this link")
		s.quiet(4 * time.Second)
	}
}

// An original that does not know us says nothing to a TICK.
func TestSilenceEndsTheProbe(t *testing.T) {
	s := probed(t, "o")
	s.quiet(199 * time.Millisecond)
	s.pass(time.Millisecond)
	s.want("send o dial#1 JOIN", "nothing has come for FIRST_JOIN_TIME")
	s.frame("o", dialN(1), PART, []byte{extensionVersion, byte(partNotJoined)})
	s.want("drop o dial#1 PART: unexpected", "the JOIN on its way answers it")
}

// Both dial at the same time: whoever's JOIN comes first ends the other's probe.
func TestJoinOfThePeerEndsTheProbe(t *testing.T) {
	s := probed(t, "z")
	s.servedAnew("z", 1)
	s.want("hang-up z dial#1", "no JOIN of ours is on its way")
	s.want("peer-up z", "it serves")
}

// A request says the same as a TOCK, and to one that knows another incarnation of us a MEET
// goes first.
func TestRequestEndsTheProbe(t *testing.T) {
	s := probed(t, "z")
	s.request("z", dialN(1), CALL, 5)
	s.want("send z dial#1 MEET", "one of ours has to learn that this is another incarnation")
	s.want("peer-up z", "only a node that serves us sends a request")
	s.want("serve z dial#1 CALL id=5", "it is run")
}

// An old peer in limbo has accepted this incarnation: there is nothing to tell it.
func TestRequestEndsALimboWithoutMeet(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("o", 1)
	s.limbo("o", 1, 2)
	s.request("o", dialN(1), CALL, 5)
	s.want("peer-up o", "it serves us")
	s.want("serve o dial#1 CALL id=5", "it is run")
}
