package core

import (
	"testing"
	"time"
)

func TestIdempotentCallFollowsAnOldDialler(t *testing.T) {
	s := serving(t, "o")
	s.call(1, true)
	s.want("send o listen#1 CALL", "it is served")
	s.call(2, false)
	s.want("send o listen#1 CALL", "it is served")
	s.servedAnew("o", 2) // a newer link is a re-synchronisation
	s.want("send o listen#2 CALL", "the user said that the first call may run twice; an old peer gets no other one twice")
}

func TestIdempotentCallFollowsOutOfLimbo(t *testing.T) {
	s := linkedOld(t, "o")
	s.call(1, true)
	s.want("send o dial#1 CALL", "it is active")
	s.frame("o", dialN(1), PART, nil)
	s.want("hang-up o dial#1", "an old PART ends the dial")
	s.want("peer-down o (parted)", "and nothing serves")
	s.pass(11 * time.Second)
	s.want("dial o dial#2", "the wait after a PART is over")
	s.feed(Event{Kind: EvLinkUp, Peer: "o", Link: dialN(2)})
	s.want("send o dial#2 JOIN", "it said that it does not serve us")
	s.limbo("o", 2, 3)
	s.request("o", dialN(2), CAST, 1)
	s.want("peer-up o", "only a node that serves us sends a request")
	s.want("send o dial#2 CALL", "the call is sent again")
	s.want("serve o dial#2 CAST", "the request is run")
}

func TestCallsToARestartedListenerOnTheSameLink(t *testing.T) {
	s := unreported(t, "b")
	s.established("b", 1, 7, 2)
	s.frame("b", dialN(1), MEET, meetBody(7))
	s.frame("b", dialN(1), TOCK, tickBody(2))
	s.pass(10 * time.Second)
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.call(2, true)
	s.want("send b dial#1 CALL", "it is active")
	s.frame("b", dialN(1), PART, []byte{1, byte(partNotJoined)})
	s.want("send b dial#1 JOIN", "the listener has forgotten us")
	s.want("peer-down b (parted)", "it does not serve")
	s.frame("b", dialN(1), STAY, meetBody(8))
	s.want("result #1 b restarted", "another incarnation: it may have been run")
	s.want("done #1", "that was its only peer")
	s.want("send b dial#1 MEET", "the dialler says who it is")
	s.want("send b dial#1 TICK 3", "a TICK asks at once")
	s.want("peer-up b", "it serves")
	s.frame("b", dialN(1), MEET, meetBody(8))
	s.want("send b dial#1 CALL", "an idempotent call is sent again")
}

func TestCallToAFormerLifeEndsWithItsLink(t *testing.T) {
	s := linked(t, "z")
	s.call(1, false)
	s.want("send z dial#1 CALL", "it is active")
	s.call(2, true)
	s.want("send z dial#1 CALL", "it is active")
	s.crossed("z", 1, 1, 3)
	s.told("z", 1, 8) // our dial may yet bring a reply
	s.pass(2 * time.Second)
	s.want("hang-up z dial#1", "it is not answered, and the other half serves")
	s.want("result #1 z restarted", "its link led to another life of the peer")
	s.want("done #1", "that was its only peer")
	s.want("send z listen#1 CALL", "an idempotent call is sent again")
}

func TestDuplicateOnACutDrainKeepsTheLink(t *testing.T) {
	s := linked(t, "a")
	s.request("a", dialN(1), CAST, 5)
	s.want("serve a dial#1 CAST", "a request is run")
	s.crossed("a", 1, 1, 3)
	s.proven("a", 1)
	s.pass(6 * time.Second) // the drain waits for the handler
	s.request("a", dialN(1), CAST, 5)
	s.want("drop a dial#1 CAST: duplicate-request", "it is running")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.want("hang-up a dial#1", "nothing needs the draining link any more")
}

func TestReplyTakesTheOtherHalf(t *testing.T) {
	s := linked(t, "z")
	s.request("z", dialN(1), CALL, 5)
	s.want("serve z dial#1 CALL", "a request is run")
	s.crossed("z", 1, 1, 3)
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(1), Cause: CauseLost})
	s.told("z", 1, 7)
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send z listen#1 BACK", "the link of the CALL is gone, and the peer is ours")
}

// Who has come on the newer link is not known before its MEET: the next life of the caller
// may have a call of the same id.
func TestReplyIsNotGivenToAStranger(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.servedAnew("b", 2)
	s.replaced("b", 1)
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	if got := s.m.Stats().RepliesLost; got != 1 {
		t.Errorf("%d replies lost, want 1", got)
	}
}

// Nor is it given to the next life of the caller, which has told that it is one.
func TestReplyIsNotGivenToTheNextLifeOfItsCaller(t *testing.T) {
	for _, c := range []struct {
		incarnation uint64
		lost        uint64
	}{{7, 0}, {8, 1}} {
		s := newStory(t, nil)
		s.servedOurs("b", 1, 7)
		s.request("b", listenN(1), CALL, 5)
		s.want("serve b listen#1 CALL", "a request is run")
		s.servedAnew("b", 2)
		s.replaced("b", 1)
		s.frame("b", listenN(2), MEET, AppendMeet(nil, Meet{extAtMostOnce | extVoid, c.incarnation}))
		if c.lost > 0 {
			s.want("cancel (restarted)", "its calls have ended with it")
			s.want("drop b listen#1 MEET: twin", "it is another one")
		}
		s.want("send b listen#2 MEET", "it is answered")
		if c.lost > 0 {
			s.request("b", listenN(2), VOID, 5)
			s.noneLeft() // it is no call of this life's
		}
		s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
		if c.lost == 0 {
			s.want("send b listen#2 BACK", "it is the one that has asked")
		}
		if got := s.m.Stats().RepliesLost; got != c.lost {
			t.Errorf("incarnation %d: %d replies lost, want %d", c.incarnation, got, c.lost)
		}
	}
}

