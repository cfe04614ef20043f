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
// or a freeze sets a new such point.
type clock struct {
	world  time.Duration // the point, in the world's time
	local  core.Instant  // the same point, in the peer's
	ppm    int64         // parts per million that it runs fast (or slow, below zero)
	frozen bool          // it stands still at local
}

const million = 1_000_000

// at returns what the clock shows at the world's time t, not before the point.
func (c *clock) at(t time.Duration) core.Instant {
	if c.frozen {
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
	if i == core.Never || c.frozen && i > c.local {
		return forever
	}
	if i <= c.local {
		return c.world
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
	for c.at(t) < i { // rounding is off by a nanosecond or two
		t++
	}
	for t > c.world && c.at(t-1) >= i {
		t--
	}
	return t
}

// set makes now the point from which the clock goes on, before it is changed.
func (c *clock) set(now time.Duration) {
	c.local = c.at(now)
	c.world = now
}
