package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/events"
)

// A timeline is the time of a world and what is going to happen in it. Everything
// that takes time puts an item into the queue; World.next takes it out.
type timeline struct {
	now   time.Duration // since the start of the world
	queue events.Queue  // what is going to happen
	// lateMax is how late something has happened at most: it never is but in a world that
	// programs drive, in which time passes between two hand-overs.
	lateMax time.Duration
	watch   func(at time.Duration, taken bool) // of World.ObserveQueue; nil if nobody does
}

// reach has it be the time at which an item was to happen, or later if it is.
func (t *timeline) reach(at time.Duration) {
	if at >= t.now {
		t.now = at
		return
	}
	t.lateMax = max(t.lateMax, t.now-at)
}

// push plans an item for a time of the world.
func (t *timeline) push(at time.Duration, k events.Kind, ref int32) {
	if t.watch != nil {
		t.watch(at, false)
	}
	t.queue.Push(at, k, ref)
}

// after plans an item for a while from now.
func (t *timeline) after(d time.Duration, k events.Kind, ref int32) { t.push(t.now+d, k, ref) }

// pop takes out what happens next. There must be something.
func (t *timeline) pop() events.Item {
	it := t.queue.Pop()
	if t.watch != nil {
		t.watch(it.At, true)
	}
	return it
}

// Kinds of items, and what Ref is an index of.
const (
	itemFrame  events.Kind = iota + 1 // a flight: it reaches its other end
	itemWake                          // a node: its machine's deadline
	itemServed                        // a service: its handler finishes
	itemFault                         // a planned fault
	itemArrive                        // a connection: the dial reaches the listening end
	itemUp                            // a connection: the dialling end learns that it is up
	itemFailed                        // a connection: the dialling end learns that it was refused
	itemExpire                        // a connection: heartbeats have been missing for their timeout
	itemRedial                        // a connection: a socket that redials by itself dials again
	itemAudit                         // a node: slow checks look at it
)

// Subjects of random decisions. The numbers enter every hash: new ones
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
