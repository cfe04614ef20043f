package zmqio

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
)

// places is how many a gate has.
func places() int { return max(1, runtime.GOMAXPROCS(0)/2) }

// allPlaces takes every place of the gate of b, which hangs if one is taken, and gives them back.
func allPlaces(b *Budget) {
	for range places() {
		b.Enter("a test")
	}
	for range places() {
		b.Leave()
	}
}

// heavySpeed is that of a method whose handlers make large replies and compute.
func heavySpeed() *speed {
	s := new(speed)
	s.noteReply(1 << 20)
	return s
}

// heavies is a pool, with requests that need places there. Their handlers return by end.
type heavies struct {
	pool   pool
	budget *Budget
	speed  *speed
	began  chan *Request
	end    chan struct{}
}

func newHeavies() *heavies {
	h := &heavies{budget: NewBudget(1<<30, 1<<30), speed: heavySpeed(), began: make(chan *Request, 1000), end: make(chan struct{})}
	h.pool.run = func(r *Request) {
		defer r.lease.end()
		h.began <- r
		<-h.end
	}
	return h
}

func (h *heavies) start(n int, s *speed) {
	var queued requests
	for range n {
		queued.push(&Request{Peer: "peer", turns: true, speed: s, claim: claim{budget: h.budget, peer: "peer"}})
	}
	h.pool.start(queued)
}

// Handlers that make large replies run in the places of the gate. Those behind them have no
// goroutine, and all others run meanwhile.
func TestHeavyHandlersWaitForAPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeavies()
		const many = 40
		h.start(many, h.speed)
		synctest.Wait()
		if n := len(h.began); n != places() {
			t.Fatalf("%d handlers run in %d places", n, places())
		}
		h.start(5, new(speed))
		synctest.Wait()
		if n := len(h.began); n != places()+5 {
			t.Errorf("%d handlers run with five others, want %d", n, places()+5)
		}
		if n := h.pool.size(); n > places()+5+1 {
			t.Errorf("%d goroutines for %d handlers", n, places()+5)
		}
		for range many + 5 {
			h.end <- struct{}{}
		}
		synctest.Wait()
		if n := len(h.began); n != many+5 {
			t.Errorf("%d handlers have run, want %d", n, many+5)
		}
		allPlaces(h.budget)
		h.pool.close()
	})
}

// Where it turns out that handlers wait, those that have waited for a place go on without.
func TestHandlersThatNeedNoPlaceAfterAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeavies()
		const many = 40
		h.start(many, h.speed)
		synctest.Wait()
		for h.speed.heavy() {
			h.speed.noteWaits(true)
		}
		h.end <- struct{}{} // one place is free
		synctest.Wait()
		if n := len(h.began); n < many-places()+1 {
			t.Errorf("%d of %d handlers run, though no place is needed", n, many)
		}
		for range many - 1 {
			h.end <- struct{}{}
		}
		synctest.Wait()
		allPlaces(h.budget)
		h.pool.close()
	})
}

// A pool that is closed begins none of those that wait for a place, and takes none for them.
func TestAClosedPoolTakesNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHeavies()
		h.start(10, h.speed)
		synctest.Wait()
		h.pool.close()
		close(h.end)
		synctest.Wait()
		if n := len(h.began); n != places() {
			t.Errorf("%d handlers have run, want %d", n, places())
		}
		allPlaces(h.budget)
	})
}

// Nor does it keep a place that was granted to one that has not begun.
func TestAClosedPoolGivesPlacesBack(t *testing.T) {
	h := newHeavies()
	for range places() {
		h.budget.Enter("another")
	}
	h.start(1, h.speed)
	for h.pool.idling() == 0 { // until it waits for a place
		runtime.Gosched()
	}
	h.pool.mu.Lock()
	h.pool.waking = true // as if a goroutine were on its way
	h.pool.mu.Unlock()
	for range places() {
		h.budget.Leave()
	}
	h.pool.close()
	allPlaces(h.budget)
	if len(h.began) != 0 {
		t.Error("a handler has begun")
	}
}

// idling returns how many goroutines wait for a request.
func (p *pool) idling() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.idle)
}

// held is a lease with a place, whose handler runs on the calling goroutine since a while ago.
func held(t *testing.T, since time.Duration) *lease {
	t.Helper()
	if _, known := bulk.CurrentThread().Used(); !known {
		t.Skip("what a thread uses can't be told here")
	}
	l := &lease{budget: NewBudget(1<<30, 1<<30), speed: heavySpeed(), sample: takeSample()}
	if !l.sample || !l.ask("peer", nil) {
		t.Fatal("there is no place")
	}
	runtime.LockOSThread()
	l.thread = bulk.CurrentThread()
	l.began = glimpseOf(l.thread)
	l.began.at = l.began.at.Add(-since)
	l.last = l.began
	l.timer = time.AfterFunc(time.Hour, func() {})
	t.Cleanup(func() {
		l.returned()
		l.end()
		allPlaces(l.budget)
	})
	return l
}

