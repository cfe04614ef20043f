package core

import (
	"testing"
	"time"
)

// Stories of a JOIN that comes again on a link that is served, and of its STAY.

func TestSecondStayOfAnotherLifeCounts(t *testing.T) {
	for _, state := range []State{Connected, Check} {
		s := linked(t, "b")
		if state == Check {
			s.pass(30 * time.Second)
			s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
		}
		s.call(1, false)
		s.want("send b dial#1 CALL", "it is active")
		s.call(2, true)
		s.want("send b dial#1 CALL", "it is active")
		due := s.m.Deadline()
		s.frame("b", dialN(1), STAY, meetBody(8))
		s.want("send b dial#1 MEET", "the listener has forgotten who we are")
		s.want("result #1 b restarted", "it has forgotten as well what it ran")
		s.want("done #1", "that was its only peer")
		s.want("send b dial#1 CALL", "an idempotent call is sent again")
		if got, _ := s.m.Status("b"); got.Dialling != state || s.m.Deadline() != due {
			t.Errorf("our dial is %v until %s, want %v until %s: the link was good all the time",
				got.Dialling, seconds(s.m.Deadline()), state, seconds(due))
		}
		s.call(3, false)
		s.want("send b dial#1 CALL", "it is active")
		s.feed(Event{Kind: EvCancel, Call: 3})
		s.want("send b dial#1 VOID", "it knows who we are: our MEET has gone before")
		s.want("result #3 b canceled", "the user gave it up")
		s.want("done #3", "that was its only peer")
	}
}

func TestSecondStayIsAnsweredUntilItIsAcknowledged(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.frame("b", dialN(1), STAY, meetBody(7))
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.pass(30 * time.Second)
	s.want("send b dial#1 MEET", "there was no answer")
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.frame("b", dialN(1), TOCK, tickBody(3))
	s.feed(Event{Kind: EvCancel, Call: 1})
	s.want("send b dial#1 VOID", "the call is pending still, and the life that runs it knows us")
	s.want("result #1 b canceled", "the user gave it up")
	s.want("done #1", "that was its only peer")
	s.pass(30 * time.Second)
	s.want("send b dial#1 TICK 4", "LIVE_TIME is over, and MEET has had its answer")
}

func TestLateMeetOfAForgottenLifeDoesNotCount(t *testing.T) {
	s := linked(t, "b")
	s.frame("b", dialN(1), STAY, meetBody(8)) // the listener has forgotten us meanwhile
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.frame("b", dialN(1), MEET, meetBody(8))
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.runs("b", dialN(1), 5)
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.want("send b dial#1 MEET", "it is not what the peer has said before")
	s.hasRun("b", dialN(1), 5)
	s.frame("b", dialN(1), MEET, meetBody(8)) // so the other one was late
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.want("send b dial#1 MEET", "nor is this, and no two have told it in a row")
	s.runs("b", dialN(1), 6)
	s.pass(30 * time.Second)
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over, and no MEET is missing")
}

func TestLateStayOfAForgottenLifeIsPutRightByMeets(t *testing.T) {
	s := linked(t, "b")
	s.frame("b", dialN(1), STAY, meetBody(6)) // doubled, and late
	s.want("send b dial#1 MEET", "the dialler answers STAY with who it is")
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.want("send b dial#1 MEET", "it is not what the STAY has said")
	s.pass(30 * time.Second)
	s.want("send b dial#1 MEET", "there was no answer")
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.want("send b dial#1 MEET", "it is not what the STAY has said, but has come twice")
	s.frame("b", dialN(1), MEET, meetBody(7))
	if told, _ := s.m.peers.named("b").toldOn(dialN(1)); told != 7 {
		t.Errorf("the peer is taken for incarnation %d, want 7", told)
	}
}

func TestSecondStayOnADrainingLinkCounts(t *testing.T) {
	s := linked(t, "a")
	s.crossed("a", 1, 1, 3)
	s.call(1, false)
	s.want("send a dial#1 CALL", "the other dial is not proven")
	s.proven("a", 1) // ours drains
	s.frame("a", dialN(1), STAY, meetBody(8))
	s.want("send a dial#1 MEET", "the dialler answers STAY with who it is")
	s.want("result #1 a restarted", "the listener has forgotten what it ran")
	s.want("done #1", "that was its only peer")
	s.quiet(4900 * time.Millisecond)
	s.pass(100 * time.Millisecond)
	s.want("hang-up a dial#1", "JOIN_TIME after the drain began")
}

func TestStayOnAResumedLinkChangesNothing(t *testing.T) {
	s := unreported(t, "b")
	s.established("b", 1, 7, 2)
	s.m.peers.named("b").dialling.stage = stageMetResumed
	s.frame("b", dialN(1), STAY, meetBody(8))
	s.want("drop b dial#1 STAY: unexpected", "no JOIN has gone out on this link")
}

// What a dialler has asked on a link stays its own where that link joins again: it may
// ask the same by the next one.
func TestLinkThatJoinsAgainIsOfTheSameLife(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.pass(90 * time.Second)
	s.want("peer-down b (silent)", "SERVE_TIME is over")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY", "a JOIN is served at once")
	s.want("peer-up b", "it serves")
	s.runs("b", listenN(1), 5)
	s.call(1, false)
	s.want("send b listen#1 CALL", "it is active")
	s.feed(Event{Kind: EvCancel, Call: 1})
	s.want("send b listen#1 VOID", "its MEET came in on this link")
	s.want("result #1 b canceled", "the user gave it up")
	s.want("done #1", "that was its only peer")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down b (lost)", "the link is gone")
	s.servedOurs("b", 2, 7)
	s.hasRun("b", listenN(2), 5)
}

// Where no link is reported, the number 0 stands for all links of a peer: the next may
// be of its next life.
func TestUnnumberedLinkThatJoinsAgainMayBeOfAnotherLife(t *testing.T) {
	s := newStory(t, func(c *Config) { c.LinksReported = false })
	s.servedOurs("b", 0, 7)
	s.runs("b", listenN(0), 5)
	s.pass(90 * time.Second)
	s.want("peer-down b (silent)", "SERVE_TIME is over")
	s.frame("b", listenN(0), JOIN, []byte("net"))
	s.want("send b listen#0 STAY", "a JOIN is served at once")
	s.want("peer-up b", "it serves")
	s.runs("b", listenN(0), 5)
}
