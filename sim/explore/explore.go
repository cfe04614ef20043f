package explore

import (
	"fmt"
	"math"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// Options say how to search.
type Options struct {
	// Checkers makes those that watch one run; nil means all of ours.
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
	o       Options  // with their defaults
	plan    *plan    // of the scenario
	seen    visited  // the states so far
	nodes   tree     // the same, as paths
	workers []worker // for a batch of states
	r       Result   // so far

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
		s := way[i]
		end := len(t.choices)
		if int(s)+1 < len(t.from) {
			end = int(t.from[s+1])
		}
		dst = append(dst, t.choices[t.from[s]:end]...)
	}
	return dst, len(way)
}

// Search looks at everything that may happen in a scenario, within its bounds. An error
// says what the scenario lacks.
func Search(s *sim.Scenario, o Options) (*Result, error) {
	p, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	e := newSearch(p, o)
	if err := e.all(); err != nil {
		return nil, err
	}
	return &e.r, nil
}

// newSearch returns a search that has yet to begin.
func newSearch(p *plan, o Options) *search {
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
	return &search{o: o, plan: p}
}

// all goes through all states, breadth first, some at a time.
func (e *search) all() error {
	e.workers = make([]worker, batch)
	for i := range e.workers {
		e.workers[i].search = e
	}
	first := &e.workers[0]
	r, err := first.begin(nil)
	if err != nil {
		return err
	}
	first.arrived(r, 0)
	e.nodes.add(0, nil)
	e.merge(first, 0)
	for next := 0; next < len(e.nodes.parent) && !e.over(); {
		n := min(batch, len(e.nodes.parent)-next)
		e.o.Each(n, func(i int) { e.workers[i].expand(uint32(next + i)) })
		for i := range n {
			if err := e.workers[i].err; err != nil {
				return err
			}
			if !e.over() {
				e.merge(&e.workers[i], uint32(next+i))
			}
		}
		next += n
	}
	e.r.Complete = !e.over()
	return nil
}

// batch is how many states are expanded before what they lead to is taken in.
const batch = 256

// merge takes in what a worker has found, in the order in which states were found: the
// result does not depend on which of the workers came first.
func (e *search) merge(w *worker, state uint32) {
	c := &w.Counts
	e.r.Steps += c.Steps
	e.r.Pruned += c.Pruned
	for i := range w.to {
		t := &w.to[i]
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
			continue
		case t.settled:
			e.r.Settled++
		}
		e.r.States = e.seen.n
		if e.r.States > 1 && t.found == nil {
			e.nodes.add(state, choices)
			e.r.Depth = max(e.r.Depth, t.steps)
		}
		if t.found != nil {
			e.r.Found, e.r.Length = t.found, t.steps
			path, _ := e.nodes.path(nil, state)
			e.tell(append(path, choices...), t.settled)
			return
		}
		if e.r.States >= e.o.StatesMax {
			e.r.Stopped = fmt.Sprintf("%d states are as many as it may keep", e.r.States)
			return
		}
	}
	if e.o.Stop != nil && e.o.Stop(&e.r.Counts) {
		e.r.Stopped = "it was told to"
	}
}

// over says whether the search has come to its end.
func (e *search) over() bool { return e.r.Found != nil || e.r.Stopped != "" }
