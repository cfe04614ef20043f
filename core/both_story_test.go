package core

import (
	"testing"
	"time"
)

// Stories of both halves at once. Our name is m: a is below it, z above.

func TestDialBeforeItsJoinEndsWhenThePeerJoins(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(1), Cause: CauseLost})
	s.pass(150 * time.Millisecond)
	s.want("dial b dial#2", "a lost connection is dialled again")
	s.feed(Event{Kind: EvLinkUp, Peer: "b", Link: dialN(2)})
	s.want("send b dial#2 TICK 2", "the JOIN may have been accepted on the first link")
	s.servedAnew("b", 1)
	s.want("hang-up b dial#2", "no JOIN of ours is on its way")
	s.want("peer-up b", "it serves")
}

func TestStayToTheHigherNameDrainsAtOnce(t *testing.T) {
	for _, c := range []struct {
		stay []byte
		then Command // that brings an old peer out of limbo
	}{{meetBody(7), 0}, {nil, TOCK}, {nil, CAST}} {
		stay := c.stay
		s := newStory(t, nil)
		s.dialled("a", 1)
		s.served("a", 1)
		s.proven("a", 1) // before ours is answered
		s.frame("a", dialN(1), STAY, stay)
		if stay != nil {
			s.want("send a dial#1 MEET", "the dialler answers STAY with who it is")
		}
		s.want("send a dial#1 TICK 2", "a TICK asks")
		switch c.then {
		case TOCK:
			s.frame("a", dialN(1), TOCK, tickBody(2))
		case CAST:
			s.request("a", dialN(1), CAST, 1)
			s.want("serve a dial#1 CAST", "only a node that serves us sends a request")
			s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
		}
		if st, _ := s.m.Status("a"); st.Dialling != Draining {
			t.Errorf("STAY %q: our dial is %v, want Draining: the lower name's is proven", stay, st.Dialling)
		}
		s.quiet(4900 * time.Millisecond) // longer than an unanswered dial has
		s.pass(100 * time.Millisecond)
		s.want("hang-up a dial#1", "JOIN_TIME is over, and nothing needs the link")
	}
}

func TestNewerJoinDoesNotHurryTheDrain(t *testing.T) {
	s := linked(t, "a")
	s.crossed("a", 1, 1, 3)
	s.proven("a", 1) // ours drains
	s.pass(time.Second)
	s.servedAnew("a", 2) // the peer dialled anew
	s.replaced("a", 1)
	s.quiet(3900 * time.Millisecond) // an answer would be due 2 s after that JOIN
	s.pass(100 * time.Millisecond)
	s.want("hang-up a dial#1", "JOIN_TIME after the drain began")
}

// Every drain waits for what uses its link, whatever became of the one before.
func TestSecondDrainWaitsLikeTheFirst(t *testing.T) {
	s := linked(t, "a")
	for n := uint64(1); n <= 2; n++ {
		dial, listen := dialN(n), listenN(n)
		s.request("a", dial, CAST, uint32(n))
		s.want("serve a "+dial.String()+" CAST", "a request is run")
		s.frame("a", listen, JOIN, []byte("net"))
		s.want("send a "+listen.String()+" STAY", "a JOIN is served at once")
		s.want("send a "+dial.String()+" TICK", "both halves are up")
		s.frame("a", listen, TICK, tickBody(1))
		s.want("send a "+listen.String()+" TOCK 1", "the lower name's dial is proven: ours drains")
		s.quiet(10 * time.Second) // its request is still running
		s.feed(Event{Kind: EvReply, Ticket: s.tickets[n-1]})
		s.want("hang-up a "+dial.String(), "nothing needs the draining link any more")
		if n == 2 {
			break
		}
		s.feed(Event{Kind: EvLinkLost, Peer: "a", Link: listen, Cause: CauseLost})
		s.want("dial a dial#2", "neither half is up")
		s.want("peer-down a (lost)", "nothing leads to it")
		s.feed(Event{Kind: EvLinkUp, Peer: "a", Link: dialN(2)})
		s.want("send a dial#2 JOIN", "one of ours may be joined at once")
		s.frame("a", dialN(2), STAY, meetBody(7))
		s.want("send a dial#2 MEET", "the dialler answers STAY with who it is")
		s.want("send a dial#2 TICK", "a TICK asks at once")
		s.want("peer-up a", "it serves")
		s.frame("a", dialN(2), MEET, meetBody(7))
		s.frame("a", dialN(2), TOCK, tickBody(4))
	}
}

// A dial that has its role back is not hung up with the last call that needs it, however
// long it drained.
func TestDialThatHasItsRoleBackOutlivesItsCalls(t *testing.T) {
	s := linked(t, "a")
	s.request("a", dialN(1), CAST, 1)
	s.want("serve a dial#1 CAST", "a request is run")
	s.crossed("a", 1, 1, 3)
	s.proven("a", 1) // ours drains
	s.quiet(10 * time.Second)
	s.feed(Event{Kind: EvLinkLost, Peer: "a", Link: listenN(1), Cause: CauseLost})
	s.want("send a dial#1 TICK 4", "the other half has ended")
	s.feed(Event{Kind: EvReply, Ticket: s.tickets[0]})
	s.noneLeft()
	if st, _ := s.m.Status("a"); st.Dialling != Check {
		t.Errorf("our dial is %v, want Check: nothing else leads to the peer", st.Dialling)
	}
}

func TestDrainIsCutAtServeTimeWhateverNeedsIt(t *testing.T) {
	s := linked(t, "a")
	s.request("a", dialN(1), CAST, 1)
	s.want("serve a dial#1 CAST", "a request is run, and does not end")
	s.crossed("a", 1, 1, 3)
	s.proven("a", 1) // ours drains
	for range 2 {
		s.quiet(40 * time.Second)
		s.proven("a", 1) // the other half is alive
	}
	s.quiet(10*time.Second - time.Nanosecond)
	s.pass(time.Nanosecond)
	s.want("hang-up a dial#1", "SERVE_TIME after the drain began")
}

func TestNameThatBeginsAnotherIsTheLower(t *testing.T) {
	s := linked(t, "mm")
	s.crossed("mm", 1, 1, 3)
	s.proven("mm", 1)
	s.frame("mm", dialN(1), TOCK, tickBody(3))
	if st, _ := s.m.Status("mm"); st.Dialling != Connected {
		t.Errorf("our dial is %v, want Connected: m keeps its dial, and mm drains", st.Dialling)
	}
}

func TestCallTakesTheDialWhereTheListeningHalfEnds(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("z", 1)
	s.established("z", 1, 7, 2)
	s.frame("z", dialN(1), MEET, meetBody(7))
	s.servedAnew("z", 1)
	s.told("z", 1, 7)
	s.call(1, false)
	s.want("send z listen#1 CALL", "our dial has not answered its TICK")
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: listenN(1), Cause: CauseLost})
	s.want("send z dial#1 CALL", "the same life is at the end of our dial, and will not run it twice")
}
