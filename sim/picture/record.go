package picture

import (
	"strings"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim"
)

// A recorder notes a run while it goes on.
type recorder struct {
	p        *Picture                   // that is being made
	scenario *sim.Scenario              // that is run
	world    *sim.World                 // that runs it
	text     string                     // the latest line of the trace
	steps    uint64                     // taken so far
	names    map[string]int             // indices of Picture.Names
	frames   map[uint64]int             // indices of Picture.Frames, by the number of the frame
	beliefs  map[belief]core.PeerStatus // the latest that were noted
	known    [][]int                    // of each node, the names of peers that it knows, in the order of their appearance
	up       []bool                     // each node runs
	faultAt  int64                      // the time of a fault since the last look at up; -1 for none
	used     []bool                     // each line of the scenario has been seen to happen
	whole    bool                       // what nodes believe at the first moment was noted
	statuses []core.PeerStatus          // scratch
}

func newRecorder(p *Picture, s *sim.Scenario) *recorder {
	return &recorder{
		p: p, scenario: s, names: map[string]int{}, frames: map[uint64]int{}, beliefs: map[belief]core.PeerStatus{}, used: make([]bool, len(s.Lines)), faultAt: -1,
	}
}

// line is told of each line of the trace, before what it is about is observed.
func (r *recorder) line(text []byte) { r.text = tidy(text) }

// watch looks at a world from its start.
func (r *recorder) watch(w *sim.World) {
	r.world = w
	for _, n := range w.Nodes() {
		r.names[n.Name] = len(r.p.Names)
		r.p.Names = append(r.p.Names, n.Name)
		r.p.Nodes = append(r.p.Nodes, Node{Name: n.Name, Old: n.Old, Lives: []int64{}})
		r.up = append(r.up, true)
	}
	r.known = make([][]int, len(r.p.Nodes))
	w.Observe(r.see)
	w.ObserveFrames(r.pass)
}

// shown says whether the present moment is shown.
func (r *recorder) shown() bool {
	return r.steps >= r.p.First && r.steps <= r.p.Last || r.p.First == 1 && r.steps == 0
}

// see notes a step, or a fault, which is told before it happens and comes before the
// line of the trace.
func (r *recorder) see(w *sim.World, s *sim.Step, f sim.Fault) {
	if s == nil {
		r.fault(w, f)
		return
	}
	r.steps = s.N
	r.lives(w)
	if !r.shown() {
		return
	}
	m := &r.p.Moments
	node := r.node(s.Node.Name)
	r.moment(int64(s.Now), node, r.text)
	at := len(m.At) - 1
	if !r.whole {
		r.whole = true
		for _, n := range w.Nodes() {
			r.believe(at, n)
		}
		return
	}
	if node >= 0 {
		r.believe(at, w.Node(s.Node.Name))
	}
}

// moment adds something that happens.
func (r *recorder) moment(at int64, node int, text string) {
	m := &r.p.Moments
	m.At, m.Step, m.Node, m.Text = append(m.At, at), append(m.Step, r.steps), append(m.Node, node), append(m.Text, text)
}

// node returns the index of a node, -1 for one that forges frames only.
func (r *recorder) node(name string) int {
	if i, ok := r.names[name]; ok && i < len(r.p.Nodes) {
		return i
	}
	return -1
}

// name returns the index of a name, which is added at need.
func (r *recorder) name(name string) int {
	i, ok := r.names[name]
	if !ok {
		i = len(r.p.Names)
		r.names[name] = i
		r.p.Names = append(r.p.Names, name)
	}
	return i
}

// lives notes which nodes have gone down or come up.
func (r *recorder) lives(w *sim.World) {
	at := int64(w.Now())
	if r.faultAt >= 0 {
		at, r.faultAt = r.faultAt, -1 // it is told before it happens
	}
	for i := range r.up {
		if up := w.Node(r.p.Nodes[i].Name).Up(); up != r.up[i] {
			r.up[i] = up
			r.p.Nodes[i].Lives = append(r.p.Nodes[i].Lives, at)
			if last := len(r.p.Moments.At) - 1; last >= 0 && r.whole {
				r.believe(last, w.Node(r.p.Nodes[i].Name)) // its new life begins with nothing, or its old one ends
			}
		}
	}
}

// pass notes what happens to a frame.
func (r *recorder) pass(p *sim.Passage) {
	if p.Event == sim.PassageSent {
		from, to := r.node(p.Frame.From), r.node(p.Frame.To)
		if to < 0 || !r.shown() {
			return
		}
		r.frames[p.Number] = len(r.p.Frames)
		r.p.Frames = append(r.p.Frames, Frame{
			Name: p.Frame.String(), Command: p.Frame.Command.String(), From: from, To: to, Sent: len(r.p.Moments.At) - 1, Arrived: -1, Gone: -1, Harm: p.Why, Line: r.rule(p),
		})
		return
	}
	i, ok := r.frames[p.Number]
	if !ok {
		return // it was sent before what is shown
	}
	f := &r.p.Frames[i]
	switch p.Event {
	case sim.PassageArrived:
		if r.steps < r.p.Last {
			f.Arrived = len(r.p.Moments.At) // the step comes next
		}
	case sim.PassageLost:
		f.Lost, f.Gone = p.Why, len(r.p.Moments.At)-1
	}
}

// rule returns the line of the rule that harms a frame, an index of Picture.Lines, or -1.
func (r *recorder) rule(p *sim.Passage) int {
	for i := range r.scenario.Lines {
		rule := r.scenario.Lines[i].Rule
		if rule != nil && rule.Covers(p.Frame) {
			return r.p.lineOf(rule.String())
		}
	}
	return -1
}

// finish notes what is known at the end only.
func (r *recorder) finish(w *sim.World) {
	r.lives(w)
	r.spans(int64(w.Now()))
	for _, c := range w.Calls() {
		if !r.within(int64(c.Started)) && !r.within(int64(c.Ended)) {
			continue
		}
		x := Call{Name: c.Name, Node: r.node(c.Node), Method: c.Method, To: "all", Began: int64(c.Started), Ended: -1, Rows: []Row{}}
		if len(c.To) > 0 {
			x.To = strings.Join(c.To, ", ")
		}
		if c.Done {
			x.Ended = int64(max(c.Ended, c.Started))
		}
		if c.Refused != 0 {
			x.Failed = true
			x.Rows = append(x.Rows, Row{Peer: c.Node, Outcome: "refused here: " + c.Refused.String(), At: x.Ended})
		}
		for _, row := range c.Rows {
			x.Failed = x.Failed || row.Outcome != core.Replied
			x.Rows = append(x.Rows, Row{Peer: row.Peer, Outcome: row.Outcome.String(), At: int64(row.At)})
		}
		r.p.Calls = append(r.p.Calls, x)
	}
}

// within says whether a time is one of those that are shown.
func (r *recorder) within(t int64) bool {
	at := r.p.Moments.At
	return len(at) > 0 && t >= at[0] && t <= at[len(at)-1] || r.p.First == 1 && r.p.Last == r.p.Steps
}
