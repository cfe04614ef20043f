package core

import (
	"testing"
	"time"
)

func TestLowerNameUsesTheListeningHalfUntilItsTock(t *testing.T) {
	s := linked(t, "z")
	s.pass(10 * time.Second)
	s.crossed("z", 1, 1, 3)
	s.call(1, false)
	s.want("send z listen#1 CALL", "the TOCK from before the JOIN does not count")
	s.frame("z", dialN(1), TOCK, tickBody(3))
	s.call(2, false)
	s.want("send z dial#1 CALL", "the lower name's dial has answered")
}

func TestHigherNameUsesItsDialUntilTheOtherIsProven(t *testing.T) {
	s := linked(t, "a")
	s.crossed("a", 1, 1, 3)
	s.call(1, false)
	s.want("send a dial#1 CALL", "nothing has come on the other dial since our STAY")
	s.proven("a", 1)
	s.call(2, false)
	s.want("send a listen#1 CALL", "the lower name's dial is proven")
	s.pass(4 * time.Second)
	s.request("a", dialN(1), BACK, 0)
	s.want("drop a dial#1 BACK: undecodable", "id 0 is no id")
}

func TestStayWithoutJoinChangesNothing(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseLost})
	s.pass(150 * time.Millisecond)
	s.want("dial b dial#2", "a lost connection is dialled again")
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(2)})
	s.want("send b dial#2 TICK 2", "the JOIN may have been accepted on the first link")
	s.frame("b", dialN(2), STAY, meetBody(7))
	s.want("drop b dial#2 STAY: unexpected", "no JOIN has gone out on this link")
	s.quiet(time.Second)
	s.frame("b", dialN(2), STAY, meetBody(7))
	s.want("drop b dial#2 STAY: unexpected", "none has yet: the next is due JOIN_TIME after the last")
	s.pass(5 * time.Second)
	s.want("send b dial#2 JOIN", "JOIN_TIME is over")
}

func TestJoinOfThePeerForgetsTheBackoff(t *testing.T) {
	s := newStory(t, func(c *Config) { c.LinksReported = false })
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(300 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	s.pass(time.Second)
	s.want("send b dial#1 TICK 1", "FIRST_JOIN_TIME is over, and it may serve us already")
	for range 10 {
		s.pass(5 * time.Second)
		s.want("send b dial#1 JOIN", "ten JOINs a phase")
	}
	s.pass(5 * time.Second)
	s.want("hang-up b dial#1", "the phase has failed")
	if st, _ := s.m.Status("b"); st.Backoff != 1 {
		t.Errorf("k is %d after a failed phase, want 1", st.Backoff)
	} else if st.NextDial != s.m.Deadline() || st.NextDial <= s.m.now {
		t.Errorf("it is dialled next at %d, and the machine waits until %d", st.NextDial, s.m.Deadline())
	}
	s.served("b", 1)
	if st, _ := s.m.Status("b"); st.Backoff != 0 || st.NextDial != 0 {
		t.Errorf("k is %d, want 0: a JOIN is a proof of life; it is dialled next at %d, want never", st.Backoff, st.NextDial)
	}
}

func TestWaitingGoesOnWhereStayCannotBeSent(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.frame("b", dialN(1), PART, []byte{1, byte(partWrongNetwork)})
	s.want("hang-up b dial#1", "a wrong network ends the phase")
	s.want("drop b dial#1 PART: wrong-network", "the driver tells its user")
	due, before := s.m.Deadline(), s.m.AppendState(nil)
	s.served("b", 1)
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.want("peer-down b (would-block)", "the JOIN changed nothing")
	if s.m.Deadline() != due {
		t.Errorf("the next dial is at %s, want %s as before the JOIN", seconds(s.m.Deadline()), seconds(due))
	}
	if string(s.m.AppendState(nil)) != string(before) {
		t.Error("the state is not what it was before the JOIN")
	}
}

func TestEndedDialBeginsAgainWhereStayCannotBeSent(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	s.servedAnew("b", 1)
	s.want("hang-up b dial#1", "our dial has not sent its JOIN yet")
	s.want("peer-up b", "it serves")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.want("dial b dial#2", "neither half is up")
	s.want("peer-down b (would-block)", "the JOIN changed nothing else")
}

func TestLateRefusalOfStayChangesNothing(t *testing.T) {
	s := serving(t, "b")
	s.feed(Event{Kind: EvTimeout})
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.feed(Event{Kind: EvSendRefused, Peer: "nobody", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	if !s.m.peers.named("b").active() {
		t.Error("a refusal that comes after another event undid the JOIN")
	}
}

func TestReportsOfOtherLinksChangeNothing(t *testing.T) {
	s := linked(t, "b")
	for _, link := range []Link{dialN(9), listenN(1), {}} {
		s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: link})
		s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: link, Cause: CauseLost})
	}
	s.feed(Event{Kind: EvLinkLost, Peer: "nobody", Link: dialN(1), Cause: CauseLost})
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(1)}) // up already
}

