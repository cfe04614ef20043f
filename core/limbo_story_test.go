package core

import (
	"testing"
	"time"
)

// The program at an address is replaced: one of ours by an old one, which then
// has to be treated as such.
func TestOldProgramInPlaceOfOurs(t *testing.T) {
	s := linked(t, "b")
	s.pass(10 * time.Second)
	s.redialled("b", 1)
	s.want("send b dial#2 JOIN", "one of ours may be joined at once")
	s.limbo("b", 2, 3) // an old program answers
	s.frame("b", dialN(2), TOCK, tickBody(3))
	s.want("peer-up b", "it answers")
	s.pass(10 * time.Second)
	s.redialled("b", 2)
	s.want("send b dial#3 TICK 4", "an old program may still serve us, and a JOIN would end that")
	s.frame("b", dialN(3), TOCK, tickBody(3))
	s.want("drop b dial#3 TOCK: mismatch", "a TOCK of the former link proves nothing about this one")
	s.frame("b", dialN(3), TOCK, tickBody(5))
	s.want("drop b dial#3 TOCK: mismatch", "no such TICK has gone out")
	s.frame("b", dialN(3), TOCK, tickBody(4))
	s.want("peer-up b", "it still serves us")
}

func TestOursInPlaceOfAnOldProgram(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.limbo("b", 1, 2)
	s.pass(time.Second)
	s.established("b", 1, 7, 3)
	s.quiet(20 * time.Second) // no TICK of the limbo comes any more
	s.frame("b", dialN(1), TOCK, tickBody(3))
}

// The time of a STAY counts, not only that of a TOCK, for how long an old peer
// is taken to serve us. The clock of this story is not near zero.
func TestStayOfAnOldPeerIsRemembered(t *testing.T) {
	s := newStory(t, nil)
	s.now = Instant(500 * time.Second)
	s.dialled("o", 1)
	s.limbo("o", 1, 2)
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: dialN(1), Cause: CauseLost})
	s.pass(150 * time.Millisecond)
	s.want("dial o dial#2", "the pause is over")
	s.feed(Event{Kind: EvLinkUp, Peer: "o", Link: dialN(2)})
	s.want("send o dial#2 TICK 3", "it said STAY a moment ago")
}

func TestIdempotentCallFollowsTheTockOutOfLimbo(t *testing.T) {
	s := linkedOld(t, "o")
	s.call(1, true)
	s.want("send o dial#1 CALL", "it is active")
	s.pass(10 * time.Second)
	s.redialled("o", 1)
	s.want("send o dial#2 TICK 3", "an old peer may still serve us")
	s.frame("o", dialN(2), TOCK, tickBody(3))
	s.want("peer-up o", "it does")
	s.want("send o dial#2 CALL", "the call is sent again over the new link")
}

// Health is counted from the acceptance of a link, not from its last TOCK.
func TestTockDoesNotMakeALinkYoung(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseUnreachable})
	s.pass(150 * time.Millisecond)
	s.want("dial b dial#2", "the first pause is 100 ms")
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(2)})
	s.want("send b dial#2 TICK 1", "the link is up, and the peer may serve us already")
	s.quiet(199 * time.Millisecond)
	s.pass(time.Millisecond)
	s.want("send b dial#2 JOIN", "nobody has answered for FIRST_JOIN_TIME")
	s.established("b", 2, 7, 2)
	s.frame("b", dialN(2), MEET, meetBody(7))
	s.frame("b", dialN(2), TOCK, tickBody(2))
	s.pass(30 * time.Second)
	s.want("send b dial#2 TICK 3", "LIVE_TIME is over")
	s.frame("b", dialN(2), TOCK, tickBody(3))
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(2), Cause: CauseLost})
	s.want("dial b dial#3", "the link was healthy for 30 s: no pause")
	s.want("peer-down b (lost)", "nothing leads to it")
}

func TestSlowTockDoesNotPutTheNextTickOff(t *testing.T) {
	s := linked(t, "b")
	s.pass(30 * time.Second)
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
	s.quiet(10 * time.Second)
	s.frame("b", dialN(1), TOCK, tickBody(3))
	s.quiet(20*time.Second - time.Nanosecond)
	s.pass(time.Nanosecond)
	s.want("send b dial#1 TICK 4", "LIVE_TIME after the last one went out")
}

// A network that repeats what it has carried makes no dead link look alive.
func TestTockOfAnEarlierTickDoesNotEndTheCheck(t *testing.T) {
	s := linked(t, "b")
	s.pass(30 * time.Second)
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
	s.frame("b", dialN(1), TOCK, tickBody(2))
	s.want("drop b dial#1 TOCK: mismatch", "it has been here before")
	s.pass(30 * time.Second)
	s.want("hang-up b dial#1", "nothing has answered for LIVE_TIME")
	s.want("dial b dial#2", "a healthy link is dialled again at once")
	s.want("peer-down b (silent)", "nothing leads to it")
}

func TestSecondAnswersAreDropped(t *testing.T) {
	s := linked(t, "b")
	s.frame("b", dialN(1), STAY, nil)
	s.want("drop b dial#1 STAY: unexpected", "one of ours serves the link")
	s.frame("b", dialN(1), TOCK, tickBody(2))
	s.want("drop b dial#1 TOCK: mismatch", "no TICK is unanswered")
}
