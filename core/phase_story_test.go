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