func TestReplyToNobodyIsCounted(t *testing.T) {
	s := serving(t, "o")
	s.request("o", listenN(1), CALL, 5)
	s.want("serve o listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down o (lost)", "nothing leads to it")
	s.want("cancel (lost)", "an old peer gets its reply by that link only")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	if got := s.m.Stats().RepliesLost; got != 1 {
		t.Errorf("%d replies lost, want 1", got)
	}
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.want("refuse no-such-request", "a ticket is good once")
}

func TestCallEndsAtItsTimeoutWhateverComes(t *testing.T) {
	s := linked(t, "b")
	s.feed(Event{Kind: EvCall, Call: 1, Method: []byte("S.M"), Timeout: time.Second})
	s.want("send b dial#1 CALL", "it is active")
	s.now += Instant(time.Second)
	s.request("b", dialN(1), BACK, s.m.calls.lastID)
	s.want("send b dial#1 VOID", "the timer fires first")
	s.want("result #1 b silent", "at the timeout")
	s.want("done #1", "that was its only peer")
	s.want("drop b dial#1 BACK: late-back", "nobody waits for it")
}

func TestCallsToADisconnectedPeerEndAtOnce(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	s.feed(Event{Kind: EvDisconnect, Peer: "b"})
	s.want("send b dial#1 PART leaving", "the user wants it forgotten")
	s.want("hang-up b dial#1", "the dial is over")
	s.want("result #1 b disconnected", "the call may have run, and nobody waits for it")
	s.want("done #1", "that was its only peer")
	s.want("peer-down b (disconnected)", "nothing leads to it")
}

func TestStepRefusesEventsOfNoKind(t *testing.T) {
	s := newStory(t, nil)
	for _, kind := range []EventKind{0, eventKindCount, 255} {
		s.feed(Event{Kind: kind})
		s.want("refuse invalid-event", "it is no event")
	}
	s.feed(Event{Kind: EvConnect, Peer: "b"})
	s.want("refuse invalid-event", "an address is missing")
	s.feed(Event{Kind: EvConnect, Peer: "\x00b", Address: "there"})
	s.want("refuse bad-name", "names don't begin with zero")
	s.feed(Event{Kind: EvReply, Ticket: 77})
	s.want("refuse no-such-request", "nothing is being served")
	s.feed(Event{Kind: EvCast, Method: make([]byte, 5<<20)})
	s.want("refuse too-large", "beyond the limit")
	if got := s.m.Stats().Refusals; got[RefuseInvalid] != 4 || got[RefuseName] != 1 || got[RefuseNoTicket] != 1 || got[RefuseTooLarge] != 1 {
		t.Errorf("refusals %v, want what was refused", got)
	}
}

// A life of the peer that has not been told yet, two that overlap, and their ids.
func TestRequestIDsOfTwoLives(t *testing.T) {
	s := linked(t, "z")
	s.request("z", dialN(1), CAST, 900)
	s.want("serve z dial#1 CAST", "its first life asks")
	s.crossed("z", 1, 1, 3) // its second life dials
	s.request("z", listenN(1), CAST, 5)
	s.want("serve z listen#1 CAST", "the first request on this link")
	s.told("z", 1, 8)
	s.request("z", listenN(1), CAST, 5)
	s.want("drop z listen#1 CAST: duplicate-request", "what ran before the MEET is remembered with the life it told")
	s.request("z", dialN(1), CAST, 901)
	s.want("serve z dial#1 CAST", "a late request of the first life")
	s.request("z", listenN(1), CAST, 6)
	s.want("serve z listen#1 CAST", "which says nothing about the ids of the second")
	s.request("z", dialN(1), CAST, 900)
	s.want("drop z dial#1 CAST: duplicate-request", "the first life's ids are remembered too")
}

func TestRequestsBeyondTheMethodLimit(t *testing.T) {
	s := serving(t, "b")
	s.frame("b", listenN(1), CALL, AppendPayload(nil, &Action{Command: CALL, ID: 1, Method: make([]byte, 1025)}))
	s.want("drop b listen#1 CALL: oversize", "the method's name is too long")
	s.want("send b listen#1 BACK id=1", "the caller is told")
	s.frame("b", listenN(1), CALL, make([]byte, 4<<20+1))
	s.want("drop b listen#1 CALL: oversize", "the message is too long to be looked at")
}

// The answer to a nudge is passed over, late ones too: being heard is its purpose.
func TestNudgeMakesAnOldDiallerSpeak(t *testing.T) {
	s := serving(t, "o")
	s.pass(10 * time.Second)
	s.feed(Event{Kind: EvCast, Method: []byte("S.M")})
	s.want("send o listen#1 CAST", "it is served")
	s.pass(20 * time.Second)
	s.want("send o listen#1 CALL", "sent to, but not heard for LIVE_TIME")
	s.pass(5 * time.Second)
	s.want("send o listen#1 CALL", "and again every JOIN_TIME")
	nudge := AppendPayload(nil, &Action{Command: CALL, ID: s.m.peers.named("o").listening.nudge})
	s.frame("o", listenN(1), BACK, nudge)
	s.frame("o", listenN(1), BACK, nudge)
	s.pass(30 * time.Second)
	if len(s.loose) > 0 {
		t.Errorf("nothing was sent to it since, so nothing is due: %q", s.loose)
	}
}
