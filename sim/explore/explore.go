package explore

import (
	"fmt"
	"math"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Options say how to search.
type Options struct {
	// Checkers makes those that watch one run; nil means all of ours. The search is some times
	// faster if each of them is one of ours or a check.Copies.
	Checkers func() []sim.Checker
	// Customise is called with each world before its run starts.
	Customise func(w *sim.World)
	// StatesMax ends the search when it has seen so many states; zero means 10 million.
	StatesMax uint64
	// Stop is asked every now and then whether the search is to end; nil: it is not.
	Stop func(c *Counts) bool
	// AllOrders tries both orders of two things that are due at one moment at two nodes.
	AllOrders bool
	// Each calls do with 0 to n-1, each once, and returns when all calls have; they may run at
	// a time. Nil calls one after the other. The result does not depend on it.
	Each func(n int, do func(i int))
	// LiveMax is how many worlds are kept, each some 70 KB, so that a state need not be
	// reached again from the start of its run; zero means 2048, less than zero none. Those that
	// states lead to which are looked at together come on top, 2,048 at most. The result does
	// not depend on it.
	LiveMax int
	// Label says what else the search hangs on, such as a defect that a Double puts in: one
	// that was saved is gone on with under the same label.
	Label string
	// Safety leaves out what a scenario that settles demands of every state.
	Safety bool
}

// Counts are how much a search has seen.
type Counts struct {
	States  uint64 // that are different
	Steps   uint64 // from one state to another
	Depth   int    // the most steps from the start
	Again   uint64 // steps that led to a state that had been seen
	Pruned  uint64 // orders that mean nothing, and were not tried
	Settled uint64 // states in which faults were stopped, and the world ran on
}

// A Result is what came of a search.
type Result struct {
	Counts
	Complete bool   // every state was seen, and no property was found broken
	Stopped  string // the bound that ended the search; empty if none did
	// Found is a property that was broken, or an expectation that was not met, on the
	// shortest way to such a state: Length steps from the start; nil if there is none.
	Found  *sim.Violation
	Length int
	// Story is a scenario that runs that way by itself, and Confirmed what came of its run;
	// its violation is that of Found, unless the story could not be told.
	Story     *sim.Scenario
	Confirmed *sim.Result

	search *search // that was stopped, for Save; nil otherwise
}

// Missed is how likely it is, at most, that two different states were taken for one, if the
// hash were random: the number of pairs over 2^64.
func (c *Counts) Missed() (oneIn uint64) {
	pairs := c.States / 2 * c.States
	if c.States > 1<<32 || pairs == 0 {
		return 1
	}
	return math.MaxUint64 / pairs
}

// String returns for example "complete: 12 states, 11 steps, depth 5; ...".
func (r *Result) String() string {
	how := "complete"
	switch {
	case r.Found != nil:
		how = fmt.Sprintf("found %s after %d steps", r.Found.Property.ID, r.Length)
	case !r.Complete:
		how = "stopped (" + r.Stopped + ")"
	}
	return fmt.Sprintf("%s: %d states, %d steps, depth %d; %d steps led to a state seen before, %d orders that mean nothing were not tried, %d states settled; two states taken for one: less than 1 in %d",
		how, r.States, r.Steps, r.Depth, r.Again, r.Pruned, r.Settled, r.Missed())
}

// statesMax is the default of Options.StatesMax.
const statesMax = 10_000_000

// search is a search under way.
type search struct {
	o        Options       // with their defaults
	scenario *sim.Scenario // as it was given
	plan     *plan         // of the scenario
	seen     visited       // the states so far
	nodes    tree          // the same, as paths
	next     int           // the state that is gone on from next
	taken    int           // how many of those that it leads to have been taken in
	live     live          // runs that have come to those that are next
	copies   bool          // worlds are copied where they can be
	keeps    int           // how many runs a worker keeps until what it has found is taken in
	met      visited       // scratch of settle: the states that workers have come to
	jobs     []*arrival    // scratch of settle: those in which faults are stopped
	workers  []worker      // for a batch of states
	r        Result        // so far

	// For tests.
	apart bool            // no two runs are taken to come to one state
	rest  map[uint64]bool // the states in which nothing is due at their moment; nil if nobody asks
}

// tree holds the states in the order in which they were found, each as the step to it.
type tree struct {
	parent  []uint32 // the state before
	from    []uint32 // where the choices of the step begin in choices
	choices []uint8  // of all steps
}

// add adds the state that choices lead to from another one.
func (t *tree) add(parent uint32, choices []uint8) {
	t.parent = append(t.parent, parent)
	t.from = append(t.from, uint32(len(t.choices)))
	t.choices = append(t.choices, choices...)
}

// path returns the choices that lead to a state from the start, and the number of steps.
func (t *tree) path(dst []uint8, state uint32) (path []uint8, steps int) {
	var way []uint32
	for s := state; s != 0; s = t.parent[s] {
		way = append(way, s)
	}
	for i := len(way) - 1; i >= 0; i-- {
		dst = append(dst, t.step(way[i])...)
	}
	return dst, len(way)
}

// step returns the choices of the step to a state from the one before.
func (t *tree) step(state uint32) []uint8 {
	end := len(t.choices)
	if int(state)+1 < len(t.from) {
		end = int(t.from[state+1])
	}
	return t.choices[t.from[state]:end]
}

// Search looks at everything that may happen in a scenario, within its bounds. An error
// says what the scenario lacks.
func Search(s *sim.Scenario, o Options) (*Result, error) {
	p, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	return newSearch(p, s, o).result()
}

// newSearch returns a search that has yet to begin.
func newSearch(p *plan, s *sim.Scenario, o Options) *search {
	if o.StatesMax == 0 {
		o.StatesMax = statesMax
	}
	if o.Each == nil {
		o.Each = func(n int, do func(i int)) {
			for i := range n {
				do(i)
			}
		}
	}
	return &search{o: o, scenario: s, plan: p}
}

// result goes on with the search and returns what came of it.
func (e *search) result() (*Result, error) {
	if err := e.all(); err != nil {
		return nil, err
	}
	e.live, e.workers, e.jobs = live{}, nil, nil
	if e.r.Stopped != "" {
		e.r.search = e
	}
	return &e.r, nil
}

// all goes through all states, breadth first, some at a time.
func (e *search) all() error {
	e.live, e.workers = newLive(e.o.LiveMax), make([]worker, batch)
	e.copies = e.live.most > 0 && e.o.Customise == nil // which may watch frames
	if e.keeps = min(keepsMost, e.live.most); e.settles() {
		e.keeps = keepsMost
	}
	for i := range e.workers {
		e.workers[i].search = e
	}
	if len(e.nodes.parent) == 0 {
		if err := e.begins(); err != nil {
			return err
		}
	} else if e.r.States >= e.o.StatesMax {
		e.full()
	}
	for e.next < len(e.nodes.parent) && !e.over() {
		from := e.next
		n := min(batch, len(e.nodes.parent)-from)
		for i := range n {
			e.workers[i].live = e.live.take(uint32(from + i))
		}
		e.o.Each(n, func(i int) { e.workers[i].expand(uint32(from + i)) })
		e.settle(n)
		for i := 0; i < n && !e.over(); i++ {
			if err := e.workers[i].err; err != nil {
				return err
			}
			e.merge(&e.workers[i])
		}
	}
	e.r.Complete = !e.over()
	return nil
}

// batch is how many states are expanded before what they lead to is taken in.
const batch = 256

// keepsMost bounds the worlds that a worker keeps, should one state lead to many.
const keepsMost = 8

// begins takes in the state at the start.
func (e *search) begins() error {
	w := &e.workers[0]
	r, err := w.begin(nil)
	if err != nil {
		return err
	}
	w.arrived(r)
	e.settle(1)
	e.nodes.add(0, nil)
	e.take(w, &w.to[0])
	e.ask()
	return nil
}

// settle stops the faults in the states at rest that some workers have come to, once in
// each: in the world that will have come there first, or in a copy of it.
func (e *search) settle(workers int) {
	if !e.settles() {
		return
	}
	e.met.clear()
	jobs := e.jobs[:0]
	for i := range workers {
		for j := range e.workers[i].to {
			if t := &e.workers[i].to[j]; t.found == nil && e.met.add(t.hash) && t.settles && t.run != nil {
				jobs = append(jobs, t)
			}
		}
	}
	e.o.Each(len(jobs), func(i int) {
		t := jobs[i]
		if e.copies {
			if w := t.run.w.Copy(); w != nil {
				t.settle(w)
				return
			}
		}
		t.settle(t.run.w)
		t.run = nil
	})
	e.jobs = jobs
}

// settles says whether faults are stopped in every state at rest.
func (e *search) settles() bool { return e.plan.liveness && !e.o.Safety }

// merge takes in what a worker has found from the next state, in the order in which states
// were found: the result does not depend on which of the workers came first.
func (e *search) merge(w *worker) {
	if e.taken == 0 {
		e.r.Steps += w.Steps
		e.r.Pruned += w.Pruned
	}
	for e.taken < len(w.to) {
		t := &w.to[e.taken]
		e.taken++
		if e.take(w, t); e.over() {
			return
		}
	}
	e.next, e.taken = e.next+1, 0
	e.ask()
}

// take takes in a state to which a step has led from the next one.
func (e *search) take(w *worker, t *arrival) {
	choices := w.choices[t.from : t.from+t.n]
	if e.rest != nil && t.quiet {
		e.rest[t.hash] = true
	}
	hash := t.hash
	if e.apart {
		hash = e.r.States + 1
	}
	isNew := t.found != nil && !t.settled || e.seen.add(hash)
	switch {
	case !isNew:
		e.r.Again++
		return
	case t.settled:
		e.r.Settled++
	}
	e.r.States = e.seen.n
	if e.r.States > 1 && t.found == nil {
		e.nodes.add(uint32(e.next), choices)
		e.r.Depth = max(e.r.Depth, t.steps)
	}
	if t.found != nil {
		e.r.Found, e.r.Length = t.found, t.steps
		path, _ := e.nodes.path(nil, uint32(e.next))
		e.tell(append(path, choices...), t.settled)
		return
	}
	if t.run != nil && e.live.put(uint32(len(e.nodes.parent)-1), t.run) {
		t.run = nil
	}
	if e.r.States >= e.o.StatesMax {
		e.full()
	}
}

// full ends the search, since it has as many states as it may.
func (e *search) full() {
	e.r.Stopped = fmt.Sprintf("%d states are as many as it may keep", e.r.States)
}

// ask asks whether the search is to end.
func (e *search) ask() {
	if !e.over() && e.o.Stop != nil && e.o.Stop(&e.r.Counts) {
		e.r.Stopped = "it was told to"
	}
}

// over says whether the search has come to its end.
func (e *search) over() bool { return e.r.Found != nil || e.r.Stopped != "" }
