package core

import (
	"math"
	"time"
)

// Instant is a point in time: nanoseconds since an epoch that the driver chose.
// A machine's time only moves forward; an event dated before the last one is
// taken to happen at the same instant as the last one.
type Instant int64

// Never is later than every instant that a machine waits for.
const Never Instant = math.MaxInt64

// Add returns t+d. It saturates at Never, and Never plus anything is Never, so
// that an infinite wait stays infinite.
func (t Instant) Add(d time.Duration) Instant {
	if t == Never || (d > 0 && t > Never-Instant(d)) {
		return Never
	}
	return t + Instant(d)
}

// Sub returns the duration t-u.
func (t Instant) Sub(u Instant) time.Duration { return time.Duration(t - u) }
