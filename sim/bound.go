package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/check"
)

// bound is how long a pair may take to come together from now on: the least
// over its dialling ends of what is left of the present state, the wait after a
// phase that fails once more, and two joins. With an old peer everything that
// an original can still be waiting for comes on top.
func (s *settling) bound(a, b *Node) time.Duration {
	w, t := s.w, &s.w.opts.Timing
	least := forever
	for _, end := range [2][2]*Node{{a, b}, {b, a}} {
		if end[0].wantsAt(end[1]) && !end[0].Old {
			least = min(least, s.dialBound(end[0], end[1]))
		}
	}
	// The longest wait after a PART; two of them may follow each other.
	part := t.BasePart + 255*t.RandPart
	for _, end := range [2][2]*Node{{a, b}, {b, a}} {
		if !end[0].Old {
			continue
		}
		st, _ := end[0].old().Status(end[1].Name)
		limbo := max(end[0].clock.when(st.Deadline)-w.time.now, 0)
		if least == forever { // only the old peer dials
			least = t.Retry<<min(st.Backoff, t.BackoffMax) + 2*t.Live
		}
		least += limbo + 2*part + 2*t.Join + t.Serve
		if st.Address != "" && st.Address != end[1].Name { // its dial leads elsewhere, and may fail once more
			least += time.Duration(t.JoinsMax)*t.Join + t.Retry<<min(st.Backoff, t.BackoffMax)
		}
	}
	// Clocks may run up to a tenth slow, and frames need their time.
	return least + least/8 + 16*(w.opts.Latency.Max+w.opts.Wake.Max) + w.opts.synRetry() + w.frames.latest
}

// dialBound finds out what is left of n's present state by letting a clone of
// it wait in silence until it dials, or joins, or asks on a link that it has.
func (s *settling) dialBound(n, to *Node) time.Duration {
	t := &s.w.opts.Timing
	st, _ := n.Machine.Status(to.Name)
	wait := t.Retry<<min(st.Backoff, t.BackoffMax) + 2*t.Join
	if n.Blind && inDialPhase(to, n) {
		wait += t.Serve
	}
	m := n.Machine.Clone()
	now := n.clock.at(s.w.time.now)
	var acts []core.Action
	for range 1000 { // timers of other peers come up as well
		d := m.Deadline()
		if d == core.Never {
			break
		}
		var panicked string
		if acts, panicked = stepSafely(m, acts[:0], &core.Event{Kind: core.EvTimeout, At: d}); panicked != "" {
			s.w.checks.fail(check.PropNoPanic, n.Name+" would panic if it were left alone: "+panicked)
			break
		}
		for i := range acts {
			a := &acts[i]
			if a.Peer == to.Name && (a.Kind == core.ActDial || a.Kind == core.ActSend && a.Command == core.JOIN) {
				return max(d.Sub(now), 0) + wait
			}
		}
	}
	return t.Serve + wait
}

// inDialPhase says whether n, if it is ours, is in a dial phase to another node. That may
// be over when its JOIN has just made the other one serve, and give up its own dial for it;
// without reports of links the other one learns from silence only that nobody is there.
func inDialPhase(n, to *Node) bool {
	if n.Old {
		return false // bound has added what an original may be waiting for
	}
	st, _ := n.Machine.Status(to.Name)
	switch st.Dialling {
	case core.Reaching, core.Probe, core.Handshake:
		return true
	}
	return false
}
