package explore

import (
	"fmt"
	"math"
	"slices"

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

// askEvery is how many steps lie between two questions whether to stop.
const askEvery = 64

// search is a search under way.
type search struct {
	o     Options
	plan  *plan
	seen  visited
	nodes tree
	run   run    // the one under way
	print []byte // scratch of fingerprints

	// For tests.
	apart bool            // no two runs are taken to come to one state
	rest  map[uint64]bool // the states in which nothing is due at their moment; nil if nobody asks
	r     Result
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
	if o.StatesMax == 0 {
		o.StatesMax = statesMax
	}
	e := &search{o: o, plan: p}
	if err := e.all(); err != nil {
		return nil, err
	}
	return &e.r, nil
}

// all goes through all states, breadth first.
func (e *search) all() error {
	r, err := e.begin(nil)
	if err != nil {
		return err
	}
	e.nodes.add(0, nil)
	e.arrived(r, 0, 0)
	for next := 0; next < len(e.nodes.parent) && e.r.Found == nil && e.r.Stopped == ""; next++ {
		if err := e.expand(uint32(next)); err != nil {
			return err
		}
	}
	e.r.Complete = e.r.Found == nil && e.r.Stopped == ""
	return nil
}

// expand takes every step that leads on from a state.
func (e *search) expand(state uint32) error {
	path, steps := e.nodes.path(nil, state)
	prefix := len(path)
	for {
		r, err := e.begin(path)
		if err != nil {
			return err
		}
		for range steps {
			r.step()
		}
		r.pruned = 0
		if !r.step() {
			return e.ended(r, steps)
		}
		if r.wide {
			return fmt.Errorf("explore: more than 255 things may happen at %v: want smaller bounds", r.w.Now())
		}
		e.r.Steps++
		if path = r.path; len(path) == prefix || !moved(path[prefix:]) {
			e.r.Pruned += r.pruned
		}
		e.arrived(r, state, prefix)
		if e.enough() {
			return nil
		}
		for len(path) > prefix && path[len(path)-1]+1 >= r.widths[len(path)-1] {
			path = path[:len(path)-1]
		}
		if len(path) == prefix {
			return nil
		}
		path[len(path)-1]++
	}
}

// moved says whether choices are not the first ones.
func moved(choices []uint8) bool {
	for _, c := range choices {
		if c != 0 {
			return true
		}
	}
	return false
}

// enough says whether the search has come to its end.
func (e *search) enough() bool {
	switch {
	case e.r.Found != nil:
		return true
	case e.r.States >= e.o.StatesMax:
		e.r.Stopped = fmt.Sprintf("%d states are as many as it may keep", e.r.States)
	case e.r.Steps%askEvery == 0 && e.o.Stop != nil && e.o.Stop(&e.r.Counts):
		e.r.Stopped = "it was told to"
	}
	return e.r.Stopped != ""
}

// arrived looks at the state that a run has come to, by choices from prefix on.
func (e *search) arrived(r *run, parent uint32, prefix int) {
	if !r.w.Broken() {
		r.w.Audit()
	}
	if v := r.w.Violation(); v != nil {
		e.found(r, v, false)
		return
	}
	quiet := r.quiet()
	e.print = r.fingerprint(e.print[:0])
	state := hash(e.print)
	if e.rest != nil && quiet {
		e.rest[state] = true
	}
	if e.apart {
		state = e.r.Steps + 1
	}
	if !e.seen.add(state) {
		e.r.Again++
		return
	}
	e.r.States = e.seen.n
	if e.r.States > 1 {
		e.nodes.add(parent, r.path[prefix:])
		_, steps := e.nodes.path(nil, uint32(len(e.nodes.parent)-1))
		e.r.Depth = max(e.r.Depth, steps)
	}
	if e.plan.liveness && !e.o.Safety && quiet {
		e.r.Settled++
		r.w.Forgo()
		if v := r.w.Settle(); v != nil {
			e.found(r, v, true)
		}
	}
}

// ended looks at a run that has come to the bound of time.
func (e *search) ended(r *run, steps int) error {
	r.w.Pass(e.plan.until)
	if e.plan.liveness {
		return nil
	}
	if v := r.w.Finish(); v != nil {
		e.found(r, v, false)
	}
	return nil
}

// found ends the search with what a run has found.
func (e *search) found(r *run, v *sim.Violation, settled bool) {
	e.r.Found = v
	e.r.Length = r.steps
	e.tell(slices.Clone(r.path), settled)
}
