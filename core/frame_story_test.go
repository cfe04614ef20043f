package core

import (
	"strings"
	"testing"
	"time"
)

func TestFramesThatNobodyCanSend(t *testing.T) {
	s := newStory(t, nil)
	for _, c := range []struct {
		peer    string
		link    Link
		command Command
		want    string
	}{
		{"", listenN(1), JOIN, "bad-name"},
		{"\x00b", listenN(1), JOIN, "bad-name"},
		{strings.Repeat("b", 256), listenN(1), JOIN, "bad-name"},
		{"m", listenN(1), JOIN, "own-name"},
		{"b", listenN(1), Unknown, "unknown-command"},
		{"b", listenN(1), commandCount, "unknown-command"},
		{"b", listenN(1), 255, "unknown-command"},
		{"b", Link{}, CALL, "stale-link"},
		{"b", Link{Listening + 1, 1}, CALL, "stale-link"},
		{"b", dialN(1), JOIN, "wrong-direction"},
		{"b", dialN(1), TICK, "wrong-direction"},
		{"b", listenN(1), STAY, "wrong-direction"},
		{"b", listenN(1), TOCK, "wrong-direction"},
		{"b", dialN(1), STAY, "stale-link"},
		{"b", listenN(1), MEET, "not-joined"},
		{"b", listenN(1), VOID, "not-joined"},
		{"b", listenN(1), PART, "not-joined"},
	} {
		s.frame(c.peer, c.link, c.command, nil)
		s.want("drop "+c.peer+" "+c.link.String()+" "+c.command.String()+": "+c.want, "no honest peer sends it, or no longer")
	}
	if known := s.m.Stats().Peers; known != 0 {
		t.Errorf("%d peers are known, want none", known)
	}
}

// An old program in the place of one of ours, and back, while links are up.
func TestOursByItsOwnDialIsJoinedAtOnce(t *testing.T) {
	s := linkedOld(t, "b")
	s.pass(10 * time.Second)
	s.crossed("b", 1, 1, 3)
	s.told("b", 1, 7) // it is one of ours by this time
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseLost})
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(1), Cause: CauseLost})
	s.want("dial b dial#2", "neither half is up")
	s.want("peer-down b (lost)", "nothing leads to it")
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(2)})
	s.want("send b dial#2 JOIN", "one of ours may be joined at once, whatever the old program remembered")
}

// Health of exactly JOIN_TIME is health.
func TestPauseFallsBackAfterJoinTime(t *testing.T) {
	for _, c := range []struct {
		after time.Duration
		pause bool
	}{{5*time.Second - 1, true}, {5 * time.Second, false}} {
		s := linked(t, "b")
		s.pass(c.after)
		s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseLost})
		if !c.pause {
			s.want("dial b dial#2", "the link was healthy for JOIN_TIME")
		}
		s.want("peer-down b (lost)", "nothing leads to it")
	}
}

func TestRequestsWithHalfAHead(t *testing.T) {
	s := linked(t, "b")
	s.call(1, false)
	s.want("send b dial#1 CALL", "it is active")
	head := AppendPayload(nil, &Action{Command: VOID, ID: s.m.calls.lastID}) // an id and no more
	s.frame("b", dialN(1), BACK, head)
	s.want("drop b dial#1 BACK: undecodable", "it names a call, and then no method")
	s.frame("b", dialN(1), VOID, head) // nothing is served under that id
	s.frame("b", dialN(1), VOID, nil)
	s.want("drop b dial#1 VOID: undecodable", "there is no id in it")
}

// A request of an old peer shows that it serves us, as its TOCK would.
func TestRequestOfAnOldPeerIsRemembered(t *testing.T) {
	s := linkedOld(t, "o")
	s.pass(30 * time.Second)
	s.want("send o dial#1 TICK 3", "LIVE_TIME is over")
	s.pass(29 * time.Second)
	s.request("o", dialN(1), CAST, 1)
	s.want("serve o dial#1 CAST", "it is still there")
	s.pass(time.Second)
	s.want("hang-up o dial#1", "but does not answer")
	s.want("dial o dial#2", "a healthy link is dialled again at once")
	s.want("peer-down o (silent)", "nothing leads to it")
	s.feed(Event{Kind: EvLinkLost, Peer: "o", Link: dialN(2), Cause: CauseUnreachable})
	s.now += Instant(35 * time.Second) // a driver that was asleep; 95 s after the last TOCK
	s.feed(Event{Kind: EvTimeout})
	s.want("dial o dial#3", "the pause is over")
	s.feed(Event{Kind: EvLinkUp, Peer: "o", Link: dialN(3)})
	s.want("send o dial#3 TICK 4", "it served us 36 s ago")
}

// The answer to a nudge comes by the listening half, where the nudge went.
func TestNudgeIsNotAnsweredByOurDial(t *testing.T) {
	s := linkedOld(t, "o")
	s.m.peers.named("o").listening.nudge = 77
	s.request("o", dialN(1), BACK, 77)
	s.want("drop o dial#1 BACK: late-back", "no such CALL has gone out there")
}
