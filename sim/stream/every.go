package stream

import "slices"

// EveryByte runs the scenario, and once more for each fault that vary appends to
// dst for each byte that arrives on any connection, in either direction. Conn,
// From and At of these faults are filled in. The runs share what comes before the
// fault. It stops at the first violation; the scenario of that Result has the
// fault.
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

// nextPiece returns the piece that arrives with the next event, or an empty one.
func (w *world) nextPiece() (conn int, from Side, x piece) {
	it := w.queue.First()
	if it.Kind != eventArrive {
		return 0, 0, piece{}
	}
	p := &w.conns[it.Ref>>1].pipes[it.Ref&1]
	if it.At < p.harm.notBefore || len(p.pieces) == 0 || !p.reader().open {
		return 0, 0, piece{}
	}
	return p.conn.n, p.from, p.pieces[0]
}

// fork runs a copy of the world to its end, with one more fault.
func (w *world) fork(f Fault) *Result {
	n := w.clone()
	n.conns[f.Conn].pipes[f.From].harm.plan(f)
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
