package zmqio

import (
	"testing"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// jumpingClock is a mock whose time passes by jump as soon as it has been read, once.
type jumpingClock struct {
	*clock.Mock
	jump time.Duration
}

func (c *jumpingClock) Since(t time.Time) time.Duration {
	since := c.Mock.Since(t)
	jump := c.jump
	c.jump = 0
	c.Add(jump)
	return since
}

// Time that passes between reading the clock and setting the timer does not make it ring
// later than its deadline: it would never ring for who lets no more time pass than that.
func TestTheAlarmIsNotLate(t *testing.T) {
	t.Parallel()
	const deadline = 10 * time.Second
	for _, jump := range []time.Duration{0, time.Second, deadline, time.Hour} {
		c := &jumpingClock{Mock: clock.NewMock()}
		rang := make(chan struct{}, 1)
		a := newAlarm(c, func() { rang <- struct{}{} })
		for range 2 { // a new timer, and one that is set anew
			start := c.Now()
			c.jump = jump
			a.set(core.Instant(c.Mock.Since(a.epoch) + deadline))
			c.Add(max(0, start.Add(deadline).Sub(c.Now())))
			select {
			case <-rang:
			case <-time.After(time.Minute):
				t.Fatalf("time passed by %v after it was read: the alarm does not ring at its deadline", jump)
			}
			a.rang()
		}
	}
}
