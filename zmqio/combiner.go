package zmqio

import (
	"runtime"
	"sync/atomic"
	"time"
)

// combiner has the operations of many goroutines applied to the node in few
// passes. It is flat combining, after Hendler, Incze, Shavit and Tzafrir, "Flat
// Combining and the Synchronization-Parallelism Tradeoff", SPAA 2010: a goroutine
// publishes its operation, and one of those that did, the combiner, locks the node
// once and applies everything published. So the state of the machine stays with one
// processor for a while, many messages leave in one write, and callers and handlers
// mostly do not wait for the mutex.
//
// It differs from the paper in two ways. The publication list holds operations, and
// not a record for each thread, because goroutines come and go. And the combiner
// waits for a batch before a pass: it yields for as long as that brings more
// operations, up to a threshold, and backs off when yields bring none. The reasons
// and the price are in docs/adr/0006-flat-combining.md.
type combiner struct {
	published publicationList
	// pass locks the node, applies what is published, and unlocks it.
	pass func()
	// start runs a function on a goroutine of its own, unless the node is closed.
	start func(func()) bool

	waiting   atomic.Bool  // a goroutine waits for a batch, and will go on to a pass
	passing   atomic.Bool  // a goroutine makes a pass, and will look at the list again
	backoff   atomic.Int32 // how many more passes are made without waiting for a batch
	threshold atomic.Int32 // with so many operations published, a pass need not wait
}

// combinerTuning says when a combiner makes a pass.
type combinerTuning struct {
	// A batch is large enough with a batchPart-th of the calls and requests under
	// way, and at least batchMin operations: with more, the other end, which has
	// nothing to do meanwhile, would start later than it could.
	batchPart, batchMin int
	// passesMax bounds the passes that a goroutine makes in a row, since it has a
	// call of its own to wait for or a handler to return from.
	passesMax int
	// yieldsMax bounds the yields before a pass.
	yieldsMax int
	// yieldTimeMax is the duration from which a yield takes too long. Where other
	// goroutines compute, it lasts until the processor comes back.
	yieldTimeMax time.Duration
	// backoffUseless and backoffSlow are how many passes are made without a yield
	// after yields that brought no operation, and after one that took too long.
	backoffUseless, backoffSlow int32
}

// tuning was chosen by the comparison of two processes in bench/, with 16, 64 and
// 256 callers (scripts/bench); the rows of docs/BENCHMARKS.md that name adr/0006
// have the figures. Nothing writes to it.
var tuning = combinerTuning{
	batchPart:      4,
	batchMin:       12,
	passesMax:      8,
	yieldsMax:      10,
	yieldTimeMax:   time.Millisecond,
	backoffUseless: 4,
	backoffSlow:    256,
}

// submit publishes o and sees to it that it is applied, by this goroutine or by
// another one. Driver.submit is the only way in, and keeps large operations out.
//
// A call or an answer may still wait for a batch when submit returns. A cast or a
// cancellation has been applied, because the record of the call may be used again
// from then on: a cast is not told of otherwise, and a call may be over, and its
// caller woken, before its cancellation is applied, which would then end another
// call (TestALateCancellationEndsNoOtherCall). So their goroutine makes a pass at
// once, unless the pass that it waits for has applied the operation.
func (c *combiner) submit(o *op) {
	awaited := o.kind == opCast || o.kind == opCancel // read now: published, o may change hands
	c.published.push(o)
	if awaited {
		c.pass()
		return
	}
	c.combine()
}

// combine makes passes until nothing is published, unless another goroutine is
// about to. No operation is left behind: a goroutine that finds a flag set has
// published before, and one that clears a flag looks at the list, or at the other
// flag, afterwards.
func (c *combiner) combine() {
	for passes := 0; !c.published.empty(); passes++ {
		if passes == tuning.passesMax && c.start(c.combine) {
			return
		}
		if !c.isBatch() {
			if !set(&c.waiting) {
				return
			}
			c.awaitBatch()
			c.waiting.Store(false)
		}
		if !set(&c.passing) {
			return
		}
		c.pass()
		c.passing.Store(false)
	}
}

// set makes flag true, and returns whether it was false.
func set(flag *atomic.Bool) bool { return !flag.Load() && flag.CompareAndSwap(false, true) }

// isBatch says whether enough is published for a pass.
func (c *combiner) isBatch() bool { return c.published.len() >= int(c.threshold.Load()) }

// setThreshold chooses the size of a batch by the number of calls and requests
// under way.
func (c *combiner) setThreshold(underWay int) {
	if n := int32(max(tuning.batchMin, underWay/tuning.batchPart)); n != c.threshold.Load() {
		c.threshold.Store(n)
	}
}

// awaitBatch yields to other goroutines for as long as they publish more, unless
// that has lately not paid.
func (c *combiner) awaitBatch() {
	if c.backoff.Load() > 0 {
		c.backoff.Add(-1)
		return
	}
	began := time.Now()
	first := c.published.pushed.Load()
	last := first
	for range tuning.yieldsMax {
		runtime.Gosched()
		if time.Since(began) > tuning.yieldTimeMax {
			c.backoff.Store(tuning.backoffSlow)
			return
		}
		now := c.published.pushed.Load()
		if now == last || c.isBatch() {
			last = now
			break
		}
		last = now
	}
	if last == first {
		c.backoff.Store(tuning.backoffUseless)
	}
}

// expectBatch ends a short backoff: several goroutines are about to submit, since
// they have been woken or started together.
func (c *combiner) expectBatch() {
	if c.backoff.Load() <= tuning.backoffUseless {
		c.backoff.Store(0)
	}
}
