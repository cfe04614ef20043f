package core

import (
	"bytes"
	"testing"
	"time"
)

// PROTOCOL 3.6: "If the STAY can't be sent, the JOIN changed nothing."
func TestJoinWhoseStayIsRefusedChangesNothing(t *testing.T) {
	held := 0
	states(t, func(m *Machine) {
		if m.Stopped() || m.peers.len() >= m.cfg.Limits.PeersMax {
			return // a newcomer may make another peer forgotten
		}
		names := []string{"newcomer"}
		for _, p := range m.peers.slots {
			if p != nil {
				names = append(names, p.name)
			}
		}
		for _, name := range names {
			c := m.Clone()
			c.Step(nil, &Event{Kind: EvTimeout, At: c.now})
			before := c.AppendState(nil)
			link := listenN(1 << 40)
			sent := c.Step(nil, &Event{Kind: EvFrame, At: c.now, Peer: name, Link: link, Command: JOIN, Body: []byte(c.cfg.Network)})
			excepted := false
			for _, a := range sent {
				excepted = excepted || a.Kind == ActHangUp || a.Kind == ActSend && a.Command == CALL
			}
			if excepted {
				continue
			}
			c.Step(nil, &Event{Kind: EvSendRefused, At: c.now, Peer: name, Link: link, Command: STAY, Cause: CauseWouldBlock})
			if st, _ := m.Status(name); !bytes.Equal(before, c.AppendState(nil)) {
				t.Fatalf("a JOIN of %s whose STAY was refused changed the state; before: %+v", name, st)
			}
			held++
		}
	})
	if held < 100 {
		t.Errorf("only %d states were looked at", held)
	}
}

// A healthy dial beside the listening half is as it was, its timers too.
func TestRefusedStayLeavesTheDialAlone(t *testing.T) {
	s := linked(t, "b")
	s.crossed("b", 1, 1, 3)
	s.frame("b", dialN(1), TOCK, tickBody(3))
	s.servedAnew("b", 2)
	s.want("send b dial#1 TICK 4", "each end asks on its dial")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(2), Command: STAY, Cause: CauseWouldBlock})
	if st, _ := s.m.Status("b"); st.Dialling != Connected || st.ListeningLink != listenN(1) {
		t.Errorf("the dial is %v and %v is served, want Connected and listen#1", st.Dialling, st.ListeningLink)
	}
	s.quiet(29 * time.Second) // no answer is due
}

// What was sent again on the link whose STAY was refused is not on its way there: the
// peer has not joined. The next JOIN on that link brings it.
func TestCallThatFollowedARefusedStayIsSentAgain(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.call(1, true)
	s.want("send b listen#1 CALL", "it is active")
	for range 2 {
		s.servedAnew("b", 2)
		s.want("send b listen#2 CALL", "an idempotent call follows its peer to the newer link")
		s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(2), Command: STAY, Cause: CauseWouldBlock})
	}
}

// What went out on a link that has joined again is on its way there, though the second
// STAY is refused.
func TestCallBeforeARefusedStayOnItsLinkWaitsOn(t *testing.T) {
	s := newStory(t, nil)
	s.servedOurs("b", 1, 7)
	s.call(1, false)
	s.want("send b listen#1 CALL", "it is active")
	s.servedAnew("b", 1)
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.frame("b", listenN(1), MEET, meetBody(7))
	s.want("send b listen#1 MEET", "the listener acknowledges; the call is not sent again")
}

// The dial that a JOIN has ended is dialled again, and has failed as often as before.
func TestRefusedStayKeepsTheBackoff(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Timing.JoinsMax = 1 })
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	s.pass(5 * time.Second)
	s.want("hang-up b dial#1", "the phase has failed")
	s.pass(time.Minute)
	s.want("dial b dial#2", "RETRY_TIME is over")
	s.frame("b", listenN(1), JOIN, []byte("net"))
	s.want("send b listen#1 STAY", "a JOIN is served at once")
	s.want("hang-up b dial#2", "its JOIN has not gone out")
	s.want("peer-up b", "it serves")
	s.feed(Event{Kind: EvSendRefused, Peer: "b", Link: listenN(1), Command: STAY, Cause: CauseWouldBlock})
	s.want("dial b dial#3", "nobody serves")
	s.want("peer-down b", "the JOIN changed nothing")
	if st, _ := s.m.Status("b"); st.Backoff != 1 {
		t.Errorf("k is %d, want 1: one phase has failed", st.Backoff)
	}
}
