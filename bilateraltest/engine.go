package bilateraltest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/hosted"
	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// engine lets the time of a world pass, and has the goroutines of programs run in
// between. It is used by one goroutine, which is the bubble's first; only post is called
// by others.
//
// Three rules make a run exact. After each hand-over to code of the program it waits until
// everybody is blocked, before it does anything else. What they have posted meanwhile is
// taken in an order that does not depend on who came first: that of what is asked for, and
// then of who asks. And after each hand-over a few microseconds pass, as many as the seed
// says, so that two that sleep equally long don't wake together.
type engine struct {
	sim   *sim.World
	seed  uint64
	start time.Time // of the world's time, by that of the bubble
	timer *time.Timer
	hands []func() // hand-overs that are to come, the next one first
	inbox inbox
	// tell has drivers told of what the world has done.
	tell func()
	// look is called whenever all is quiet, before the next thing happens.
	look func()
	// stirred says that code of the program may have run since everybody was last seen
	// blocked: only then is there anything to wait for.
	stirred bool
	// looking says that code of the user runs on this goroutine, which must not wait for it.
	looking atomic.Bool
	// busy counts hand-overs since busySince, to find programs that never wait.
	handed    uint64 // hand-overs so far
	busy      int
	busySince time.Duration
	// progress is counted up before each wait, for the one who watches from outside.
	progress *atomic.Uint64
	reached  atomic.Int64    // the time of the world, for that one too
	id       string          // of the run, in the labels of its goroutines
	labels   context.Context // of this goroutine
}

// inbox holds what goroutines of programs ask for until it is taken.
type inbox struct {
	mu     sync.Mutex
	ops    []posted
	closed bool
	waited bool          // the engine waits for its timer, and for what is posted
	ready  chan struct{} // has a token when it has been waited for, and something is there
}

// posted is one operation in an inbox.
type posted struct {
	life *life // nil for what is asked of the world
	op   hosted.Op
	key  string // of op, once it is taken
	rank uint64 // by which those of one instant are ordered: the seed's permutation
	turn uint64 // by which those are ordered that ask for the same: of their askers
}

// node is the place of the node that is asked; those of the world come first.
func (p *posted) node() int {
	if p.life == nil {
		return -1
	}
	return p.life.node.Index
}

// last is 1 for what comes after the others: a cancellation may be of a call that was
// posted at the same instant.
func (p *posted) last() int {
	if p.op.Kind == hosted.Cancel {
		return 1
	}
	return 0
}

// inOrder compares what was posted at one instant. Zero is of two that are alike.
func inOrder(a, b posted) int {
	return cmp.Or(cmp.Compare(a.last(), b.last()), cmp.Compare(a.rank, b.rank), cmp.Compare(a.node(), b.node()),
		cmp.Compare(a.op.Kind, b.op.Kind), cmp.Compare(a.key, b.key), cmp.Compare(a.turn, b.turn))
}

func newEngine(seed uint64) *engine {
	e := &engine{seed: seed, start: time.Now(), tell: func() {}, look: func() {}, progress: new(atomic.Uint64)}
	e.inbox.ready = make(chan struct{}, 1)
	e.timer = time.NewTimer(time.Hour)
	return e
}

// now is the time of the world: that of the bubble.
func (e *engine) now() time.Duration { return time.Since(e.start) }

// hand has wake let a goroutine go on, in its turn.
func (e *engine) hand(wake func()) { e.hands = append(e.hands, wake) }

// handTogether makes one hand-over of those from a place on. They are of operations that are
// alike, of which only the scheduler knows who asked first: nobody goes on before another.
func (e *engine) handTogether(from int) {
	if len(e.hands)-from < 2 {
		return
	}
	wakes := slices.Clone(e.hands[from:])
	e.hands = append(e.hands[:from], func() {
		for _, wake := range wakes {
			wake()
		}
	})
}

// post has an operation taken when all is quiet. It may be called concurrently.
func (e *engine) post(l *life, op hosted.Op) {
	if e.looking.Load() {
		panic("bilateraltest: a claim of Always or Sometimes may look, but not call, cast or connect: it runs between two steps of the world")
	}
	e.inbox.mu.Lock()
	defer e.inbox.mu.Unlock()
	if e.inbox.closed {
		return
	}
	e.inbox.ops = append(e.inbox.ops, posted{life: l, op: op})
	if e.inbox.waited {
		e.inbox.waited = false
		e.inbox.ready <- struct{}{}
	}
}

// aboutOrder is the subject of the decision on the order of what is posted at one instant.
const aboutOrder dice.Aspect = 1000

