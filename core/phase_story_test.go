package core

import (
	"testing"
	"time"
)

// PROTOCOL 3.3: "at most MAXIMUM_JOINS times a dial phase". A phase that the other half
// has interrupted goes on with the JOINs that it has left, though it lasts as long anew.
func TestJoinsOfAnInterruptedPhaseAreCounted(t *testing.T) {
	s := newStory(t, func(c *Config) { c.Timing.JoinsMax = 2 })
	s.dialled("z", 1)
	s.pass(time.Second)
	s.served("z", 1)
	s.quiet(time.Second)
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: listenN(1), Cause: CauseLost})
	s.want("peer-down z (lost)", "nothing leads to it, and our JOIN has no answer yet")
	s.pass(3 * time.Second)
	s.want("send z dial#1 JOIN", "JOIN_TIME after the first one")
	s.quiet(7*time.Second - time.Nanosecond) // a third one would be due after 5 s
	s.pass(time.Nanosecond)
	s.want("hang-up z dial#1", "the phase has failed, two JOIN_TIMEs after the other half has ended")
}

// The next dial is told between two phases: the pauses within one are short.
func TestNextDialIsToldBetweenPhases(t *testing.T) {
	s := newStory(t, nil)
	s.feed(Event{Kind: EvConnect, Peer: "z", Address: "there"})
	if st, _ := s.m.Status("z"); st.NextDial != Instant(200*time.Millisecond) {
		t.Errorf("it is dialled next at %s, want FIRST_START_TIME after the start", seconds(st.NextDial))
	}
	s.pass(200 * time.Millisecond)
	s.want("dial z dial#1", "FIRST_START_TIME is over")
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(1), Cause: CauseLost})
	s.pass(150 * time.Millisecond)
	s.want("dial z dial#2", "a lost connection is dialled again")
	s.feed(Event{Kind: EvLinkLost, Peer: "z", Link: dialN(2), Cause: CauseLost})
	if st, _ := s.m.Status("z"); st.Dialling != Reaching || st.NextDial != 0 || s.m.Deadline() == Never {
		t.Errorf("in %v it is dialled next at %s, want no time in a pause of Reaching", st.Dialling, seconds(st.NextDial))
	}
}

// At the end of time a wait is for ever, and has no timer.
func TestNextDialAtTheEndOfTime(t *testing.T) {
	m := newMachine(t, Config{Name: "m", Network: "net", LinksReported: true})
	m.Step(nil, &Event{Kind: EvConnect, Peer: "z", Address: "there", At: Never - 1})
	if st, _ := m.Status("z"); st.Dialling != Waiting || st.NextDial != 0 {
		t.Errorf("in %v it is dialled next at %d, want Waiting, and no time", st.Dialling, st.NextDial)
	}
}