// compute has the calling goroutine compute until its thread has used that much since it was last looked at.
func (l *lease) compute(much time.Duration) {
	for {
		if now := glimpseOf(l.thread); now.used-l.last.used >= much {
			return
		}
	}
}

// A handler that computes keeps its place, one that waits does not, and its method is known for it.
func TestAPlaceIsForWhoComputes(t *testing.T) {
	l := held(t, time.Millisecond)
	l.last.used -= time.Hour // it has computed for ever
	if l.look(); !l.held {
		t.Error("a handler that computes has lost its place")
	}
	l.last.at = l.last.at.Add(-time.Hour) // and has waited since
	if l.look(); l.held || !l.waited || l.speed.waits.Load() == 0 {
		t.Errorf("one that waits: it has the place: %v, is known to wait: %v, as is its method: %d", l.held, l.waited, l.speed.waits.Load())
	}
	allPlaces(l.budget)
}

// Nobody has a place for ever.
func TestAPlaceIsGivenUpInTheEnd(t *testing.T) {
	l := held(t, leaseMax)
	l.last.used -= time.Hour
	if l.look(); l.held || l.waited || l.speed.waits.Load() != 0 {
		t.Errorf("it has the place: %v; is known to wait: %v, as is its method: %d", l.held, l.waited, l.speed.waits.Load())
	}
}

// While an answer is on its way, the handler's thread may do something else.
func TestAPlaceIsKeptForTheAnswer(t *testing.T) {
	l := held(t, 0)
	l.returned()
	l.last.at = l.last.at.Add(-time.Hour)
	if l.look(); !l.held {
		t.Error("the place is lost before the answer is on its way")
	}
}

// A method is known by what its handlers have used of the time they took.
func TestWhatAHandlerHasUsed(t *testing.T) {
	for _, c := range []struct {
		took, computed time.Duration
		waits          bool
	}{{0, time.Microsecond, false}, {time.Hour, time.Microsecond, true}} {
		t.Run(c.took.String(), func(t *testing.T) {
			l := held(t, c.took)
			if !c.waits {
				l.began.used -= time.Hour
			}
			l.compute(c.computed)
			if l.returned(); (l.speed.waits.Load() > 0) != c.waits {
				t.Errorf("the method is known to wait: %d, want %v", l.speed.waits.Load(), c.waits)
			}
			if n := samples.Load(); n != 0 {
				t.Errorf("%d threads run a handler only", n)
			}
		})
	}
}

// Who submits a small answer may then work for others, which needs no place.
func TestAPlaceIsGivenBackBeforeASmallAnswer(t *testing.T) {
	f := flushing{flushed: func() {}}
	d := nodeWithPeer(t, &f, Config{})
	l := held(t, 0)
	r := &Request{driver: d, speed: l.speed, lease: l, claim: claim{budget: l.budget, peer: "peer"}}
	d.lock()
	d.served.begin(r)
	d.unlockAndDispatch()
	d.submitAnswer(r)
	if l.has() {
		t.Error("the place is kept")
	}
}

// In its place a handler need not enter the gate; without one, it does.
func TestAHandlerInAPlaceIsInTheGate(t *testing.T) {
	l := held(t, 0)
	r := &Request{lease: l, claim: claim{budget: l.budget, peer: "peer"}}
	for range places() - 1 {
		l.budget.Enter("another") // all but one
	}
	r.Enter("peer") // hangs if it needs one more
	r.Leave()
	l.end()
	r.Enter("peer")
	taken := !l.budget.gate.Ask("another", func() bool { return false })
	r.Leave()
	for range places() - 1 {
		l.budget.Leave()
	}
	if !taken {
		t.Error("it has entered without a place")
		l.budget.Leave()
	}
}

// Large replies make a method heavy, small ones light again; errors say nothing.
func TestWhichMethodsAreHeavy(t *testing.T) {
	s := new(speed)
	for range 100 {
		s.noteReply(heavyBytes - 1)
	}
	if s.heavy() {
		t.Error("small replies make it heavy")
	}
	if s.noteReply(1 << 20); !s.heavy() {
		t.Error("a megabyte does not make it heavy")
	}
	d := &Driver{}
	d.limits.BodyBytesMax = 1 << 20
	for range 100 {
		d.conclude(&Request{speed: s}, nil, "no memory is left")
	}
	if !s.heavy() {
		t.Error("errors make it light")
	}
	for range 100 {
		d.conclude(&Request{speed: s}, nil, "")
	}
	if s.heavy() {
		t.Error("small replies don't make it light")
	}
}

// The first handlers are samples, and some of the others.
func TestWhichHandlersAreSamples(t *testing.T) {
	s := new(speed)
	n := 0
	for range 10 * sampleEvery {
		if s.isSample() {
			n++
		}
	}
	if n != sampleFirst+10 {
		t.Errorf("%d of %d are samples, want %d", n, 10*sampleEvery, sampleFirst+10)
	}
	for range samplesMax {
		takeSample()
	}
	if takeSample() {
		t.Errorf("there are more than %d at a time", samplesMax)
	}
	samples.Store(0)
}
