package zmqio

import (
	"runtime"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/bulk"
	"github.com/bitmark-inc/bilateralrpc/internal/fair"
)

// pool runs requests on goroutines, as many as are needed at once: a request
// never waits for another one to end, since handlers may call each other back
// and forth between nodes. How many there can be is the machine's decision
// (Limits.ServingMax). Goroutines that are done wait for more requests, up to idleMax
// of them and for a second or two (reap.go), and the one that was busy last is woken first.
//
// Peers take turns: one that has sent a hundred requests at once has its second one
// begun after the first one of everybody else. It takes time to make so many goroutines.
//
// At most one goroutine is on its way to the queue at a time: when it gets there and
// finds more than the request that it takes, it wakes the next one. So few
// goroutines run quick handlers, and slow handlers each still get one.
type pool struct {
	run    func(*Request) // called without a lock; may end its goroutine
	hosted bool           // in a world: one goroutine goes on at a time, and there is no network

	mu       sync.Mutex           // guards all that follows, but ending
	queue    fair.Queue[*Request] // to be run
	granted  requests             // that have waited for the place of their lease, to be run next
	idle     []*worker            // that wait for a request, the one that has for longest first
	reaper   reaper               // ends them
	workers  int                  // goroutines, idle or not
	waking   bool                 // a goroutine is on its way to the queue
	yielding int                  // goroutines that let others go first
	closed   bool                 // no goroutine waits for requests any more
	ending   sync.WaitGroup       // goroutines that close has woken to end
}

// idleMax bounds the goroutines that wait for a request: 64 of some 10 KB, about as
// many as take part in a busy node with quick handlers.
const idleMax = 64

// worker is a goroutine of a pool.
type worker struct {
	wake chan struct{} // gets a token when there is a request, or it is to end
	end  bool          // it is to end; guarded by pool.mu
	look uint64        // how often the reaper had looked when it went idle; guarded by pool.mu
	went time.Time     // when it last waited, or let others go first
}

// start runs more requests.
func (p *pool) start(more requests) {
	p.mu.Lock()
	for more.first != nil {
		r := more.pop()
		p.queue.Push(r.Peer, r)
	}
	p.wakeOne()
	p.mu.Unlock()
}

// wakeOne sees to it that a goroutine comes for the queue. Requires p.mu.
func (p *pool) wakeOne() {
	if p.waking || p.closed || p.queue.Empty() && p.granted.first == nil {
		return
	}
	p.waking = true
	if n := len(p.idle); n > 0 {
		w := p.idle[n-1]
		p.idle[n-1] = nil
		p.idle = p.idle[:n-1]
		w.wake <- struct{}{} // never blocks: it is asleep and has room for one
		return
	}
	p.workers++
	go p.work()
}

// work is the life of one goroutine.
func (p *pool) work() {
	w := &worker{wake: make(chan struct{}, 1), went: time.Now()}
	defer p.leave(w) // also when a handler ends its goroutine
	arrived := true
	for {
		r := p.next(w, arrived)
		if r == nil {
			return
		}
		arrived = false
		p.run(r)
	}
}

// next waits for a request and returns it; nil says that the goroutine is no longer
// needed. With arrived, this is the goroutine that was on its way.
func (p *pool) next(w *worker, arrived bool) *Request {
	tired := p.isTired(w)
	p.mu.Lock()
	for {
		rests := tired && !p.giveWay(w, arrived)
		if arrived {
			p.waking = false
		}
		if !p.closed && !rests {
			if r := p.take(); r != nil {
				p.wakeOne()
				p.mu.Unlock()
				return r
			}
		}
		if p.closed || len(p.idle) >= idleMax {
			p.mu.Unlock()
			return nil
		}
		p.idle = append(p.idle, w)
		p.expectIdle(w)
		p.mu.Unlock()
		<-w.wake
		w.went = time.Now()
		tired = p.isTired(w)
		p.mu.Lock()
		if w.end {
			p.mu.Unlock()
			return nil
		}
		arrived = true
	}
}

// take returns the next request to run, nil if there is none. Those of which the handlers
// need a place in the gate wait for that first. Requires p.mu.
func (p *pool) take() *Request {
	if p.granted.first != nil {
		return p.granted.pop()
	}
	for !p.queue.Empty() {
		r := p.queue.Pop()
		if !r.needsLease() || r.lease.ask(r.Peer, func() bool { return p.grant(r) }) {
			return r
		}
	}
	return nil
}

// grant has r run, whose handler has a place now, and says whether it takes that: it may have
// turned out meanwhile that it needs none.
func (p *pool) grant(r *Request) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	taken := r.speed.heavy()
	r.lease.held = taken // nobody else has it yet
	p.granted.push(r)
	p.wakeOne()
	return taken
}

// dropGranted has nobody run who has a place, and returns whose gate it was, once for each.
// Requires p.mu.
func (p *pool) dropGranted() (places []*Budget) {
	for p.granted.first != nil {
		if r := p.granted.pop(); r.lease.held {
			places = append(places, r.lease.budget)
		}
	}
	return places
}

// isTired says whether it is time for others to go first.
func (p *pool) isTired(w *worker) bool {
	return !p.hosted && (bulk.Wanted() || time.Since(w.went) >= bulk.YieldAfter)
}

// giveWay lets others go first, unless as many goroutines as there are processors do so.
// Those are enough for the queue: were all to come back for a request, a hundred who run
// handlers of a millisecond would be in Go's queue, and behind them whatever arrives on the
// network. The goroutine on its way does so in any case, as there would be another one on
// the way behind it otherwise, and no end of them. Requires p.mu, which it gives back
// meanwhile.
func (p *pool) giveWay(w *worker, onItsWay bool) bool {
	if p.yielding >= runtime.GOMAXPROCS(0) && !onItsWay {
		return false
	}
	p.yielding++
	p.mu.Unlock()
	bulk.Yield()
	w.went = time.Now()
	p.mu.Lock()
	p.yielding--
	return true
}

func (p *pool) leave(w *worker) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.workers--
	if w.end {
		p.ending.Done()
	}
}

// size returns how many goroutines there are.
func (p *pool) size() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.workers
}

// close ends the idle goroutines, and waits for that. The others end when their
// handlers return.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	places := p.dropGranted()
	p.endIdle(len(p.idle))
	p.reaper.stop()
	p.mu.Unlock()
	for _, gate := range places {
		gate.Leave()
	}
	p.ending.Wait()
}
