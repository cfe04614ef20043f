package explore

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// worker takes every step that leads on from a state. Several may work at a time: what a
// worker shares with others it only reads.
type worker struct {
	search *search // that it works for
	live   *run    // has come to the state that is next; nil: it has to be reached again
	spare  []*run  // that nobody needs any more, to be used again
	print  []byte  // scratch of fingerprints
	path   []uint8 // scratch: the choices that lead to a state
	next   []uint8 // scratch: those of the step that is tried next

	// What has come of the latest state.
	Counts            // Steps and Pruned only
	to      []arrival // where the steps lead to
	choices []uint8   // of these steps
	kept    int       // how many of to have a run
	err     error     // why it could not be done
}

// arrival is a state that a step has led to.
type arrival struct {
	hash    uint64         // of its fingerprint
	from, n uint32         // where the choices of the step are in worker.choices
	steps   int            // from the start
	quiet   bool           // nothing is due at its moment
	settles bool           // faults are to be stopped there, by run
	settled bool           // faults were stopped there, and the world ran on
	found   *sim.Violation // what was found there, or when it was settled
	run     *run           // that has come there; nil if it was not kept
}

// expand takes every step that leads on from a state. The first is taken by the run that
// has come there, if it was kept, each of the others by a copy of it, if it can be copied, or
// by one that starts anew.
func (w *worker) expand(state uint32) {
	w.forget()
	r, next := w.live, w.next[:0]
	w.live = nil
	forks := true // more than the next step is likely to be tried
	for more := true; more; {
		if r == nil {
			if r, w.err = w.reach(state); w.err != nil {
				return
			}
		}
		r.lead(next)
		var other *run
		if forks && (len(next) > 0 || r.forks()) {
			other = w.copy(r)
		}
		if !r.step() {
			w.ended(r)
			return
		}
		if r.wide {
			w.err = fmt.Errorf("explore: more than 255 things may happen at %v: want smaller bounds", r.w.Now())
			return
		}
		w.Steps++
		if !moved(r.path) {
			w.Pruned += r.pruned
		}
		next, more = r.other(next[:0])
		w.next, forks = next, more && r.forksOn(next)
		w.arrived(r)
		if w.to[len(w.to)-1].found != nil {
			return
		}
		if r = other; !more && r != nil {
			w.put(r)
		}
	}
}

// copy returns a copy of a run, nil if it can't be copied.
func (w *worker) copy(r *run) *run {
	if !w.search.copies {
		return nil
	}
	c := w.get()
	if !r.copy(c) {
		return nil
	}
	return c
}

// forget forgets what has come of the latest state.
func (w *worker) forget() {
	for i := range w.to {
		if r := w.to[i].run; r != nil {
			w.put(r)
		}
	}
	w.Counts, w.to, w.choices, w.kept, w.err = Counts{}, w.to[:0], w.choices[:0], 0, nil
}

// reach returns a new run that has come to a state on the way by which it was found. As
// then, nodes are looked at in every state: what checkers remember is the same.
func (w *worker) reach(state uint32) (*run, error) {
	path, steps := w.search.nodes.path(w.path[:0], state)
	w.path = path
	r, err := w.begin(path)
	if err != nil {
		return nil, err
	}
	r.w.Audit()
	for range steps {
		if !r.step() || r.astray {
			return nil, errChanged
		}
		r.w.Audit()
	}
	return r, nil
}

// begin begins a run along a path.
func (w *worker) begin(path []uint8) (*run, error) {
	r := w.get()
	if err := w.search.begin(r); err != nil {
		return nil, err
	}
	r.lead(path)
	return r, nil
}

// get returns a run that has yet to begin.
func (w *worker) get() *run {
	n := len(w.spare)
	if n == 0 {
		return &run{}
	}
	r := w.spare[n-1]
	w.spare = w.spare[:n-1]
	return r
}

// put takes back a run that nobody needs any more.
func (w *worker) put(r *run) {
	r.w, r.nodes = nil, nil
	if len(w.spare) < spareMost {
		w.spare = append(w.spare, r)
	}
}

// spareMost is how many runs a worker has to use again at most.
const spareMost = 2

// moved says whether choices are not the first ones.
func moved(choices []uint8) bool {
	for _, c := range choices {
		if c != 0 {
			return true
		}
	}
	return false
}

// arrived looks at the state that a run has come to by its latest step.
func (w *worker) arrived(r *run) {
	t := w.add(r)
	if !r.w.Broken() {
		r.w.Audit()
	}
	if t.found = r.w.Violation(); t.found != nil {
		return
	}
	t.quiet = r.quiet()
	w.print = r.fingerprint(w.print[:0])
	t.hash = hash(w.print)
	e := w.search
	t.settles = e.settles() && t.quiet
	switch {
	case e.seen.has(t.hash) && !e.apart:
	case w.kept < e.keeps:
		w.kept++
		t.run = r
		return
	case t.settles: // be it that another worker has come there too
		t.settle(r.w)
	}
	w.put(r)
}

// settle stops the faults in a world that has come there, which uses it up.
func (t *arrival) settle(w *sim.World) {
	t.settled = true
	w.Forgo()
	t.found = w.Settle()
}

// ended looks at a run that has come to the bound of time.
func (w *worker) ended(r *run) {
	if !w.search.plan.liveness {
		r.w.Pass(w.search.plan.until)
		if v := r.w.Finish(); v != nil {
			w.add(r).found = v
		}
	}
	w.put(r)
}

// add adds an arrival by the latest step of a run.
func (w *worker) add(r *run) *arrival {
	from := len(w.choices)
	w.choices = append(w.choices, r.path...)
	w.to = append(w.to, arrival{from: uint32(from), n: uint32(len(w.choices) - from), steps: r.steps})
	return &w.to[len(w.to)-1]
}
