package zmqio

import (
	"time"

	"github.com/benbjohnson/clock"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// This file is the only one that touches benbjohnson/clock, which is no longer
// maintained upstream.

// Clock is the source of time of a node: the system's, or a mock in tests.
type Clock = clock.Clock

// SystemClock returns the system's clock.
func SystemClock() Clock { return clock.New() }

// alarm is the one timer of a node, on the node's own time scale. Its methods
// require the lock of the node.
type alarm struct {
	clock Clock
	epoch time.Time    // of the node's time scale: when the node was made
	ring  func()       // called without the lock, on a goroutine of the clock's
	timer *clock.Timer // nil until it is set first
	at    core.Instant // the timer is set to; Never when it is not running
}

func newAlarm(c Clock, ring func()) alarm {
	return alarm{clock: c, epoch: c.Now(), ring: ring, at: core.Never}
}

// now is the time since the node's epoch. It is monotonic as far as the clock is.
func (a *alarm) now() core.Instant { return core.Instant(a.clock.Since(a.epoch)) }

// timeOf is the clock's time at an instant.
func (a *alarm) timeOf(at core.Instant) time.Time { return a.epoch.Add(time.Duration(at)) }

// set makes the alarm ring at deadline or earlier. A timer that would ring too
// early is left alone: the machine ignores an early Timeout, and a node with
// calls in flight would else set its timer anew for each of them.
func (a *alarm) set(now, deadline core.Instant) {
	if deadline >= a.at {
		return
	}
	a.at = deadline
	delay := max(deadline.Sub(now), 0)
	if a.timer == nil {
		a.timer = a.clock.AfterFunc(delay, a.ring)
		return
	}
	a.timer.Reset(delay)
}

// rang notes that the timer has run out.
func (a *alarm) rang() { a.at = core.Never }

// stop silences the alarm; a ring that is under way still comes.
func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
	a.at = core.Never
}