func TestTimeRunningBackwardsStandsStill(t *testing.T) {
	s := linked(t, "b")
	due := s.m.Deadline()
	s.now -= Instant(time.Hour)
	s.call(1, false)
	s.want("send b dial#1 CALL", "the peer is active")
	if s.m.Deadline() != due {
		t.Errorf("the deadline moved to %s, want %s", seconds(s.m.Deadline()), seconds(due))
	}
}

func TestPeersMaxReportsOneDrop(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.PeersMax = 1 })
	s.served("a", 1) // there is room for one
	s.request("b", listenN(2), CALL, 1)
	s.want("drop b listen#2 CALL: peers-max", "there is no room to remember a PART")
	s.feed(Event{Kind: EvConnect, Peer: "c", Address: "there"})
	s.want("refuse busy", "there is no room")
}

func TestTickIsEchoedUpToItsLimit(t *testing.T) {
	s := serving(t, "b")
	s.frame("b", listenN(1), TICK, make([]byte, 255))
	s.want("send b listen#1 TOCK", "255 bytes are echoed")
	s.frame("b", listenN(1), TICK, make([]byte, 256))
	s.want("drop b listen#1 TICK: oversize", "256 are not")
}

// A peer is remembered while a handler runs for it, or a call waits for it.
func TestPeerInUseIsNotForgotten(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Limits.PeersMax = 2 })
	s.served("b", 1)
	s.request("b", listenN(1), CALL, 1)
	s.want("serve b listen#1 CALL", "a request is run")
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down b (lost)", "nothing leads to it")
	s.want("cancel (lost)", "nobody waits for the handler")
	for _, name := range []string{"c", "d", "e"} { // strangers take turns in what is left
		s.request(name, listenN(2), CALL, 1)
		s.want("drop "+name+" listen#2 CALL: not-joined", "it has not joined")
		s.want("send "+name+" listen#2 PART", "so that it joins")
	}
	s.pass(200 * time.Second)
	if s.m.peers.named("b") == nil || s.m.peers.len() != 1 {
		t.Errorf("%d peers are known, want b alone", s.m.peers.len())
	}
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.pass(100 * time.Second)
	if s.m.peers.len() != 0 {
		t.Errorf("%d peers are known after all, want none", s.m.peers.len())
	}
}

func TestFramesOfALostLinkAreStale(t *testing.T) {
	s := newStory(t, nil)
	s.served("b", 3)
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(3), Cause: CauseLost})
	s.want("peer-down b (lost)", "nothing leads to it")
	s.frame("b", listenN(3), JOIN, []byte("net"))
	s.want("drop b listen#3 JOIN: stale-link", "its link is gone: nothing could be sent on it")
	s.served("b", 4)                                                               // a newer link
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: listenN(5), Cause: CauseLost}) // never joined
	s.frame("b", listenN(4), TICK, tickBody(1))
	s.want("send b listen#4 TOCK 1", "the current link is not the one that was lost")
	s.frame("b", listenN(5), JOIN, []byte("net"))
	s.want("drop b listen#5 JOIN: stale-link", "it is newer, and lost already")
	s.served("c", 1) // the first link of all
	s.feed(Event{Kind: EvLinkLost, Peer: "c", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down c (lost)", "nothing leads to it")
	s.frame("c", listenN(1), JOIN, []byte("net"))
	s.want("drop c listen#1 JOIN: stale-link", "it is gone as well as any")
}

func TestConnectAgainBeginsWithoutBackoff(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.frame("b", dialN(1), PART, []byte{1, byte(partWrongNetwork)})
	s.want("hang-up b dial#1", "a wrong network ends the phase")
	s.want("drop b dial#1 PART: wrong-network", "the driver tells its user")
	if st, _ := s.m.Status("b"); st.Backoff != 1 {
		t.Errorf("k is %d after a failed phase, want 1", st.Backoff)
	}
	s.feed(Event{Kind: EvDisconnect, Peer: "b"})
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "elsewhere"})
	if st, _ := s.m.Status("b"); st.Backoff != 0 {
		t.Errorf("k is %d, want 0: the user's word begins anew", st.Backoff)
	}
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#2 elsewhere", "FIRST_START_TIME is over")
}

func TestRefusalOfStayMustFit(t *testing.T) {
	s := serving(t, "c")
	s.served("b", 2)
	s.feed(Event{Kind: EvSendRefused, Peer: "c", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock}) // of another peer
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock}) // of another link
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(2), Command: STAY, Cause: CauseWouldBlock})
	s.want("peer-down b (would-block)", "the JOIN changed nothing")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY", "not even which link of it is the newest")
	s.want("peer-up b", "it serves")
	if st, _ := s.m.Status("c"); st.Listening != Serving {
		t.Errorf("c is in %v, want Serving all the time", st.Listening)
	}
}

func TestSecondRefusalOfStayChangesNothing(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.served("b", 1)
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.want("peer-down b (would-block)", "the JOIN changed nothing")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over, as before the JOIN")
}
