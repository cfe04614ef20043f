package sim

import (
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// What happens to the network.

// Partition cuts every way between nodes of different groups, in both
// directions. Nodes in no group are not affected. For 0 lasts until a Heal.
type Partition struct {
	Groups [][]string
	For    time.Duration
}

func (f Partition) String() string {
	parts := make([]string, len(f.Groups))
	for i, g := range f.Groups {
		parts[i] = formatGroup(g)
	}
	return text.Words("partition", strings.Join(parts, " | "), lasting(f.For))
}

// Do cuts.
func (f Partition) Do(w *World) {
	w.mark(markPartition)
	w.blockLasting(f.String(), f.For, func(each func(from, to *Node)) {
		for i, a := range f.Groups {
			for j, b := range f.Groups {
				if i != j {
					w.cross(a, b, each)
				}
			}
		}
	})
}

// Cut cuts the way from one node to another, and leaves the way back.
type Cut struct {
	From, To string
	For      time.Duration
}

func (f Cut) String() string {
	return text.Words("cut", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

// Do cuts.
func (f Cut) Do(w *World) {
	w.mark(markOneWay)
	w.blockLasting(f.String(), f.For, func(each func(from, to *Node)) {
		w.cross([]string{f.From}, []string{f.To}, each)
	})
}

// Isolate cuts every way to and from one node.
type Isolate struct {
	Node string
	For  time.Duration
}

func (f Isolate) String() string {
	return text.Words("isolate", text.FormatName(f.Node), lasting(f.For))
}

// Do cuts.
func (f Isolate) Do(w *World) {
	w.mark(markPartition)
	w.blockLasting(f.String(), f.For, func(each func(from, to *Node)) {
		n := w.Node(f.Node)
		for _, other := range w.nodes {
			if n != nil && other != n {
				each(n, other)
				each(other, n)
			}
		}
	})
}

// cross calls each for every way from a node of a to a node of b.
func (w *World) cross(a, b []string, each func(from, to *Node)) {
	for _, x := range a {
		for _, y := range b {
			if from, to := w.Node(x), w.Node(y); from != nil && to != nil && from != to {
				each(from, to)
			}
		}
	}
}

// blockLasting blocks the ways that walk goes over, for a while.
func (w *World) blockLasting(name string, d time.Duration, walk func(each func(from, to *Node))) {
	var pairs []int32
	walk(func(from, to *Node) {
		pi := w.pairOf(from.index, to.index)
		pairs = append(pairs, pi)
		p := &w.pairs[pi]
		if p.blocked++; p.blocked == 1 {
			p.blockedSince = w.now
			w.expectSilence(from)
		}
	})
	w.later(d, name, func(w *World) {
		for _, pi := range pairs {
			w.pairs[pi].blocked--
			w.releaseHeld(pi)
		}
		w.healed()
	})
}

// Clog holds back what one node sends another, then lets it go in one burst.
type Clog struct {
	From, To string
	For      time.Duration
}

func (f Clog) String() string {
	return text.Words("clog", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

// Do clogs.
func (f Clog) Do(w *World) {
	w.cross([]string{f.From}, []string{f.To}, func(from, to *Node) {
		pi := w.pairOf(from.index, to.index)
		w.pairs[pi].clogged++
		w.later(f.For, f.String(), func(w *World) {
			w.pairs[pi].clogged--
			w.releaseHeld(pi)
		})
	})
}

// Full makes one node's send queue towards another full: every send is refused.
type Full struct {
	From, To string
	For      time.Duration
}

func (f Full) String() string {
	return text.Words("full", text.FormatName(f.From), "->", text.FormatName(f.To), lasting(f.For))
}

// Do fills the queue.
func (f Full) Do(w *World) {
	w.cross([]string{f.From}, []string{f.To}, func(from, to *Node) {
		pi := w.pairOf(from.index, to.index)
		w.pairs[pi].full++
		w.later(f.For, f.String(), func(w *World) { w.pairs[pi].full-- })
	})
}

// Break breaks every connection between two nodes. What was on its way is lost.
type Break struct{ A, B string }

func (f Break) String() string {
	return text.Words("break", text.FormatName(f.A), "-", text.FormatName(f.B))
}

// Do breaks.
func (f Break) Do(w *World) {
	a, b := w.Node(f.A), w.Node(f.B)
	if a == nil || b == nil {
		return
	}
	for _, ci := range append([]int32(nil), a.conns...) {
		c := &w.conns[ci]
		if c.nodes[dialEnd] == b.index || c.nodes[acceptEnd] == b.index {
			w.breakConn(ci)
		}
	}
}

// Heal ends every fault of the network, of clocks and of handlers, resumes who
// is paused and restarts who is down.
type Heal struct{}

func (Heal) String() string { return "heal" }

// Do heals.
func (Heal) Do(w *World) {
	w.era++
	w.healed()
	for i := range w.pairs {
		p := &w.pairs[i]
		p.blocked, p.clogged, p.full = 0, 0, 0
		w.releaseHeld(int32(i))
	}
	for _, n := range append([]*Node(nil), w.nodes...) {
		n.slow, n.deaf = 0, false
		if n.clock.frozen {
			w.thaw(n)
		}
		if n.paused {
			w.resume(n)
		}
		if n.down && !n.stopped {
			Restart{Node: n.Name}.Do(w)
		}
	}
}

func formatGroup(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = text.FormatName(name)
	}
	return "{" + strings.Join(quoted, " ") + "}"
}

func formatCount(n int) string {
	if n == 1 {
		return ""
	}
	return "x" + strconv.Itoa(n)
}
