package sim

import (
	"math/bits"
	"time"
)

// aspect says what a decision is about. The numbers enter every hash: new ones
// go at the end.
type aspect uint64

const (
	aboutLatency aspect = iota + 1
	aboutDrop
	aboutDuplicate
	aboutDelay
	aboutDelayBy
	aboutCorrupt
	aboutCorruptWhere
	aboutRefuse
	aboutBreak
	aboutConnect
	aboutHandler
	aboutWake
	aboutMachine
	aboutIncarnation
	aboutSwarm
	aboutReorder
)

// mix is a bijection of 64 bits in which every input bit reaches every output
// bit (the finaliser of a multiplicative hash, Stafford's variant 13).
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// decide returns the randomness of one decision: a hash of the seed and of what
// the decision is about, never the next draw of a shared stream. Taking one
// fault away therefore leaves every other decision as it was.
func decide(seed uint64, about aspect, key ...uint64) uint64 {
	h := mix(seed + 0x9e3779b97f4a7c15)
	h = mix(h ^ uint64(about)*0xd6e8feb86659fd93)
	for _, k := range key {
		h = mix(h+0x9e3779b97f4a7c15) ^ k*0xff51afd7ed558ccd
	}
	return mix(h)
}

// below maps a hash to 0..n-1; n must not be 0.
func below(h, n uint64) uint64 {
	hi, _ := bits.Mul64(h, n)
	return hi
}

// A Ratio is a probability as a fraction of integers; the zero Ratio never happens.
type Ratio struct{ Num, Den uint32 }

// holds says whether the decision with hash h falls on the ratio's side.
func (r Ratio) holds(h uint64) bool {
	return r.Num > 0 && below(h, uint64(r.Den)) < uint64(r.Num)
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
	Min, Max time.Duration
	Shape    Shape
}

// Fixed is the Delay that is always d.
func Fixed(d time.Duration) Delay { return Delay{Min: d, Max: d} }

// Uniform is the Delay that lies evenly between least and most.
func Uniform(least, most time.Duration) Delay { return Delay{Min: least, Max: most} }

// pick returns the delay that the hash h decides on.
func (d Delay) pick(h uint64) time.Duration {
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
	return d.Min + time.Duration(below(h, span+1))
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
	within := below(mix(h), halfLife)
	return time.Duration(min(zeros*halfLife+within, span))
}