// take does what was posted, but for what paused nodes ask for. It reports whether there
// was anything.
func (e *engine) take() bool {
	e.inbox.mu.Lock()
	ops := e.inbox.ops
	e.inbox.ops = nil
	e.inbox.mu.Unlock()
	if len(ops) == 0 {
		return false
	}
	for i := range ops {
		p := &ops[i]
		p.key = p.op.Key()
		p.rank = dice.Decide(e.seed, aboutOrder, uint64(p.node()), uint64(p.op.Kind), dice.HashName(p.key))
		p.turn = dice.Decide(e.seed, aboutOrder, uint64(p.op.Asker))
	}
	slices.SortStableFunc(ops, inOrder)
	var wait []posted
	from := 0
	for i := range ops {
		isLike := i > 0 && inOrder(ops[i-1], ops[i]) == 0
		if !isLike {
			from = len(e.hands)
		}
		if l := ops[i].life; l != nil && l.isPaused() {
			wait = append(wait, ops[i])
			continue
		}
		ops[i].op.Do()
		if isLike {
			e.handTogether(from)
		}
	}
	if len(wait) > 0 {
		e.inbox.mu.Lock()
		e.inbox.ops = append(wait, e.inbox.ops...)
		e.inbox.mu.Unlock()
	}
	return len(wait) < len(ops)
}

// pauseMax is how much time passes at most after a hand-over. Durations of programs are
// round, so that one nanosecond each is too little: a handler that begins a millisecond
// after another one, and sleeps a millisecond less, would now and then wake with it.
const pauseMax = 16 * time.Microsecond

// aboutPause is the subject of the decision on how much time passes after a hand-over.
const aboutPause dice.Aspect = 1002

// pause is how much time passes after the next hand-over.
func (e *engine) pause() time.Duration {
	e.handed++
	return 1 + time.Duration(dice.Below(dice.Decide(e.seed, aboutPause, e.handed), uint64(pauseMax)))
}

// spinMax is how many hand-overs there may be in spinTime, where each takes half of pauseMax.
const (
	spinMax  = 20_000
	spinTime = spinMax * pauseMax
)

// spins counts a hand-over, and says whether there are too many.
func (e *engine) spins() bool {
	if now := e.sim.Now(); now-e.busySince > spinTime {
		e.busy, e.busySince = 0, now
	}
	e.busy++
	return e.busy > spinMax
}

// settle lets programs run until all is quiet: everybody is blocked, and nothing is left
// to be taken or handed over.
func (e *engine) settle() {
	for {
		if e.stirred {
			e.await()
		}
		switch {
		case len(e.hands) > 0:
			wake := e.hands[0]
			e.hands = e.hands[1:]
			if e.spins() {
				e.sim.Fail(propSpins, fmt.Sprintf("%d calls and casts in less than %v: a loop tries again and again, and never waits", spinMax, spinTime))
				return
			}
			e.stirred = true
			wake()
			e.gotOn()
			time.Sleep(e.pause())
		case !e.take():
			return
		}
	}
}

// gotOn is called before the driving goroutine waits, which may be for ever: by the counter,
// who watches from outside knows all that was done until then.
func (e *engine) gotOn() { e.progress.Add(1) }

// await waits until everybody is blocked.
func (e *engine) await() {
	e.gotOn()
	synctest.Wait()
	e.stirred = false
	e.sim.Pass(e.now())
	e.reached.Store(int64(e.sim.Now()))
}

// drive lets time pass until a time, or until a property is broken.
func (e *engine) drive(until time.Duration) {
	e.stirred = true // the world may have begun or ended a life meanwhile
	for !e.sim.Broken() {
		e.tell()
		e.settle()
		e.looking.Store(true)
		e.look()
		e.looking.Store(false)
		if e.sim.Broken() {
			return
		}
		now := e.sim.Now()
		at, some := e.sim.NextAt()
		switch {
		case some && at <= now && at <= until:
			e.sim.Next()
		case now >= until:
			return
		case some && at <= until:
			e.wait(at - now)
		default:
			e.wait(until - now)
		}
	}
}

// wait waits for a time to pass, or for something that is posted. (A timer that who posts
// sets to now would do without the select. But it runs on that goroutine, beside other timers of
// the bubble, which the race detector does not survive: Go 1.26.)
func (e *engine) wait(d time.Duration) {
	e.inbox.mu.Lock()
	e.inbox.waited = true
	e.timer.Reset(d)
	e.inbox.mu.Unlock()
	e.gotOn()
	select {
	case <-e.timer.C:
	case <-e.inbox.ready:
	}
	e.stirred = true
	e.inbox.mu.Lock()
	defer e.inbox.mu.Unlock()
	e.inbox.waited = false
	select { // what came at the very time that was waited for
	case <-e.inbox.ready:
	default:
	}
}

// close has nothing more taken.
func (e *engine) close() {
	e.inbox.mu.Lock()
	defer e.inbox.mu.Unlock()
	e.inbox.closed, e.inbox.ops = true, nil
	e.timer.Stop()
}
