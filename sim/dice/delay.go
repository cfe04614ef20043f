package dice

import (
	"math/bits"
	"time"
)

// A Ratio is a probability as a fraction of integers; the zero Ratio never happens.
type Ratio struct{ Num, Den uint32 }

// Holds says whether the decision with hash h falls on the ratio's side.
func (r Ratio) Holds(h uint64) bool {
	return r.Num > 0 && Below(h, uint64(r.Den)) < uint64(r.Num)
}

// Shape is the form of a distribution of delays.
type Shape uint8

// The shapes.
const (
	Even   Shape = iota // uniform between Min and Max
	Decay               // exponential from Min with mean (Max-Min)/4, cut at Max
	Bursts              // Min nearly always, and Max for one in sixteen
)

// A Delay is a distribution of durations between Min and Max, both included.
type Delay struct {
	Min, Max time.Duration // the shortest and the longest
	Shape    Shape         // what lies between
}

// Fixed is the Delay that is always d.
func Fixed(d time.Duration) Delay { return Delay{Min: d, Max: d} }

// Uniform is the Delay that lies evenly between least and most.
func Uniform(least, most time.Duration) Delay { return Delay{Min: least, Max: most} }

// Pick returns the delay that the hash h decides on.
func (d Delay) Pick(h uint64) time.Duration {
	span := uint64(d.Max - d.Min)
	if d.Max <= d.Min {
		return d.Min
	}
	switch d.Shape {
	case Decay:
		return d.Min + decay(h, span)
	case Bursts:
		if h>>60 == 0 {
			return d.Max
		}
		return d.Min
	}
	return d.Min + time.Duration(Below(h, span+1))
}

// decay returns an exponentially distributed duration with mean span/4, at most
// span, in integers: the leading zeros of the hash count half-lives, the bits
// behind them place the value within one.
func decay(h, span uint64) time.Duration {
	halfLife := span / 6 // the mean is the half-life divided by ln 2, about 1.44 of it
	if halfLife == 0 {
		return 0
	}
	zeros := uint64(bits.LeadingZeros64(h | 1))
	within := Below(Mix(h), halfLife)
	return time.Duration(min(zeros*halfLife+within, span))
}
