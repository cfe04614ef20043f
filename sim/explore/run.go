package explore

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
)

// run is one run of the scenario, which is led along a path. A path is the choices in
// their order, where there was more than one way to go; behind its end the first way is
// gone, and the choice is added to it.
type run struct {
	plan      *plan       // of the search
	w         *sim.World  // in which it is
	nodes     []*sim.Node // of the world
	allOrders bool        // both orders of what commutes

	path   []uint8 // the choices
	widths []uint8 // of each of them that was met, how many ways there were
	at     int     // how many choices were met
	wide   bool    // there were more ways than a choice can have
	astray bool    // a choice of the path was of a way that is not there

	steps         int      // that were taken
	faults, calls int      // that may still happen
	done          uint64   // the lines of plan.free that have happened
	crashed       []string // nodes that are down, and may come back
	fed           []uint64 // by node, a hash of all that it was fed, if a double may remember it
	pruned        uint64   // what is due and was not tried first, since the order means nothing
	keep          *diary   // nil if nobody will tell of the run

	due  []sim.Due // scratch of moves
	list []move    // scratch of moves
}

// diary is what is kept of a run that is to be told.
type diary struct {
	taken []string    // the names of what was due and happened, and of faults, in their order
	lines []sim.Line  // what happened at free times
	fates []sim.Taken // what befell frames
}

// begin begins a run.
func (e *search) begin(r *run) error {
	*r = run{
		plan: e.plan, allOrders: e.o.AllOrders, path: r.path, widths: r.widths,
		faults: e.plan.faults, calls: e.plan.calls, due: r.due, list: r.list,
	}
	w, err := e.plan.scenario.Open(sim.RunOptions{NoDigest: true, Checkers: e.o.Checkers, Customise: e.o.Customise})
	if err != nil {
		return err
	}
	r.w, r.nodes = w, w.Nodes()
	if e.plan.scenario.Double != nil {
		r.fed = make([]uint64, len(r.nodes)+1)
		w.Observe(r.feed)
	}
	if e.plan.latencies > 1 || len(e.plan.frames) > 0 {
		w.OnFrame(r.fate)
	}
	r.lead(nil)
	return nil
}

// lead has the steps from here on go along a path.
func (r *run) lead(path []uint8) {
	r.path, r.widths, r.at, r.pruned = append(r.path[:0], path...), r.widths[:0], 0, 0
}

// other appends to dst the next path behind the one that was gone since the latest lead. It
// reports false if that was the last one.
func (r *run) other(dst []uint8) (path []uint8, more bool) {
	n := r.free(len(r.path))
	if n == 0 {
		return dst, false
	}
	dst = append(dst, r.path[:n]...)
	dst[len(dst)-1]++
	return dst, true
}

// free returns behind which of its first n choices, counted from 1, the path can be gone
// otherwise: the last such one, zero if there is none.
func (r *run) free(n int) int {
	for n > 0 && r.path[n-1]+1 >= r.widths[n-1] {
		n--
	}
	return n
}

// forks says whether several steps are likely to be tried from where the run is.
func (r *run) forks() bool {
	if r.plan.latencies > 1 || r.faults > 0 && len(r.plan.frames) > 0 {
		return true // for each frame that is sent
	}
	ways := len(r.moves())
	r.pruned = 0
	return ways > 1
}

// forksOn says whether, behind the path that other has returned, another one is likely to
// follow: for a choice that can be made otherwise still, or one that the steps on that path
// come to as well.
func (r *run) forksOn(path []uint8) bool {
	last := len(path) - 1
	return len(r.path) > last+1 || path[last]+1 < r.widths[last] || r.free(last) > 0
}

// copy makes c a copy of the run, in a copy of its world. It reports false if that can't be
// copied.
func (r *run) copy(c *run) bool {
	w := r.w.Copy()
	if w == nil {
		return false
	}
	path, widths, due, list := c.path, c.widths, c.due, c.list
	*c = *r
	c.w, c.nodes, c.path, c.widths, c.due, c.list = w, w.Nodes(), path, widths, due, list
	if r.plan.latencies > 1 || len(r.plan.frames) > 0 {
		w.OnFrame(c.fate)
	}
	return true
}

// feed notes what a node was fed. A double has a memory that nobody can read: two of them
// are in one state where they were fed the same, at the same times.
func (r *run) feed(_ *sim.World, s *sim.Step, _ sim.Fault) {
	if s == nil || s.Node.Index >= len(r.fed) {
		return
	}
	ev := s.Fed
	h := &r.fed[s.Node.Index]
	*h = fold(*h^mixA^uint64(ev.At), uint64(ev.Kind)<<8^uint64(ev.Command)^ev.Link.N<<16^mixB)
	*h = fold(*h^hash([]byte(ev.Peer)), hash(ev.Body)^uint64(ev.Call)<<32^uint64(ev.Ticket))
}

