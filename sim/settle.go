package sim

import (
	"fmt"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// configured is a pair of nodes that at least one of them was told to connect.
type configured struct {
	a, b    *Node
	bound   time.Duration // by when they have to be linked
	since   time.Duration // when they were found linked; forever while they are not
	history []pairMoment
}

// pairMoment is what a pair looked like from some time on.
type pairMoment struct {
	at    time.Duration
	state [2]view
}

// Settle is the second half of a run: faults stop, and now everything has to
// come right within what the protocol's constants allow. Every configured pair
// comes together within its bound and stays so, calls to every peer succeed at
// the first try, and when every node is stopped nothing is left.
func (w *World) Settle() *Violation {
	if w.violation == nil {
		w.settle()
	}
	return w.violation
}

func (w *World) settle() {
	w.calm = true
	w.noteFault(Heal{})
	Heal{}.Do(w)
	if w.RunUntil(w.now) != nil { // what paused nodes have yet to do
		return
	}
	w.healedAt = w.now
	if w.corrupted {
		w.stopEverybody()
		return
	}
	pairs := w.configured()
	if w.converge(pairs) && w.hold(pairs) && w.callEverybody(pairs) {
		w.stopEverybody()
	}
}

// configured returns the pairs that have to come together: both ends run, at
// least one is ours, they are of one network, and the address leads to the peer.
func (w *World) configured() []*configured {
	var pairs []*configured
	for i, a := range w.nodes {
		for _, b := range w.nodes[:i] {
			if a.foreign || b.foreign || !a.Up() || !b.Up() || a.Old && b.Old || w.networkOf(a) != w.networkOf(b) {
				continue
			}
			if (a.Old || b.Old) && w.lied[nodePair(a, b)] {
				continue // an original leaves the victim of an impostor with a dead connection
			}
			if a.willDial(b) || b.willDial(a) {
				p := &configured{a: a, b: b, since: forever}
				p.bound = w.now + w.bound(a, b)
				pairs = append(pairs, p)
			}
		}
	}
	return pairs
}

// wantsAt says whether n's user connected it to other, at other's own address.
func (n *Node) wantsAt(other *Node) bool {
	for _, x := range n.wanted {
		if x.peer == other.Name && x.address == other.Name {
			return true
		}
	}
	return false
}

// willDial says whether n will dial other of its own accord. An original never
// does again once it has served, or was served by, that name.
func (n *Node) willDial(other *Node) bool {
	if !n.wantsAt(other) {
		return false
	}
	if !n.Old {
		return true
	}
	e := n.machine.(*OldPeer).entries[other.Name]
	return e != nil && e.state != oldStopped && e.state != oldLimbo && e.state != oldServing
}

// bound is how long a pair may take to come together from now on: the least
// over its dialling ends of what is left of the present state, the wait after a
// phase that fails once more, and two joins. With an old peer everything that
// an original can still be waiting for comes on top.
func (w *World) bound(a, b *Node) time.Duration {
	t := &w.opts.Timing
	least := forever
	for _, end := range [2][2]*Node{{a, b}, {b, a}} {
		if end[0].wantsAt(end[1]) && !end[0].Old {
			least = min(least, w.dialBound(end[0], end[1]))
		}
	}
	part := t.BasePart + 255*t.RandPart
	for _, end := range [2][2]*Node{{a, b}, {b, a}} {
		if !end[0].Old {
			continue
		}
		old := end[0].machine.(*OldPeer)
		limbo := max(end[0].clock.when(old.deadline(end[1].Name))-w.now, 0)
		if least == forever { // only the old peer dials
			least = t.Retry<<min(old.backoffOf(end[1].Name), t.BackoffMax) + 2*t.Live
		}
		least += limbo + 2*part + 2*t.Join + t.Serve
	}
	// Clocks may run up to a tenth slow, and frames need their time.
	return least + least/8 + 16*(w.opts.Latency.Max+w.opts.Wake.Max) + w.synRetry() + w.latest
}

func (o *OldPeer) backoffOf(peer string) int {
	if e := o.entries[peer]; e != nil {
		return e.backoff
	}
	return 0
}

// dialBound finds out what is left of n's present state by letting a clone of
// it wait in silence until it dials, or joins, or asks on a link that it has.
func (w *World) dialBound(n, to *Node) time.Duration {
	t := &w.opts.Timing
	st, _ := n.core.Status(to.Name)
	k := min(st.Backoff, t.BackoffMax)
	m := n.core.Clone()
	now := n.clock.at(w.now)
	var acts []core.Action
	for range 1000 {
		d := m.Deadline()
		if d == core.Never {
			break
		}
		acts = m.Step(acts[:0], &core.Event{Kind: core.EvTimeout, At: d})
		for i := range acts {
			a := &acts[i]
			if a.Peer == to.Name && (a.Kind == core.ActDial || a.Kind == core.ActSend && a.Command == core.JOIN) {
				return max(d.Sub(now), 0) + t.Retry<<k + 2*t.Join
			}
		}
	}
	return t.Serve + t.Retry<<k + 2*t.Join
}

// converge waits until every pair is linked, and fails the run with the first
// one whose bound has passed. What was lost before the faults stopped can bring
// a link down until the longest silence has passed; such a pair has its bound
// from then on.
func (w *World) converge(pairs []*configured) bool {
	t := &w.opts.Timing
	late := w.healedAt + max(t.Serve, 2*t.Live)*9/8 + w.opts.Heartbeat + w.latest
	for {
		open := 0
		for _, p := range pairs {
			p.note(w)
			if w.Linked(p.a.Name, p.b.Name) {
				p.since = min(p.since, w.now)
				continue
			}
			if p.since != forever && w.now <= late {
				p.bound = max(p.bound, w.now+w.bound(p.a, p.b))
			}
			p.since = forever
			open++
			if w.now > p.bound {
				w.fail(PropConverge, fmt.Sprintf("%s and %s have not come together %v after the faults stopped: %s%s",
					p.a.Name, p.b.Name, w.now-w.healedAt, w.pairState(p.a.Name, p.b.Name), p.loop()))
				return false
			}
		}
		if open == 0 && w.now > late {
			return true
		}
		if w.RunUntil(w.now+w.slice()) != nil {
			return false
		}
	}
}

// slice is how often the second half of a run looks around.
func (w *World) slice() time.Duration { return max(w.opts.Timing.Join/4, time.Millisecond) }

// hold waits for the longest drain, in which no pair may come apart, and then
// demands one orientation of each.
func (w *World) hold(pairs []*configured) bool {
	t := &w.opts.Timing
	until := w.now + t.Serve + t.Serve/8 + t.Join + 2*t.Live
	for w.now < until {
		if w.RunUntil(w.now+w.slice()) != nil {
			return false
		}
		for _, p := range pairs {
			p.note(w)
			if !w.Linked(p.a.Name, p.b.Name) && !p.a.Old && !p.b.Old {
				w.fail(PropConverge, fmt.Sprintf("%s and %s came together and fell apart again, with no fault about: %s%s",
					p.a.Name, p.b.Name, w.pairState(p.a.Name, p.b.Name), p.loop()))
				return false
			}
		}
	}
	for _, p := range pairs {
		if wrong := w.orientation(p); wrong != "" {
			w.fail(PropConverge, wrong)
			return false
		}
	}
	return true
}

// orientation says what is wrong with who dials whom: one end has a healthy
// dial and the other one serves it, and no other half is up.
func (w *World) orientation(p *configured) string {
	if p.a.Old || p.b.Old {
		return ""
	}
	x, _ := p.a.core.Status(p.b.Name)
	y, _ := p.b.core.Status(p.a.Name)
	forth := healthy(x.Dialling) && y.Listening == core.Serving
	back := healthy(y.Dialling) && x.Listening == core.Serving
	if forth == back || forth && (x.Listening != core.Idle || y.Dialling != core.Idle) || back && (y.Listening != core.Idle || x.Dialling != core.Idle) {
		return "there is not exactly one orientation: " + w.pairState(p.a.Name, p.b.Name)
	}
	return ""
}

// note remembers what the pair looks like, if that has changed.
func (p *configured) note(w *World) {
	s := [2]view{w.view(p.a.Name, p.b.Name), w.view(p.b.Name, p.a.Name)}
	if n := len(p.history); n == 0 || p.history[n-1].state != s {
		p.history = append(p.history, pairMoment{w.now, s})
	}
}

// loop describes the states that the pair goes through again and again, if it does.
func (p *configured) loop() string {
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
		b.WriteString(FormatDuration(h[len(h)-1].at - h[len(h)-1-period].at))
		b.WriteString(":")
		for _, m := range h[len(h)-period:] {
			b.WriteString("\n  ")
			b.Write(appendTime(nil, m.at))
			b.WriteString("  ")
			b.WriteString(m.state[0].describe(p.a.Name, p.b.Name))
			b.WriteString("; ")
			b.WriteString(m.state[1].describe(p.b.Name, p.a.Name))
		}
		return b.String()
	}
	return ""
}

