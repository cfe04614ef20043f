package incident

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/picture"
)

// moment is a step of a life, or the beginning of a fault.
type moment struct {
	at    time.Duration
	of    *life
	step  *step
	fault *Fault
}

// drawing is a picture that is being made.
type drawing struct {
	*picture.Picture
	m     *merger
	nodes map[string]int // indices of Picture.Nodes
	names map[string]int // indices of Picture.Names
}

// Picture returns the picture of the incident, with so many moments at most: those around
// the first fault if there are more. Its scenario is the one that the faults make.
func (x *Incident) Picture(most int) *picture.Picture {
	m := x.merger
	d := &drawing{m: m, nodes: map[string]int{}, names: map[string]int{}, Picture: &picture.Picture{
		Version: picture.Version, Scenario: x.Scenario, Seed: "1", Model: "physical", End: int64(m.until), States: picture.States(), Recorded: true, Note: x.note(),
		Nodes: []picture.Node{}, Names: []string{}, Beliefs: []picture.Belief{}, Frames: []picture.Frame{}, Faults: []picture.Fault{}, Calls: []picture.Call{},
		Lines: []picture.Line{}, Violations: []picture.Violation{},
		Moments: picture.Moments{At: []int64{}, Step: []uint64{}, Node: []int{}, Text: []string{}},
	}}
	for _, name := range m.names {
		d.nodes[name] = d.name(name)
		d.Nodes = append(d.Nodes, picture.Node{Name: name, Lives: m.livesTimes(name)})
	}
	d.moments(most)
	for _, e := range m.all {
		if e.kind == sent && !e.refused {
			d.frame(e)
		}
	}
	d.faults()
	d.calls()
	return d.Picture
}

// note says what the recordings show.
func (x *Incident) note() string {
	if len(x.Faults) == 0 {
		return fmt.Sprintf("Recordings of %s. They imply no fault.", strings.Join(x.merger.names, ", "))
	}
	var texts []string
	for _, f := range x.Faults {
		texts = append(texts, fmt.Sprintf("%s at %s", f.Text, short(f.At)))
	}
	return fmt.Sprintf("Recordings of %s. They imply: %s.", strings.Join(x.merger.names, ", "), strings.Join(texts, "; "))
}

// livesTimes returns when a node went down and came up, by turns, as far as is known.
func (m *merger) livesTimes(name string) []int64 {
	times := []int64{}
	for _, f := range m.faults {
		word, _, _ := strings.Cut(f.Text, " ")
		down := word == "stop" || word == "crash" || word == "vanish"
		if f.Nodes[0] == name && (down && len(times)%2 == 0 || word == "restart" && len(times)%2 == 1) {
			times = append(times, int64(f.At))
		}
	}
	return times
}

// name returns the index of a name, which is added at need.
func (d *drawing) name(name string) int {
	i, ok := d.names[name]
	if !ok {
		i = len(d.Names)
		d.names[name] = i
		d.Names = append(d.Names, name)
	}
	return i
}

// moments chooses the moments that are shown, and notes them, with what nodes believe.
func (d *drawing) moments(most int) {
	var all []moment
	for _, l := range d.m.lives {
		for i := range l.steps {
			s := &l.steps[i]
			all = append(all, moment{at: s.at + l.clock, of: l, step: s})
		}
	}
	for i := range d.m.faults {
		all = append(all, moment{at: d.m.faults[i].At, fault: &d.m.faults[i]})
	}
	slices.SortStableFunc(all, func(a, b moment) int { return cmp.Compare(a.at, b.at) })
	from := 0
	if i := slices.IndexFunc(all, func(x moment) bool { return x.fault != nil }); len(all) > most && i >= 0 {
		from = min(max(i-most/4, 0), len(all)-most) // more of what came of it than of what was before
	}
	shown := all[from:min(from+most, len(all))]
	d.Steps, d.First, d.Last = uint64(len(all)), uint64(from+1), uint64(from+len(shown))
	for i, x := range all {
		d.place(x, i-from, i < from+len(shown))
	}
	for _, x := range shown {
		n, node, text := uint64(0), -1, ""
		if x.fault != nil {
			text = "-- " + x.fault.Text + ": " + x.fault.Why
		} else {
			n, node, text = x.step.number, d.nodes[x.of.node], x.step.text(x.of.node)
		}
		t := &d.Moments
		t.At, t.Step, t.Node, t.Text = append(t.At, int64(x.at)), append(t.Step, n), append(t.Node, node), append(t.Text, text)
	}
}

