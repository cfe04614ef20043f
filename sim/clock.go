package sim

import (
	"math"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// forever is later than everything that happens in a world.
const forever = time.Duration(math.MaxInt64)

// clock is a peer's own idea of time. It runs at its own rate from a point at
// which the world's time and its own were both known; a change of rate, a step
// or a freeze sets a new such point. What the peer is shown never goes back: after a
// step back it stands still until the clock has made up for it. Only the machine may be
// fed a time that does.
type clock struct {
	world  time.Duration // the point, in the world's time
	local  core.Instant  // the same point, in the peer's
	shown  core.Instant  // what the peer has been shown at most, not before local
	ppm    int64         // parts per million that it runs fast (or slow, below zero)
	frozen int           // freezes in force: it stands still at local
	bare   bool          // the peer's machine is fed what the clock says, also if that runs back
	told   core.Instant  // the latest time that it has been fed
}

const million = 1_000_000

// at returns what the clock shows at the world's time t, not before the point.
func (c *clock) at(t time.Duration) core.Instant { return max(c.shown, c.reading(t)) }

// reading is what the clock says, which may lie behind what the peer has been shown.
func (c *clock) reading(t time.Duration) core.Instant {
	if c.frozen > 0 {
		return c.local
	}
	d := int64(t - c.world)
	if c.ppm == 0 {
		return c.local + core.Instant(d)
	}
	// In two parts, so that years times a drift don't overflow.
	return c.local + core.Instant(d+d/million*c.ppm+d%million*c.ppm/million)
}

// when returns the first moment of the world at which the clock shows at least
// i, or forever.
func (c *clock) when(i core.Instant) time.Duration {
	if i <= c.shown {
		return c.world
	}
	if i == core.Never || c.frozen > 0 || c.local < 0 && i > core.Never+c.local {
		return forever
	}
	d := int64(i - c.local)
	if c.ppm == 0 {
		if d > int64(forever-c.world) {
			return forever
		}
		return c.world + time.Duration(d)
	}
	rate := million + c.ppm
	guess := d/rate*million + d%rate*million/rate
	t := c.world + time.Duration(guess)
	for c.reading(t) < i { // rounding is off by a nanosecond or two
		t++
	}
	for t > c.world && c.reading(t-1) >= i {
		t--
	}
	return t
}

// set makes now the point from which the clock goes on, before it is changed.
func (c *clock) set(now time.Duration) {
	c.shown = c.at(now)
	c.local = c.reading(now)
	c.world = now
}

// still says whether the peer is shown a clock that does not go on.
func (c *clock) still(now time.Duration) bool { return c.frozen > 0 || c.shown > c.reading(now) }

// behindMax bounds how far a clock is behind what it has shown, so that nothing
// overflows.
const behindMax = core.Never / 2

// step lets the clock jump, forwards or back.
func (c *clock) step(by time.Duration) {
	if c.local > core.Never-behindMax {
		by = min(by, 0) // it is at the end of time
	}
	if c.bare { // nobody has been shown what the machine was not fed
		c.shown = c.told
	}
	c.local = max(c.local+core.Instant(by), c.shown-behindMax)
	c.shown = max(c.shown, c.local)
}

// begin has a new machine see what the clock says now: it knows nothing of what the
// last one was fed.
func (c *clock) begin(now time.Duration) {
	if c.bare {
		c.set(now)
		c.shown, c.bare = max(c.local, 0), false // a machine's time begins with 0
	}
	c.told = 0
}

// heal ends the freezes, and has the clock go on from what it shows.
func (c *clock) heal() { c.local, c.frozen, c.bare = c.shown, 0, false }
