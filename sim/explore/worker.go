package explore

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// worker takes every step that leads on from a state. Several may work at a time: what a
// worker shares with others it only reads.
type worker struct {
	search *search // that it works for
	run    run     // the one under way
	print  []byte  // scratch of fingerprints

	// What has come of the latest state.
	Counts            // Steps and Pruned only
	to      []arrival // where the steps lead to
	choices []uint8   // of these steps
	err     error     // why it could not be done
}

// arrival is a state that a step has led to.
type arrival struct {
	hash    uint64         // of its fingerprint
	from, n uint32         // where the choices of the step are in worker.choices
	steps   int            // from the start
	quiet   bool           // nothing is due at its moment
	settled bool           // faults were stopped there, and the world ran on
	found   *sim.Violation // what was found there, or when it was settled
}

// expand takes every step that leads on from a state.
func (w *worker) expand(state uint32) {
	w.Counts, w.to, w.choices, w.err = Counts{}, w.to[:0], w.choices[:0], nil
	path, steps := w.search.nodes.path(nil, state)
	prefix := len(path)
	for {
		r, err := w.begin(path)
		if err != nil {
			w.err = err
			return
		}
		for range steps {
			r.step()
		}
		r.pruned = 0
		if !r.step() {
			w.ended(r, prefix)
			return
		}
		path = r.path
		if r.wide {
			w.err = fmt.Errorf("explore: more than 255 things may happen at %v: want smaller bounds", r.w.Now())
			return
		}
		w.Steps++
		if !moved(path[prefix:]) {
			w.Pruned += r.pruned
		}
		w.arrived(r, prefix)
		if n := len(w.to); w.to[n-1].found != nil {
			return
		}
		for len(path) > prefix && path[len(path)-1]+1 >= r.widths[len(path)-1] {
			path = path[:len(path)-1]
		}
		if len(path) == prefix {
			return
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

// arrived looks at the state that a run has come to, by choices from prefix on.
func (w *worker) arrived(r *run, prefix int) {
	t := w.add(r, prefix)
	if !r.w.Broken() {
		r.w.Audit()
	}
	if t.found = r.w.Violation(); t.found != nil {
		return
	}
	t.quiet = r.quiet()
	w.print = r.fingerprint(w.print[:0])
	t.hash = hash(w.print)
	if w.search.plan.liveness && !w.search.o.Safety && t.quiet && !w.search.seen.has(t.hash) {
		t.settled = true
		r.w.Forgo()
		t.found = r.w.Settle()
	}
}

// ended looks at a run that has come to the bound of time.
func (w *worker) ended(r *run, prefix int) {
	if w.search.plan.liveness {
		return
	}
	r.w.Pass(w.search.plan.until)
	if v := r.w.Finish(); v != nil {
		w.add(r, prefix).found = v
	}
}

// add adds an arrival by choices from prefix on.
func (w *worker) add(r *run, prefix int) *arrival {
	from := len(w.choices)
	w.choices = append(w.choices, r.path[prefix:]...)
	w.to = append(w.to, arrival{from: uint32(from), n: uint32(len(w.choices) - from), steps: r.steps})
	return &w.to[len(w.to)-1]
}
