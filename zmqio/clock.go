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
//
// A timer is set to a delay, which is too long if time passes between reading the clock
// and setting it. A mock may pass by an hour there, and never by the moment after that, so
// the clock is read again.
func (a *alarm) set(deadline core.Instant) {
	if deadline >= a.at {
		return
	}
	a.at = deadline
	for range settingsMax {
		now := a.now()
		a.ringIn(max(deadline.Sub(now), 0))
		if a.now().Sub(now) <= lateMax {
			return
		}
	}
}

// A timer that rings later than its deadline by lateMax is set again, settingsMax times
// in all: on a machine that takes so long to set one, it is late for other reasons too.
const (
	lateMax     = time.Microsecond
	settingsMax = 3
)

func (a *alarm) ringIn(delay time.Duration) {
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
