package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// A Fault is anything that happens to a world at a time of its plan, what users
// do included. Its String is what a scenario says after "at 40s ".
//
// A fault of one's own is any type with these two methods, or a Do.
type Fault interface {
	String() string
	Do(w *World)
}

// Do is a Fault made of a function. It can't be written into a scenario.
type Do struct {
	Name string         // its String
	Func func(w *World) // called when the fault is due
}

func (f Do) String() string { return f.Name }

// Do calls the function.
func (f Do) Do(w *World) { f.Func(w) }

// userFault is for a Fault that is something a node's user does: a user whose node is
// paused does it when the node goes on.
type userFault interface {
	// user returns the name of the node.
	user() string
}

// timedFault is for a Fault that lasts for a while, which shrinking may round.
type timedFault interface {
	// lasts returns for how long; zero if there is no end but a Heal.
	lasts() time.Duration
	// rounded returns the fault with every duration of its own rounded.
	rounded(to rounding) Fault
}

// rounding returns a duration that is easier to read, or the same.
type rounding func(d time.Duration) time.Duration

// plan is the faults that are planned, and those that have happened. Their times
// are in the queue.
type plan struct {
	time *timeline // of the world
	list []Fault   // in the order in which they were planned
	// era counts heals; the end of a fault from an earlier era does nothing.
	era uint32
}

// at plans faults; one of the past happens at once.
func (p *plan) at(t time.Duration, faults ...Fault) {
	for _, f := range faults {
		p.list = append(p.list, f)
		p.time.push(max(t, p.time.now), itemFault, int32(len(p.list)-1))
	}
}

// later undoes a fault after a while, unless everything has been healed by then.
// A fault that lasts for no time at all lasts until then.
func (p *plan) later(d time.Duration, name string, undo func(w *World)) {
	if d <= 0 {
		return
	}
	era := p.era
	p.at(p.time.now+d, Do{"end of " + name, func(w *World) {
		if p.era == era {
			undo(w)
		}
	}})
}

// lasting returns " for 5s", or nothing.
func lasting(d time.Duration) string {
	if d <= 0 {
		return ""
	}
	return "for " + text.FormatDuration(d)
}
