package reality

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/faultproxy"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// stage is a run by processes. One goroutine has it: what others have for it comes by post.
type stage struct {
	ctx     context.Context
	s       *sim.Scenario
	o       *Options
	result  *Result
	names   *names
	nodes   []*node
	byName  map[string]*node
	proxies map[way]*faultproxy.Proxy
	rules   []*rule
	calls   []*callRun
	agenda  agenda
	start   time.Time
	now     time.Duration // when what happens was planned for
	inForce []*lasting    // faults that last
	looks   uint64        // so far
	// lastHeal is when a fault of the network ended last, if healed is set.
	lastHeal time.Duration
	healed   bool
	backoffs map[*sim.Expect]bool // that have been met
	failure  error                // that ends the run

	mu   sync.Mutex
	mail []func()      // in the order in which it was posted
	news chan struct{} // holds a token when there is mail
}

// deadEnd is an address at which nobody listens: the port belongs to a service that
// nobody has.
const deadEnd = "tcp://127.0.0.1:1"

// newStage starts the proxies and the processes.
func newStage(ctx context.Context, r *Result, o *Options) (st *stage, err error) {
	st = &stage{
		ctx: ctx, s: r.Scenario, o: o, result: r, byName: map[string]*node{}, proxies: map[way]*faultproxy.Proxy{},
		news: make(chan struct{}, 1), backoffs: map[*sim.Expect]bool{}, start: time.Now(),
	}
	if st.names, err = newNames(st.s, o.Curve); err != nil {
		return nil, err
	}
	for i := range st.s.Peers {
		n := newNode(st, &st.s.Peers[i])
		st.nodes = append(st.nodes, n)
		st.byName[n.name] = n
	}
	for f := range st.s.Faults() {
		x, ok := f.(sim.Connect)
		w := way{x.From, addressOf(x)}
		if !ok || st.byName[w.to] == nil || st.proxies[w] != nil {
			continue
		}
		if st.proxies[w], err = faultproxy.New(faultproxy.Config{To: deadEnd, Plain: !o.Curve}); err != nil {
			delete(st.proxies, w)
			st.close()
			return nil, err
		}
	}
	for _, c := range callsOf(st.s) {
		st.calls = append(st.calls, &callRun{call: c})
	}
	for _, n := range st.nodes {
		if err = n.begin(); err != nil {
			st.close()
			return nil, err
		}
	}
	return st, nil
}

// close ends every process and proxy.
func (st *stage) close() {
	for _, n := range st.nodes {
		n.kill()
		if n.spare != nil {
			n.spare.discard()
		}
	}
	for _, p := range st.proxies {
		p.Close()
	}
}

// post has f done by the stage, after what was posted before. It returns at once.
func (st *stage) post(f func()) {
	st.mu.Lock()
	st.mail = append(st.mail, f)
	st.mu.Unlock()
	select {
	case st.news <- struct{}{}:
	default:
	}
}

// startPatience is how long processes may take to listen.
const startPatience = 30 * time.Second

// run is the whole run.
func (st *stage) run() error {
	if !st.until(startPatience, st.ready) {
		return st.or(fmt.Errorf("after %v not every process listens", startPatience))
	}
	st.start = time.Now()
	st.addRules()
	for i := range st.s.Lines {
		if l := &st.s.Lines[i]; l.Fault != nil {
			st.at(l.At, func() { st.do(l.Fault) })
		}
	}
	st.expectBackoffs()
	if end := st.s.End(); !st.until(end-st.since(), nil) && st.failure != nil {
		return st.failure
	}
	if st.result.Restart > beginMost {
		st.result.vary(st.result.Restart)
	}
	if err := st.settle(); err != nil {
		return err
	}
	st.judge()
	st.stopAll()
	return st.failure
}

// or returns why the run has failed, or err.
func (st *stage) or(err error) error {
	if st.failure != nil {
		return st.failure
	}
	return err
}

// since is the time since the start.
func (st *stage) since() time.Duration { return time.Since(st.start) }

// ready says whether every node that runs listens.
func (st *stage) ready() bool {
	return !slices.ContainsFunc(st.nodes, func(n *node) bool { return n.up && n.address == "" })
}

// until has the stage live for a time, at most until done says so, and returns whether it
// did. What is planned happens, and what is posted.
func (st *stage) until(d time.Duration, done func() bool) bool {
	over := st.since() + d
	for st.failure == nil {
		if done != nil && done() {
			return true
		}
		next := over
		if len(st.agenda.items) > 0 {
			next = min(next, st.agenda.items[0].at)
		}
		if next <= st.since() {
			if next == over {
				return false
			}
			it := st.agenda.take()
			st.now = it.at
			it.do()
			continue
		}
		next = min(next, st.since()+controlPause)
		timer := time.NewTimer(next - st.since())
		select {
		case <-timer.C:
			st.result.Late = max(st.result.Late, st.since()-next)
		case <-st.news:
			st.read()
		case <-st.ctx.Done():
			st.failure = st.ctx.Err()
		}
		timer.Stop()
	}
	return false
}

// controlPause is how often the machine is measured at least: by how late a timer fires.
const controlPause = 20 * time.Millisecond

// read does what was posted.
func (st *stage) read() {
	st.mu.Lock()
	mail := st.mail
	st.mail = nil
	st.mu.Unlock()
	for _, f := range mail {
		st.now = st.since()
		f()
	}
}

// at plans something. Of what is planned for one time the earliest planned comes first.
func (st *stage) at(t time.Duration, do func()) { st.agenda.put(planned{t, do}) }

// planned is something that happens at a time since the start.
type planned struct {
	at time.Duration
	do func()
}

// agenda is what is planned, in the order in which it happens.
type agenda struct{ items []planned }

func (a *agenda) put(p planned) {
	at := len(a.items)
	for at > 0 && a.items[at-1].at > p.at {
		at--
	}
	a.items = slices.Insert(a.items, at, p)
}

func (a *agenda) take() planned {
	p := a.items[0]
	a.items = a.items[1:]
	return p
}

// seed is for what a node decides by chance; no two runs need agree on it.
func seed() uint64 { return rand.Uint64() }
