package core

import (
	"testing"
	"time"
)

// A call that was lost while the listener did not know the link is sent again.
func TestCallIsSentAgainAfterANotJoined(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "b is active")
	s.pass(6 * time.Second) // so that the next JOIN may go out at once
	s.frame("b", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.want("send b dial#1 JOIN", "the listener has forgotten the link")
	s.want("peer-down b (parted)", "nothing serves")
	s.frame("b", dialN(1), STAY, meetBody(7))
	s.want("send b dial#1 MEET", "a STAY of ours")
	s.want("send b dial#1 TICK", "and a TICK after it")
	s.want("peer-up b", "it serves")
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.want("send b dial#1 CALL", "PROTOCOL 8.3: the link counts as new, and b runs nothing twice")
}

// A CALL that went out before is not reported as never sent.
func TestRefusedResendWaitsOn(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "b is active")
	s.pass(6 * time.Second)
	s.redialled("b", 1)
	s.want("send b dial#2 JOIN", "the link is up")
	s.frame("b", dialN(2), STAY, meetBody(7))
	s.want("send b dial#2 MEET", "a STAY of ours")
	s.want("send b dial#2 TICK", "and a TICK after it")
	s.want("peer-up b", "it serves")
	s.frame("b", dialN(2), MEET, meetBody(7))
	s.want("send b dial#2 CALL", "the same life of b")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: dialN(2), Command: CALL, ID: s.m.calls.lastID, Cause: CauseWouldBlock})
	s.frame("b", dialN(2), TOCK, tickBody(3))
	s.request("b", dialN(2), BACK, s.m.calls.lastID)
	s.want("result #1 b replied", "PROTOCOL 7.10: it may have run, and its reply is still good")
	s.want("done #1", "it was the only one")
}

// PROTOCOL 6.7: "A reason that is not known counts as none."
func TestPartOfAnUnknownReasonFromADialler(t *testing.T) {
	s := serving(t, "b")
	s.frame("b", listenN(1), PART, []byte{1, 9})
	s.want("drop b listen#1 PART: wrong-direction", "PROTOCOL 6.8: one without a reason is dropped")
}

// PROTOCOL 8.6: "An extension is used where both ends offer its bit."
func TestExtensionsThatAreNotOfferedAreNotUsed(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.frame("b", dialN(1), STAY, AppendMeet(nil, Meet{0, 7}))
	s.want("send b dial#1 MEET", "a STAY of ours")
	s.want("send b dial#1 TICK 2", "and a TICK after it")
	s.want("peer-up b", "it serves")
	s.frame("b", dialN(1), MEET, AppendMeet(nil, Meet{0, 7}))
	s.frame("b", dialN(1), TOCK, tickBody(2))
	s.call(1, false)
	s.want("send b dial#1 CALL", "b is active")
	s.feed(Event{Kind: EvCancel, Call: 1})
	s.want("result #1 b canceled", "no VOID: b does not offer it")
	s.want("done #1", "it was the only one")
}