// text is a step for people, in the form of a line of a trace.
func (s *step) text(node string) string {
	var parts []string
	for _, e := range s.entries {
		parts = append(parts, e.line(true))
	}
	if len(parts) == 0 {
		parts = append(parts, s.event)
	}
	return node + " " + strings.Join(parts, " | ")
}

// place notes which moment a step is, a negative one if it is not shown, and what its node
// believes from then on. It is told whether a step is over when the picture ends.
func (d *drawing) place(x moment, i int, early bool) {
	if x.fault != nil {
		return
	}
	node := d.nodes[x.of.node]
	for _, e := range x.step.entries {
		if e.moment = i; !early {
			e.moment = -1
		}
	}
	if !early {
		return
	}
	if x.step == &x.of.steps[0] { // a life begins with nothing
		for _, b := range d.Beliefs {
			if b.Node == node && b.Known == 1 {
				d.Beliefs = append(d.Beliefs, picture.Belief{Moment: max(i, 0), Node: node, Peer: b.Peer})
			}
		}
	}
	for _, c := range x.step.changes {
		b := picture.Belief{Moment: max(i, 0), Node: node, Peer: d.name(c.peer)}
		if c.known {
			b.Known, b.Dial, b.Listen, b.Backoff = 1, int(c.status.Dialling), int(c.status.Listening), c.status.Backoff
			if c.status.Active {
				b.Active = 1
			}
		}
		d.Beliefs = append(d.Beliefs, b)
	}
}

// frame draws a frame. Of one that did not arrive it says so where the other node has a
// recording of that time.
func (d *drawing) frame(e *entry) {
	to, there := d.nodes[e.peer]
	if !there || e.moment < 0 {
		return
	}
	f := picture.Frame{
		Name: fmt.Sprintf("%v %s->%s", e.command, e.of.node, e.peer), Command: e.command.String(),
		From: d.nodes[e.of.node], To: to, Sent: e.moment, Arrived: -1, Gone: -1, Line: -1,
	}
	switch {
	case e.other != nil:
		if f.Arrived = e.other.moment; f.Arrived < 0 {
			return // after what is shown
		}
	case d.m.heard(e.peer, e.at):
		f.Lost = "the recording of " + e.peer + " does not have it"
	}
	d.Frames = append(d.Frames, f)
}

// faults draws what the recordings imply.
func (d *drawing) faults() {
	for _, f := range d.m.faults {
		text, to := f.Text, f.At+f.For
		if f.For > 0 {
			text += " for " + short(f.For)
		}
		x := picture.Fault{Text: text, From: int64(f.At), To: int64(to), Line: len(d.Lines)}
		for _, name := range f.Nodes {
			x.Nodes = append(x.Nodes, d.nodes[name])
		}
		d.Faults = append(d.Faults, x)
		d.Lines = append(d.Lines, picture.Line{Text: "at " + short(f.At) + " " + text, Kind: "fault"})
	}
}

// calls draws the calls whose beginning is shown.
func (d *drawing) calls() {
	for _, l := range d.m.lives {
		open := map[core.CallID]int{} // indices of Picture.Calls
		for _, e := range l.log {
			i, there := open[e.number]
			switch {
			case e.kind == called && e.moment >= 0:
				x := picture.Call{Name: fmt.Sprint(e.number), Node: d.nodes[l.node], Method: e.method, To: cmp.Or(e.to, "all"), Began: int64(e.at), Ended: -1, Rows: []picture.Row{}}
				open[e.number] = len(d.Calls)
				d.Calls = append(d.Calls, x)
			case e.kind == answered && there:
				x := &d.Calls[i]
				x.Rows = append(x.Rows, picture.Row{Peer: e.peer, Outcome: e.outcome.String(), At: int64(e.at)})
				x.Failed = x.Failed || e.outcome != core.Replied
			case e.kind == ended && there:
				d.Calls[i].Ended = int64(e.at)
				delete(open, e.number)
			}
		}
	}
}