// choose takes the next choice, of n ways.
func (r *run) choose(n int) int {
	if n <= 1 {
		return 0
	}
	if n > 255 {
		n, r.wide = 255, true
	}
	if r.at == len(r.path) {
		r.path = append(r.path, 0)
	}
	r.widths = append(r.widths, uint8(n))
	r.at++
	way := int(r.path[r.at-1])
	if way >= n {
		way, r.astray = 0, true
	}
	return way
}

// fate decides what befalls a frame that is sent.
func (r *run) fate(f sim.FrameName, fate *sim.Fate) {
	n := r.plan.latencies
	ways := n
	if r.faults > 0 {
		for _, k := range r.plan.frames {
			ways += r.plan.ways(k)
		}
	}
	i := r.choose(ways)
	if i == 0 {
		return
	}
	var chosen sim.Fate
	if i < n {
		chosen.Delay = time.Duration(i) * r.plan.grid
	} else {
		chosen = r.plan.harm(i - n)
		r.faults--
	}
	before := *fate
	merge(fate, &chosen)
	if r.keep != nil && before != *fate {
		r.keep.fates = append(r.keep.fates, sim.Taken{Frame: f, Fate: chosen})
	}
}

// ways is how many different faults of a kind may befall a frame.
func (p *plan) ways(k sim.FaultKind) int {
	if k.Word == "dup" {
		return p.latencies
	}
	return 1
}

// harm returns the ith fault that may befall a frame.
func (p *plan) harm(i int) sim.Fate {
	for _, k := range p.frames {
		if n := p.ways(k); i >= n {
			i -= n
			continue
		}
		switch k.Word {
		case "drop":
			return sim.Fate{Drop: true}
		case "dup":
			return sim.Fate{Copies: 1, Delay: time.Duration(i) * p.grid}
		case "refuse":
			return sim.Fate{Refuse: true}
		case "reorder":
			return sim.Fate{Reorder: true, Delay: k.For}
		}
		return sim.Fate{Delay: k.For}
	}
	return sim.Fate{}
}

// merge puts what was chosen on top of what the scenario's rules say.
func merge(f, g *sim.Fate) {
	f.Drop = f.Drop || g.Drop
	f.Refuse = f.Refuse || g.Refuse
	f.Reorder = f.Reorder || g.Reorder
	f.Copies += g.Copies
	f.Delay += g.Delay
}

// step makes one move. It reports false where nothing more happens.
func (r *run) step() bool {
	list := r.moves()
	if len(list) == 0 {
		return false
	}
	r.steps++
	m := &list[r.choose(len(list))]
	r.w.Pass(m.at)
	if m.due != nil {
		if r.keep != nil {
			r.keep.taken = append(r.keep.taken, r.w.DueName(m.due))
		}
		r.w.Take(m.due)
		return true
	}
	if r.keep != nil {
		r.keep.taken = append(r.keep.taken, m.fault.String())
		r.keep.lines = append(r.keep.lines, sim.Line{At: m.at, Fault: m.fault})
	}
	switch m.costs {
	case costFault:
		r.faults--
	case costCall:
		r.calls--
	}
	if m.free > 0 {
		r.done |= 1 << (m.free - 1)
	}
	if m.back != "" {
		r.crashed = slices.DeleteFunc(slices.Clone(r.crashed), func(n string) bool { return n == m.back })
	}
	if c, ok := m.fault.(sim.Crash); ok && m.costs == costFault {
		r.crashed = append(slices.Clone(r.crashed), c.Node)
	}
	r.w.Happen(m.fault)
	return true
}

// fingerprint appends what decides how the run may go on.
func (r *run) fingerprint(dst []byte) []byte {
	dst = append(dst, byte(r.faults), byte(r.calls), byte(r.done), byte(r.done>>8), byte(r.done>>16), byte(r.done>>24), byte(len(r.crashed)))
	for _, n := range r.crashed {
		dst = append(append(dst, n...), 0)
	}
	for _, h := range r.fed {
		dst = binary.LittleEndian.AppendUint64(dst, h)
	}
	return r.w.AppendFingerprint(dst)
}

// quiet says whether nothing is due at this moment any more.
func (r *run) quiet() bool {
	r.due = r.w.AppendDue(r.due[:0])
	return len(r.due) == 0 || r.due[0].At > r.w.Now()
}
