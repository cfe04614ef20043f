package core

import (
	"testing"
	"time"
)

// refusedDial has the dial attempt n to b refused.
func (s *story) refusedDial(n uint64) {
	s.t.Helper()
	s.feed(Event{Kind: EvLinkLost, Peer: "b", Link: dialN(n), Cause: CauseUnreachable})
}

// deepInBackoff begins a story in which b was out of reach until k is two, and is waited
// for.
func deepInBackoff(t *testing.T) *story {
	t.Helper()
	s := newStory(t, func(c *Config) { c.Timing.JoinsMax = 1 })
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	for n := uint64(1); n <= 2; n++ {
		s.want("dial b "+dialN(n).String(), "a phase begins")
		s.pass(5 * time.Second)
		s.want("hang-up b "+dialN(n).String(), "the attempt is not up within JOIN_TIME, nor the phase")
		if n == 1 {
			s.pass(60 * time.Second)
		}
	}
	if st, _ := s.m.Status("b"); st.Dialling != Waiting || st.Backoff != 2 {
		t.Fatalf("b is in %v with k = %d, want Waiting and 2", st.Dialling, st.Backoff)
	}
	return s
}

func TestRedialEndsAWaitAndBeginsBackoffAnew(t *testing.T) {
	s := deepInBackoff(t)
	s.feed(Event{Kind: EvRedial, Peer: "b"})
	s.want("dial b dial#3", "PROTOCOL 6.10: the user's word ends the wait")
	if st, _ := s.m.Status("b"); st.Backoff != 0 {
		t.Errorf("k is %d, want 0: the user's word begins anew", st.Backoff)
	}
	s.pass(5 * time.Second)
	s.want("hang-up b dial#3", "the phase has failed")
	s.quiet(59 * time.Second)
	s.pass(time.Second)
	s.want("dial b dial#4", "RETRY_TIME << 0 later, and not << 2")
}

func TestRedialDialsBetweenTwoAttempts(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	for n := uint64(1); n <= 3; n++ {
		s.refusedDial(n)
		s.pass(time.Second)
		s.want("dial b "+dialN(n+1).String(), "a pause is over, of 400 ms by now")
	}
	s.refusedDial(4)
	s.feed(Event{Kind: EvRedial, Peer: "b"})
	s.want("dial b dial#5", "the user's word ends the pause of 800 ms")
	s.refusedDial(5)
	s.pass(110 * time.Millisecond)
	s.want("dial b dial#6", "pauses begin with 100 ms again")
}

// A user who asks every second must not cut an attempt that takes two.
func TestRedialLeavesAnAttemptAloneButGivesItsPhaseMoreTime(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Timing.JoinsMax = 1 })
	s.feed(Event{Kind: EvConnect, Peer: "b", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial b dial#1", "FIRST_START_TIME is over")
	s.quiet(4 * time.Second)
	s.feed(Event{Kind: EvRedial, Peer: "b"})
	s.pass(time.Second)
	s.want("hang-up b dial#1", "the attempt is not up within JOIN_TIME")
	s.want("dial b dial#2", "the phase has JOIN_TIME from the user's word")
}

func TestRedialLeavesAConnectionAlone(t *testing.T) {
	s := linked(t, "b")
	s.feed(Event{Kind: EvRedial, Peer: "b"}) // a story fails if anything is done
	s.dialledElsewhere()
}

// dialledElsewhere has c wait for the answer to a JOIN when the user's word comes.
func (s *story) dialledElsewhere() {
	s.t.Helper()
	s.feed(Event{Kind: EvConnect, Peer: "c", Address: "there"})
	s.pass(200 * time.Millisecond)
	s.want("dial c dial#2", "FIRST_START_TIME is over")
	s.feed(Event{Kind: EvLinkUp, Peer: "c", Link: dialN(2)})
	s.want("send c dial#2 TICK 1", "the link is up")
	s.feed(Event{Kind: EvRedial, Peer: "c"})
	s.pass(200 * time.Millisecond)
	s.want("send c dial#2 JOIN", "no TOCK in FIRST_JOIN_TIME, as ever")
	s.feed(Event{Kind: EvRedial, Peer: "c"})
}

// PROTOCOL 6.9 has a node whose name another one uses wait at random; its user decides.
func TestRedialEndsTheWaitAfterAPart(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("b", 1)
	s.frame("b", dialN(1), PART, []byte{1, byte(partWrongNetwork)})
	s.want("hang-up b dial#1", "a wrong network ends the phase")
	s.want("drop b dial#1 PART: wrong-network", "the driver tells its user")
	s.feed(Event{Kind: EvRedial, Peer: "b"})
	s.want("dial b dial#2", "the other end may have been mended")
}

func TestRedialOfAPeerWithoutAddressIsRefused(t *testing.T) {
	s := serving(t, "b")
	for _, name := range []string{"b", "nobody", "m", ""} {
		s.feed(Event{Kind: EvRedial, Peer: name})
		s.want("refuse no-connection", name+" is not dialled")
	}
	s.feed(Event{Kind: EvStop})
	s.want("send b listen#1 PART leaving", "the node closes")
	s.want("peer-down b (stopped)", "the node closes")
	s.want("stopped", "the node closes")
	s.feed(Event{Kind: EvRedial, Peer: "b"})
	s.want("refuse", "the node is closed")
}
