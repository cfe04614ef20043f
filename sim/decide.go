package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// What decisions of this world are about. The numbers enter every hash: new ones
// go at the end.
const (
	aboutLatency dice.Aspect = iota + 1
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
	_ // the draws of a dice.Sequence
	aboutReorder
)

// A Ratio is a probability as a fraction of integers; the zero Ratio never happens.
type Ratio = dice.Ratio

// A Delay is a distribution of durations between its Min and its Max, both included.
type Delay = dice.Delay

// Fixed is the Delay that is always d.
func Fixed(d time.Duration) Delay { return dice.Fixed(d) }

// Uniform is the Delay that lies evenly between least and most.
func Uniform(least, most time.Duration) Delay { return dice.Uniform(least, most) }
