package sim

import (
	"slices"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/original"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// configured is a pair of nodes that at least one of them was told to connect.
type configured struct {
	a, b    *Node         // at most one of them is an old peer
	bound   time.Duration // by when they have to be linked
	linked  bool          // they were, when they were last looked at
	since   time.Duration // when they were found linked; forever while they are not
	history []pairMoment  // how it has looked since the faults stopped
}

// pairMoment is what a pair looked like from some time on.
type pairMoment struct {
	at    time.Duration // since the start of the world
	state [2]view       // what a thinks of b, and b of a
}

// configured returns the pairs that have to come together: both ends run, at
// least one is ours, they are of one network, the address leads to the peer, and
// nobody else has the name of either, nor is reached by it, and both have room for all
// their peers.
func (s *settling) configured() []*configured {
	w := s.w
	var pairs []*configured
	for i, a := range w.nodes.list {
		for _, b := range w.nodes.list[:i] {
			if a.foreign || b.foreign || !a.Up() || !b.Up() || a.Old && b.Old || a.Network != b.Network {
				continue
			}
			if a.Twin || b.Twin {
				continue // twins have their peers by turns
			}
			if (a.Old || b.Old) && w.lies.between(a, b) {
				continue // an original leaves the victim of an impostor with a dead connection
			}
			if w.lies.strayed(a, b.Called) || w.crowded(a) || w.crowded(b) {
				continue
			}
			if a.willDial(b) || b.willDial(a) {
				p := &configured{a: a, b: b, since: forever}
				p.bound = w.time.now + s.bound(a, b)
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// crowded says whether more peers use, or want to use, a node's table than fit into it:
// one of them then has to wait for another to go. An original has no limit.
func (w *World) crowded(n *Node) bool {
	if n.Machine == nil {
		return false
	}
	var names []string
	for _, st := range n.Machine.AppendStatus(nil) {
		if st.Address != "" || st.Dialling != core.Idle || st.Listening != core.Idle || st.Pending+st.Serving > 0 {
			names = append(names, st.Name)
		}
	}
	for _, other := range w.nodes.list {
		for _, x := range other.wanted {
			if x.address == n.Name && !slices.Contains(names, other.Called) {
				names = append(names, other.Called)
			}
		}
	}
	return len(names) > n.Machine.Config().Limits.PeersMax
}

// willDial says whether n will dial other of its own accord. An original never does
// again once it has served, or was served by, that name; nor one to which it has refused
// to be connected, since that had dialled it.
func (n *Node) willDial(other *Node) bool {
	if !n.wantsAt(other) {
		return false
	}
	if !n.Old {
		return true
	}
	st, _ := n.old().Status(other.Name)
	if st.Address != other.Name {
		return false
	}
	switch st.State {
	case original.Waiting, original.Handshake, original.Connected, original.Check:
		return true
	}
	return false
}

// look says whether the pair is linked, as World.Linked does, and remembers what it looks
// like, if that has changed.
func (p *configured) look(now time.Duration) (linked bool) {
	s := [2]view{viewOf(p.a, p.b.Called), viewOf(p.b, p.a.Called)}
	if n := len(p.history); n == 0 || p.history[n-1].state != s {
		p.history = append(p.history, pairMoment{now, s})
	}
	return s[0].active && s[1].active
}

// loop describes the states that the pair goes through again and again, if it does.
func (p *configured) loop() string {
	// The shortest period that the end of the history shows twice.
	h := p.history
	for period := 1; 2*period <= len(h); period++ {
		same := true
		for i := len(h) - period; i < len(h); i++ {
			same = same && h[i].state == h[i-period].state
		}
		if !same {
			continue
		}
		var b strings.Builder
		b.WriteString("\nThe pair goes round in a loop of ")
		b.WriteString(text.FormatDuration(h[len(h)-1].at - h[len(h)-1-period].at))
		b.WriteString(":")
		for _, m := range h[len(h)-period:] {
			b.WriteString("\n  ")
			b.Write(report.AppendTime(nil, m.at))
			b.WriteString("  ")
			b.WriteString(m.state[0].describe(p.a.Name, p.b.Name))
			b.WriteString("; ")
			b.WriteString(m.state[1].describe(p.b.Name, p.a.Name))
		}
		return b.String()
	}
	return ""
}
