package reality

import (
	"fmt"
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// expectBackoffs plans the looks that nothing else is left of: what a node's backoff is.
func (st *stage) expectBackoffs() {
	const looks = 8 // in the time of the tolerance
	for i := range st.s.Lines {
		e := st.s.Lines[i].Expect
		if e == nil || e.Kind != sim.ExpectBackoff {
			continue
		}
		for k := range looks + 1 {
			st.at(e.At+time.Duration(k)*st.o.Tolerance/looks, func() { st.look(st.byName[e.A], func(n *node) { st.seeBackoff(e, n) }) })
		}
	}
}

// seeBackoff notes whether a look has found what is expected.
func (st *stage) seeBackoff(e *sim.Expect, n *node) {
	if v, known := n.views[st.called(e.B)]; known && v.Backoff == e.N || !known && e.N == 0 {
		st.backoffs[e] = true
	}
}

// judge says what the scenario expects and did not get.
func (st *stage) judge() {
	st.unmet()
	for i := range st.s.Lines {
		l := &st.s.Lines[i]
		if l.Expect == nil {
			continue
		}
		if l.Expect.Kind == sim.ExpectMark {
			st.result.Unseen = append(st.result.Unseen, Miss{l.Number, l.Expect.String()})
			continue
		}
		if what := st.missed(l.Expect); what != "" {
			st.result.Missed = append(st.result.Missed, Miss{l.Number, l.Expect.String() + ": " + what})
		}
	}
}

// missed returns what is wrong with an expectation, or "".
func (st *stage) missed(e *sim.Expect) string {
	switch e.Kind {
	case sim.ExpectLinked, sim.ExpectUnlinked, sim.ExpectActive, sim.ExpectInactive:
		return st.missedPair(e)
	case sim.ExpectBackoff:
		if !st.backoffs[e] {
			return "it was not, within " + text.FormatDuration(st.o.Tolerance)
		}
	case sim.ExpectDrop:
		if n := st.byName[e.A]; n.drops[e.Text] == 0 {
			return fmt.Sprintf("nothing was dropped for that reason: %v", n.drops)
		}
	default:
		return st.missedCall(e)
	}
	return ""
}

// missedPair looks at who listed whom, around the time that an expectation is about.
func (st *stage) missedPair(e *sim.Expect) string {
	at := max(e.At, e.Within)
	if e.OfHeal {
		if !st.healed {
			return "nothing healed in this run"
		}
		at += st.lastHeal
	}
	a, b := st.byName[e.A], st.byName[e.B]
	both := e.Kind == sim.ExpectLinked || e.Kind == sim.ExpectUnlinked
	want := e.Kind == sim.ExpectLinked || e.Kind == sim.ExpectActive
	peer := st.called(e.B)
	holds := func(at time.Duration) bool {
		is := a.activeAt(peer, at)
		if both {
			is = is && b.activeAt(a.called, at)
		}
		return is == want
	}
	if slices.ContainsFunc(moments(at, st.o.Tolerance, a, b), holds) {
		return ""
	}
	return fmt.Sprintf("it was not, from %s to %s", text.FormatDuration(max(at-st.o.Tolerance, 0).Round(time.Millisecond)), text.FormatDuration((at + st.o.Tolerance).Round(time.Millisecond)))
}

// moments are those within the tolerance of a time at which something may change of two
// nodes, of which the second one may not be there.
func moments(at, tolerance time.Duration, nodes ...*node) []time.Duration {
	from, to := max(at-tolerance, 0), at+tolerance
	all := []time.Duration{from, at, to}
	for _, n := range nodes {
		if n == nil {
			continue
		}
		for _, c := range n.history {
			if c.at >= from && c.at <= to {
				all = append(all, c.at)
			}
		}
	}
	return all
}

// activeAt says whether the node listed a peer at a time.
func (n *node) activeAt(peer string, at time.Duration) (active bool) {
	for _, c := range n.history {
		if c.at <= at && c.peer == peer {
			active = c.active
		}
	}
	return active
}

// missedCall looks at what came of a call.
func (st *stage) missedCall(e *sim.Expect) string {
	c := st.callNamed(e.Text)
	if !c.made {
		return "it was never made: the node was not running"
	}
	switch e.Kind {
	case sim.ExpectDone:
		if !c.done {
			return "it has not ended"
		}
		if took := c.ended - c.started; took > e.Within+st.o.Tolerance {
			return "it took " + text.FormatDuration(took)
		}
	case sim.ExpectRan:
		if ran := c.runs[e.B]; ran != e.N {
			return fmt.Sprintf("it ran %d times", ran)
		}
	case sim.ExpectRow:
		if class, what := c.at(e.B); class != wordOf(e.Outcome) {
			return fmt.Sprintf("it is %s %s", or(class, "nothing"), what)
		}
	}
	return ""
}
