package zmqio

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// lease is the place in the node's gate of a handler whose method has lately made large
// replies. Such handlers compute for milliseconds each: if those of a few peers, who need not
// even read what they ask for, ran on all processors, the requests of everybody else would wait.
//
// But a handler may also wait, for whatever it likes, and places are for who computes. So
// the handler is looked at while it runs, and the place is given to others once it seems to
// wait, or has had the place for leaseMax. Where the handlers of a method mostly wait they need no place
// (speed.heavy). To see that, some of them run on a thread that runs nothing else.
//
// The place is kept until the answer is on its way, as to encode and to send that is work for the gate too.
// A nil lease is that of any other handler.
type lease struct {
	budget *Budget
	speed  *speed // of the method

	mu      sync.Mutex
	held    bool          // it has a place
	answers bool          // the handler has returned
	waited  bool          // the handler was seen to wait
	sample  bool          // the thread runs nothing else
	queued  time.Duration // that the handler has waited for the gate itself
	thread  bulk.Thread   // on which the handler has begun
	began   glimpse       // zero before that
	last    glimpse
	timer   *time.Timer // while there is a place
}

const (
	// leaseLook is how often a handler in a place is looked at, and so how long one that waits keeps it.
	leaseLook = 8 * time.Millisecond
	// leaseMax is how long a handler keeps a place at most, whatever it does.
	leaseMax = 64 * time.Millisecond
	// A handler computes that has used one part in computesShare of the time that it took, and
	// waits while it uses less than one part in waitsShare. What is between has to wait for processors.
	computesShare, waitsShare = 4, 16
	// All processors are busy while all but one part in busyShare of them is used.
	busyShare = 4
	// samplesMax bounds the threads of a process that run one handler and nothing else: one
	// that waits may do so for hours.
	samplesMax = 64
)

// samples is how many such threads there are.
var samples atomic.Int32

// glimpse is what a thread, and the process, have used by some time.
type glimpse struct {
	at        time.Time
	used, all time.Duration
	known     bool
}

func glimpseOf(thread bulk.Thread) glimpse {
	used, known := thread.Used()
	all, _ := bulk.ProcessUsed()
	return glimpse{time.Now(), used, all, known}
}

// used says whether the thread has used one part in share of the time between two glimpses.
func used(share time.Duration, from, to glimpse) bool {
	return (to.used-from.used)*share >= to.at.Sub(from.at)
}

// idles says whether the thread has used next to nothing between two glimpses, though there were processors for it.
func idles(from, to glimpse) bool {
	processors := time.Duration(runtime.GOMAXPROCS(0))
	busy := (to.all-from.all)*busyShare >= to.at.Sub(from.at)*processors*(busyShare-1)
	return from.known && to.known && !busy && !used(waitsShare, from, to)
}

// needsLease gives r a lease and returns true, if its handler needs one.
func (r *Request) needsLease() bool {
	if !r.turns || !r.speed.heavy() {
		return false
	}
	r.lease = &lease{budget: r.claim.budget, speed: r.speed}
	return true
}

// watch says that the handler of r begins, on the calling goroutine. One that needs no place
// is seen too, if its method makes large replies.
func (r *Request) watch() {
	if r.lease == nil && r.turns && r.speed.makesLarge() {
		r.lease = &lease{budget: r.claim.budget, speed: r.speed}
	}
	r.lease.begin()
}

// ask takes a place and returns true, or returns false and has granted called once there is one.
func (l *lease) ask(peer string, granted func() bool) bool {
	taken := l.budget.gate.Ask(peer, granted)
	if taken { // else granted may have been called already
		l.held = true
	}
	return taken
}

// begin says that the handler begins, on the calling goroutine.
func (l *lease) begin() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.speed.isSample() && takeSample() {
		l.sample = true
		runtime.LockOSThread()
	}
	l.thread = bulk.CurrentThread()
	l.began = glimpseOf(l.thread)
	if l.last = l.began; l.held {
		l.timer = time.AfterFunc(leaseLook, l.look)
	}
}

func takeSample() bool {
	taken := samples.Add(1) <= samplesMax
	if !taken {
		samples.Add(-1)
	}
	return taken
}

// look is called by the timer. The thread of a handler that is no sample may have gone on to
// others, or the handler to another thread, so nothing is learnt of it.
func (l *lease) look() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.held {
		return
	}
	now := glimpseOf(l.thread)
	waits := !l.answers && idles(l.last, now)
	if l.last = now; !waits && now.at.Sub(l.began.at) < leaseMax {
		l.timer.Reset(leaseLook)
		return
	}
	if waits && l.sample {
		l.waited = true
		l.speed.noteWaits(true)
	}
	l.giveUp()
}

// giveUp gives the place back, if there is one. Requires mu.
func (l *lease) giveUp() {
	if !l.held {
		return
	}
	l.held = false
	if l.timer != nil {
		l.timer.Stop()
	}
	l.budget.Leave()
}

// returned says that the handler has returned, or has ended its goroutine otherwise. It is
// called by the goroutine that has called begin, if that was.
func (l *lease) returned() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answers = true
	if !l.sample {
		return
	}
	now := glimpseOf(l.thread)
	l.began.at = l.began.at.Add(l.queued)
	switch {
	case l.waited || !now.known: // that is known, or nothing is
	case used(computesShare, l.began, now):
		l.speed.noteWaits(false)
	case idles(l.began, now):
		l.speed.noteWaits(true)
	}
	l.sample = false
	runtime.UnlockOSThread()
	samples.Add(-1)
}

// end gives the place back. Whoever submits the answer does so.
func (l *lease) end() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.giveUp()
}

// has says whether there is a place, for work that would enter the gate.
func (l *lease) has() bool {
	if l == nil {
		return false
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.held
}

// wasQueued counts time for which the handler has waited for the gate.
func (l *lease) wasQueued(since time.Time) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.queued += time.Since(since)
}

// Enter waits until it is the turn of work for this request that its peer can make large,
// unless the handler has a place: see Budget.Enter. Leave ends it.
func (r *Request) Enter(peer string) {
	if r.inside = !r.lease.has(); r.inside {
		since := time.Now()
		r.claim.budget.Enter(peer)
		r.lease.wasQueued(since)
	}
}

// Leave ends what Enter began.
func (r *Request) Leave() {
	if r.inside {
		r.inside = false
		r.claim.budget.Leave()
	}
}
