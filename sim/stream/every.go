package stream

import (
	"slices"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// Totals sums up many runs.
type Totals struct {
	Runs, Events, Bytes uint64
	Marks               report.Marks
	Violation           *Result // the first run that violates a property; its scenario shows it
}

// Add takes in a run.
func (t *Totals) Add(r *Result) {
	t.Runs++
	t.Events += r.Events
	t.Bytes += r.Bytes
	t.Marks.Add(r.Marks)
	if r.Violation != nil && t.Violation == nil {
		t.Violation = r
	}
}

// EveryByte runs the scenario, and once more for each fault that vary gives for
// each byte that arrives on any connection, in either direction. The runs share what
// comes before the fault. It stops at the first violation.
func (s *Scenario) EveryByte(vary func(dst []Fault, conn int, from Side, at int) []Fault) *Totals {
	w := newWorld(s, Options{NoDigest: true})
	t := &Totals{}
	var faults []Fault
	for w.violation == nil && w.queue.Len() > 0 && w.queue.First().At <= w.horizon {
		conn, from, x := w.nextPiece()
		for at := x.from; at < x.to; at++ {
			faults = vary(faults[:0], conn, from, at)
			for _, f := range faults {
				f.Conn, f.From, f.At = conn, from, at
				if t.Add(w.fork(f)); t.Violation != nil {
					return t
				}
			}
		}
		w.next()
	}
	if w.violation == nil {
		w.finish()
	}
	t.Add(w.result())
	return t
}

// nextPiece returns the piece that arrives with the next event, if that is one.
func (w *world) nextPiece() (conn int, from Side, x piece) {
	it := w.queue.First()
	if it.Kind != eventArrive {
		return 0, 0, piece{}
	}
	c, from := w.conns[it.Ref>>1], Side(it.Ref&1)
	p := &c.pipes[from]
	if it.At < p.notYet || len(p.pieces) == 0 || !c.ends[from.other()].open {
		return 0, 0, piece{}
	}
	return c.n, from, p.pieces[0]
}

// fork runs a copy of the world to its end, with one more fault.
func (w *world) fork(f Fault) *Result {
	n := w.clone()
	n.conns[f.Conn].pipes[f.From].plan(f)
	n.horizon += f.For
	n.limit += f.For
	n.run()
	r := n.result()
	if r.Violation != nil {
		s := *w.plan
		s.Faults = append(slices.Clone(s.Faults), f)
		r.Scenario = &s
	}
	return r
}