// callEverybody has every node call all its peers, one node after the other:
// each call succeeds at the first try.
func (w *World) callEverybody(pairs []*configured) bool {
	timeout := 8*(w.opts.Latency.Max+w.opts.Wake.Max) + 2*w.opts.Handler.Max + time.Second
	for _, n := range w.Nodes() {
		if !n.Up() {
			continue
		}
		c := w.Call(n.Name, Request{Method: "Echo.Ping", Timeout: timeout})
		if w.RunUntil(w.now+timeout+timeout/8) != nil {
			return false
		}
		for _, p := range pairs {
			other := p.b
			switch n {
			case p.a:
			case p.b:
				other = p.a
			default:
				continue
			}
			if w.lied[nodePair(n, other)] {
				continue // it has used up call ids in the name of a peer
			}
			if r := c.Row(other.Name); r == nil || r.Outcome != core.Replied {
				what := "has no outcome"
				if r != nil {
					what = "ended with " + r.Outcome.String() + " " + r.Err
				}
				w.fail(PropWorks, fmt.Sprintf("with no fault about, a call of %s to %s %s: %s", n.Name, other.Name, what, w.pairState(n.Name, other.Name)))
				return false
			}
		}
	}
	return true
}

// stopEverybody stops every node; nothing is left of those of ours.
func (w *World) stopEverybody() {
	for _, n := range w.Nodes() {
		Stop{n.Name}.Do(w)
	}
	w.RunUntil(w.now + w.opts.Timing.Serve)
	for _, n := range w.Nodes() {
		if w.violation == nil && n.core != nil && (!n.down && !n.stopped || len(n.conns) > 0) {
			w.fail(PropBounded, fmt.Sprintf("%s was stopped and has %d connections left", n.Name, len(n.conns)))
		}
	}
}
