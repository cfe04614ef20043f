package core

import (
	"testing"
	"time"
)

func (s *story) wantRoundTrip(peer string, want time.Duration, why string) {
	s.t.Helper()
	if st, _ := s.m.Status(peer); st.RoundTrip != want {
		s.t.Errorf("the round trip to %s is %v, want %v: %s", peer, st.RoundTrip, want, why)
	}
}

func TestTockMeasuresARoundTrip(t *testing.T) {
	s := linked(t, "b")
	s.wantRoundTrip("b", 0, "the TOCK of the situation came at once")
	s.pass(30 * time.Second)
	s.want("send b dial#1 TICK 3", "LIVE_TIME is over")
	s.quiet(70 * time.Millisecond)
	s.wantRoundTrip("b", 0, "nothing has been answered")
	s.frame("b", dialN(1), TOCK, tickBody(3))
	s.wantRoundTrip("b", 70*time.Millisecond, "that is how long the TOCK took")
	s.quiet(time.Millisecond)
	s.frame("b", dialN(1), TOCK, tickBody(3))
	s.want("drop b dial#1 TOCK: mismatch", "it comes a second time")
	s.wantRoundTrip("b", 70*time.Millisecond, "a second TOCK says nothing")
}

// In limbo several TICKs are under way, and only of the latest it is known when it went out.
func TestTockOfAnEarlierTickMeasuresNothing(t *testing.T) {
	s := newStory(t, nil)
	s.dialled("o", 1)
	s.limbo("o", 1, 2)
	s.pass(2 * time.Second)
	s.want("send o dial#1 TICK 3", "the next one in limbo")
	s.quiet(5 * time.Millisecond)
	s.frame("o", dialN(1), TOCK, tickBody(2))
	s.want("peer-up o", "it answers")
	s.wantRoundTrip("o", 0, "5 ms is the time since another TICK")
}

func TestMeetMeasuresARoundTripOfAListener(t *testing.T) {
	s := newStory(t, nil)
	s.quiet(time.Second)
	s.served("b", 1)
	s.quiet(40 * time.Millisecond)
	s.told("b", 1, 7)
	s.wantRoundTrip("b", 40*time.Millisecond, "the dialler answers STAY by MEET at once")
	s.quiet(10 * time.Second)
	s.told("b", 1, 7)
	s.wantRoundTrip("b", 40*time.Millisecond, "a MEET that is repeated answers nothing")
}

func TestMeetAfterAnotherFrameMeasuresNothing(t *testing.T) {
	s := newStory(t, nil)
	s.quiet(time.Second)
	s.served("b", 1)
	s.quiet(30 * time.Second)
	s.proven("b", 1)
	s.told("b", 1, 7)
	s.wantRoundTrip("b", 0, "the MEET after the STAY was lost; this one came with a TICK")
}

func TestMeetAfterTwoStaysMeasuresNothing(t *testing.T) {
	s := newStory(t, nil)
	s.quiet(time.Second)
	s.served("b", 1)
	s.quiet(5 * time.Second)
	s.servedAnew("b", 1)
	s.quiet(time.Millisecond)
	s.told("b", 1, 7)
	s.wantRoundTrip("b", 0, "it may answer the first STAY")
}
