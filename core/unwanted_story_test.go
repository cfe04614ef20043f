package core

import (
	"testing"
	"time"
)

// The driver is told once that nobody waits for a handler, however that comes about.

func TestLeavingCallerWantsNoReply(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.servedOurs("c", 2, 8)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.request("b", listenN(1), CAST, 6)
	s.want("serve b listen#1 CAST", "another one, which wants no reply")
	s.request("c", listenN(2), CALL, 5)
	s.want("serve c listen#2 CALL", "and that of somebody else")
	s.request("b", listenN(1), CALL, 7)
	s.want("serve b listen#1 CALL", "one that is answered")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[3], Method: []byte("S.M")})
	s.want("send b listen#1 BACK id=7", "so that nobody waits for it")
	s.frame("b", listenN(1), PART, []byte{extensionVersion, byte(partLeaving)})
	s.want("cancel (parted)", "b has ended its calls; a CAST was none")
	s.want("peer-down b (parted)", "it has left")
	s.frame("c", listenN(2), VOID, AppendPayload(nil, &Action{Command: VOID, ID: 5}))
	s.want("cancel", "c has taken its call back")
	s.frame("c", listenN(2), PART, []byte{extensionVersion, byte(partLeaving)})
	s.want("peer-down c (parted)", "its handler has been told already")
}

func TestLeavingListenerWantsNoReply(t *testing.T) {
	s := linked(t, "z")
	s.request("z", dialN(1), CALL, 5)
	s.want("serve z dial#1 CALL", "a request is run")
	s.frame("z", dialN(1), PART, []byte{extensionVersion, byte(partNotJoined)})
	s.want("peer-down z (parted)", "it has forgotten us")
	s.pass(5 * time.Second)
	s.want("send z dial#1 JOIN", "JOIN_TIME after the last one")
	s.frame("z", dialN(1), STAY, meetBody(7))
	s.want("send z dial#1 MEET", "the link begins anew")
	s.want("send z dial#1 TICK", "it asks at once")
	s.want("peer-up z", "the link is the same, and may bring the reply")
	s.frame("z", dialN(1), PART, []byte{extensionVersion, byte(partLeaving)})
	s.want("cancel (parted)", "now it has ended its calls")
	s.want("hang-up z dial#1", "the link is over")
	s.want("peer-down z (parted)", "it has left")
}

// A caller of ours that is away for a moment comes back for its reply. One that stays away
// is given up: when it would be forgotten, or a whole phase of dials has failed.
func TestCallerThatStaysAwayIsGivenUp(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.request("b", listenN(1), CALL, 5)
	s.want("serve b listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down b (lost)", "it may be back, and its reply goes by another link then")
	s.quiet(89 * time.Second)
	s.pass(2 * time.Second)
	s.want("cancel (unreachable)", "it was away for SERVE_TIME")
	s.quiet(200 * time.Second)

	s = linked(t, "z")
	s.request("z", dialN(1), CALL, 5)
	s.want("serve z dial#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(1), Cause: CauseLost})
	s.want("peer-down z (lost)", "it may be back, and is dialled")
	for n := uint64(2); ; n++ {
		s.pass(time.Second)
		if s.loose[0] != "dial z "+dialN(n).String()+" there" {
			break
		}
		s.want("dial z", "it is dialled again")
		s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(n), Cause: CauseUnreachable})
	}
	if phase := s.m.cfg.Timing.dialPhase(); s.now < Instant(phase) {
		t.Errorf("it is given up after %s s, want a phase of %v", seconds(s.now), phase)
	}
	s.want("cancel (unreachable)", "a whole phase has failed")
	s.quiet(20 * time.Second)
}

// A newer link of the caller that comes and goes without a JOIN takes nothing from the one
// that its CALL came by.
func TestLossOfALinkThatHasNotJoinedCancelsNothing(t *testing.T) {
	s := serving(t, "o")
	s.request("o", listenN(1), CALL, 5)
	s.want("serve o listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: listenN(2), Cause: CauseLost})
	s.noneLeft()
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0], Method: []byte("S.M")})
	s.want("send o listen#1 BACK id=5", "its link is there")
}

// The accepted link of an old peer that a newer one replaces is over, once the STAY has
// been taken; one whose STAY is refused is back.
func TestReplacedLinkOfAnOldCaller(t *testing.T) {
	s := serving(t, "o")
	s.request("o", listenN(1), CALL, 5)
	s.want("serve o listen#1 CALL", "a request is run")
	s.frame("o", listenN(2), JOIN, []byte("net"))
	s.want("send o listen#2 STAY", "the newer link is served")
	s.feed(Event{Kind: EvSendRefused, Peer: "o", Link: listenN(2), Command: STAY, Cause: CauseWouldBlock})
	s.noneLeft()
	s.frame("o", listenN(3), JOIN, []byte("net"))
	s.want("send o listen#3 STAY", "so is the next one")
	s.feed(Event{Kind: EvTimeout})
	s.want("send o listen#1 PART replaced", "the STAY has been taken")
	s.want("hang-up o listen#1", "a name has one link")
	s.want("cancel (lost)", "no other link brings the reply of an old peer")
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: listenN(1), Cause: CauseLost})
	s.noneLeft() // it was told
}

// The link of an old peer that was silent may join again, until it is lost.
func TestLossOfASilentLinkOfAnOldCaller(t *testing.T) {
	s := serving(t, "o")
	s.request("o", listenN(1), CALL, 5)
	s.want("serve o listen#1 CALL", "a request is run")
	s.pass(90 * time.Second)
	s.want("peer-down o (silent)", "SERVE_TIME is over")
	s.quiet(time.Second)
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: listenN(1), Cause: CauseLost})
	s.want("cancel (lost)", "no other link brings the reply of an old peer")
}

// The reply to an old peer goes by the link of its CALL, or not at all.
func TestLostDialOfAnOldCaller(t *testing.T) {
	for healthy, dials := range map[time.Duration]bool{0: false, 6 * time.Second: true} {
		s := linkedOld(t, "o")
		s.request("o", dialN(1), CALL, 5)
		s.want("serve o dial#1 CALL", "a request is run")
		s.quiet(healthy)
		s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: dialN(1), Cause: CauseLost})
		if dials {
			s.want("dial o dial#2", "the link was healthy for JOIN_TIME, so it is dialled at once")
		}
		s.want("peer-down o (lost)", "the link is gone")
		s.want("cancel (lost)", "and with it the way of the reply, whether or not there is another link already")
		s.noneLeft()
	}
}

// What has told no incarnation may still be answered by its own link, whatever another one
// tells.
func TestMeetOnAnotherLinkCancelsNothing(t *testing.T) {
	s := linked(t, "z")
	s.crossed("z", 1, 1, 3)
	s.request("z", listenN(1), CALL, 5)
	s.want("serve z listen#1 CALL", "a request is run, of a life that has not been told")
	s.frame("z", dialN(1), MEET, meetBody(7))
	s.noneLeft()
}

// A link that is lost leads to nobody, though what it has told is not forgotten.
func TestCallerOfALostDialThatHasRestarted(t *testing.T) {
	s := linked(t, "z")
	s.request("z", dialN(1), CALL, 5)
	s.want("serve z dial#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(1), Cause: CauseLost})
	s.want("peer-down z (lost)", "the link is gone")
	s.served("z", 1)
	s.frame("z", listenN(1), MEET, meetBody(8))
	s.want("cancel (restarted)", "its calls have ended with it")
	s.want("send z listen#1 MEET", "the listener acknowledges")
}
