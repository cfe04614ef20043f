package core

import (
	"testing"
	"time"
)

// Stories of links that are replaced, and of two nodes with one name.

func TestReplacedLinkIsTold(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.frame("b", listenN(2), MEET, meetBody(7))
	s.want("send b listen#2 MEET", "it is the same incarnation: no word of a twin")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send b listen#2 BACK id=5", "the link of the CALL is gone, and the newer one leads to the same node")
}

func TestTwinIsReportedOnceForEachReplacement(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.frame("b", listenN(2), MEET, meetBody(8))
	s.want("drop b listen#1 MEET: twin", "that link was up, and of another incarnation")
	s.want("send b listen#2 MEET", "the listener acknowledges")
	s.told("b", 2, 8) // again, with a TICK: nothing more
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(2), Cause: CauseLost})
	s.want("peer-down b (lost)", "nothing leads to it")
	s.servedOurs("b", 3, 9) // a restart that was noticed is none
}

// A JOIN whose STAY can't be sent replaces nothing.
func TestRefusedStayReplacesNoLink(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedAnew("b", 2)
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(2), Command: STAY, Cause: CauseWouldBlock})
	s.quiet(time.Second)
	s.frame("b", listenN(1), TICK, tickBody(1))
	s.want("send b listen#1 TOCK 1", "the older link is served as before")
}

func TestReplacedDiallerStaysAway(t *testing.T) {
	s := linked(t, "b")
	s.frame("b", dialN(1), PART, []byte{extensionVersion, byte(partReplaced)})
	s.want("hang-up b dial#1", "another node has this node's name")
	s.want("drop b dial#1 PART: twin", "the driver tells its user")
	s.want("peer-down b (twin)", "it does not serve us")
	s.quiet(time.Minute)
	s.pass(time.Minute)
	s.want("dial b dial#2", "RETRY_TIME, and up to as long again, is over")
	if st, _ := s.m.Status("b"); st.Backoff != 0 {
		t.Errorf("k is %d, want 0: no phase has failed", st.Backoff)
	}
}

// While the other half serves nobody waits.
func TestReplacedDialBesideTheOtherHalf(t *testing.T) {
	s := linked(t, "b")
	s.crossed("b", 1, 1, 3)
	s.frame("b", dialN(1), PART, []byte{extensionVersion, byte(partReplaced)})
	s.want("hang-up b dial#1", "another node has this node's name")
	s.want("drop b dial#1 PART: twin", "the driver tells its user")
	s.call(1, false)
	s.want("send b listen#1 CALL", "the other half serves")
}
