package picture

import (
	"strings"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// fault notes a fault that is about to happen.
func (r *recorder) fault(w *sim.World, f sim.Fault) {
	text := f.String()
	now := int64(w.Now())
	r.lives(w)
	r.faultAt = now
	if r.shown() {
		r.moment(now, -1, "-- "+text)
	}
	if strings.HasPrefix(text, "end of ") {
		return
	}
	x := Fault{Text: text, From: now, To: now, Line: r.planned(w, f), User: sim.ByUser(f), Expect: strings.HasPrefix(text, "expect ")}
	if d := sim.Lasts(f); d > 0 {
		x.To += int64(d)
	} else if lasting(f) {
		x.To = -1 // until something ends it
	}
	for _, name := range concerned(f) {
		if n := r.node(name); n >= 0 {
			x.Nodes = append(x.Nodes, n)
		}
	}
	if _, heals := f.(sim.Heal); heals {
		r.end(now, func(*Fault) bool { return true })
	}
	if resume, ok := f.(sim.Resume); ok {
		r.end(now, func(x *Fault) bool { return strings.HasPrefix(x.Text, "pause ") && x.Nodes[0] == r.node(resume.Node) })
	}
	r.p.Faults = append(r.p.Faults, x)
}

// end ends the faults that have no end of their own.
func (r *recorder) end(now int64, which func(*Fault) bool) {
	for i := range r.p.Faults {
		if x := &r.p.Faults[i]; x.To < 0 && !r.down(x) && which(x) {
			x.To = now
		}
	}
}

// down says whether a fault takes a node down; it lasts until that is up again.
func (r *recorder) down(x *Fault) bool {
	word, _, _ := strings.Cut(x.Text, " ")
	return word == "crash" || word == "vanish" || word == "stop"
}

// spans ends what still lasts at the end of the run, and leaves away what is not shown.
func (r *recorder) spans(end int64) {
	kept := []Fault{}
	at := r.p.Moments.At
	for _, x := range r.p.Faults {
		if x.To < 0 && r.down(&x) && len(x.Nodes) > 0 {
			for i, t := range r.p.Nodes[x.Nodes[0]].Lives {
				if i%2 == 1 && t >= x.From {
					x.To = t
					break
				}
			}
		}
		if x.To < 0 || x.To > end {
			x.To = end
		}
		if len(at) > 0 && x.To >= at[0] && x.From <= at[len(at)-1] {
			kept = append(kept, x)
		}
	}
	r.p.Faults = kept
}

// lasting says whether a fault goes on until something else ends it.
func lasting(f sim.Fault) bool {
	switch f := f.(type) {
	case sim.Partition, sim.Cut, sim.Clog, sim.Full, sim.Isolate, sim.Pause, sim.Slow, sim.Deaf, sim.Crash, sim.Vanish, sim.Stop:
		return true
	case sim.Clock:
		return f.Freeze
	}
	return false
}

// concerned returns the nodes that a fault is about, none for one about all of them.
func concerned(f sim.Fault) []string {
	switch f := f.(type) {
	case sim.Partition:
		var all []string
		for _, g := range f.Groups {
			all = append(all, g...)
		}
		return all
	case sim.Cut:
		return []string{f.From, f.To}
	case sim.Clog:
		return []string{f.From, f.To}
	case sim.Full:
		return []string{f.From, f.To}
	case sim.Break:
		return []string{f.A, f.B}
	case sim.Connect:
		return []string{f.From}
	case sim.Disconnect:
		return []string{f.From}
	case sim.Redial:
		return []string{f.From}
	case sim.Calling:
		return []string{f.Node}
	case sim.Casting:
		return []string{f.Node}
	case sim.Inject:
		return []string{f.From, f.To}
	case sim.Forge:
		return []string{f.To}
	}
	return one(f)
}

// one returns the node that a fault of a single node is about.
func one(f sim.Fault) []string {
	switch f := f.(type) {
	case sim.Isolate:
		return []string{f.Node}
	case sim.Pause:
		return []string{f.Node}
	case sim.Resume:
		return []string{f.Node}
	case sim.Slow:
		return []string{f.Node}
	case sim.Deaf:
		return []string{f.Node}
	case sim.Crash:
		return []string{f.Node}
	case sim.Vanish:
		return []string{f.Node}
	case sim.Stop:
		return []string{f.Node}
	case sim.Restart:
		return []string{f.Node}
	case sim.Clock:
		return []string{f.Node}
	}
	return nil
}

// planned returns the line that plans a fault, an index of Picture.Lines, or -1.
func (r *recorder) planned(w *sim.World, f sim.Fault) int {
	text := f.String()
	for i := range r.scenario.Lines {
		l := &r.scenario.Lines[i]
		switch {
		case r.used[i]:
		case l.Fault != nil && l.At == w.Now() && l.Fault.String() == text:
			r.used[i] = true
			return i
		case l.Rule != nil && l.Rule.Then != nil && l.Rule.Then.String() == text:
			return i
		}
	}
	return -1
}
