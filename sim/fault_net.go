package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// Faults of the network. With For they last that long, else until a Heal. One that
// names a node which is not there does nothing.

// Partition cuts every way between nodes of different groups, in both
// directions. Nodes in no group are not affected. For 0 lasts until a Heal.
type Partition struct {
	Groups [][]string    // of names
	For    time.Duration // zero: until a Heal
}

func (f Partition) String() string {
	parts := make([]string, len(f.Groups))
	for i, g := range f.Groups {
		parts[i] = formatGroup(g)
	}
	return text.Words("partition", strings.Join(parts, " | "), lasting(f.For))
}

func (f Partition) lasts() time.Duration { return f.For }

func (f Partition) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do cuts.
func (f Partition) Do(w *World) {
	w.marks.hit(markPartition)
	var ways []*pair
	for i, a := range f.Groups {
		for j, b := range f.Groups {
			if i != j {
				ways = append(ways, w.ways(a, b)...)
			}
		}
	}
	w.block(ways, f.For, f.String())
}

// Cut cuts the way from one node to another, and leaves the way back.
type Cut struct {
	From, To string        // names of nodes
	For      time.Duration // zero: until a Heal
}

func (f Cut) String() string {
	return text.Words("cut", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

func (f Cut) lasts() time.Duration { return f.For }

func (f Cut) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do cuts.
func (f Cut) Do(w *World) {
	w.marks.hit(markOneWay)
	w.block(w.ways([]string{f.From}, []string{f.To}), f.For, f.String())
}

// Isolate cuts every way to and from one node, forged connections included.
type Isolate struct {
	Node string        // its name
	For  time.Duration // zero: until a Heal
}

func (f Isolate) String() string {
	return text.Words("isolate", text.FormatName(f.Node), lasting(f.For))
}

func (f Isolate) lasts() time.Duration { return f.For }

func (f Isolate) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do cuts.
func (f Isolate) Do(w *World) {
	w.marks.hit(markPartition)
	var ways []*pair
	n := w.Node(f.Node)
	w.nodes.theOutsider() // whose first connection may be forged later
	for _, other := range w.nodes.list {
		if n != nil && other != n {
			ways = append(ways, w.net.pairs.of(n, other), w.net.pairs.of(other, n))
		}
	}
	w.block(ways, f.For, f.String())
}

// Clog holds back what one node sends another, then lets it go in one burst. Unlike
// behind a Cut, heartbeats get through: no end notices.
type Clog struct {
	From, To string        // names of nodes
	For      time.Duration // zero: until a Heal
}

func (f Clog) String() string {
	return text.Words("clog", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

func (f Clog) lasts() time.Duration { return f.For }

func (f Clog) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do clogs.
func (f Clog) Do(w *World) {
	for _, p := range w.ways([]string{f.From}, []string{f.To}) {
		w.net.clog(p)
		w.plan.later(f.For, f.String(), func(w *World) { w.net.unclog(p) })
	}
}

// Full makes one node's send queue towards another full: every send is refused, and
// the sender is told. Nothing that is under way is lost.
type Full struct {
	From, To string        // names of nodes
	For      time.Duration // zero: until a Heal
}

func (f Full) String() string {
	return text.Words("full", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

func (f Full) lasts() time.Duration { return f.For }

func (f Full) rounded(to rounding) Fault {
	f.For = to(f.For)
	return f
}

// Do fills the queue.
func (f Full) Do(w *World) {
	for _, p := range w.ways([]string{f.From}, []string{f.To}) {
		w.net.fill(p)
		w.plan.later(f.For, f.String(), func(w *World) { w.net.unfill(p) })
	}
}

// Break breaks every connection between two nodes. Frames on their way are lost.
type Break struct {
	A, B string // names of nodes
}

func (f Break) String() string {
	return text.Words("break", text.FormatName(f.A), "-", text.FormatName(f.B))
}

// Do breaks.
func (f Break) Do(w *World) {
	if a, b := w.Node(f.A), w.Node(f.B); a != nil && b != nil {
		w.net.cutAll(a, b)
	}
}

// Heal ends all faults of network, clocks and handlers, resumes paused nodes and
// restarts crashed ones.
type Heal struct{}

func (Heal) String() string { return "heal" }

// Do heals.
func (Heal) Do(w *World) {
	w.plan.era++
	w.expected.heal()
	w.net.heal()
	for _, n := range append([]*Node(nil), w.nodes.list...) {
		w.nodes.heal(n)
		w.resume(n)
		if n.down && !n.stopped {
			Restart{Node: n.Name}.Do(w)
		}
	}
}

// formatGroup writes names as "{a b}".
func formatGroup(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = text.FormatName(name)
	}
	return "{" + strings.Join(quoted, " ") + "}"
}

// formatCount writes a count as "x3", and nothing for one.
func formatCount(n int) string {
	if n == 1 {
		return ""
	}
	return "x" + strconv.Itoa(n)
}
