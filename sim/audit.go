package sim

import "time"

// auditor is a checker that also looks at the world now and then.
type auditor struct {
	property Property
	audits   Audits
}

// audit has every such checker look at one node, and plans the look at the next.
func (w *World) audit(i int32) {
	if int(i) >= len(w.nodes) {
		i = 0
	}
	if n := w.nodes[i]; n.core != nil && n.Up() && !n.paused {
		w.statuses = n.core.AppendStatus(w.statuses[:0])
		for _, a := range w.audits {
			if wrong := a.audits.Audit(w, n, w.statuses); wrong != "" {
				w.fail(a.property, wrong)
			}
		}
	}
	w.queue.Push(w.now+max(w.opts.Timing.Live/2/time.Duration(len(w.nodes)), 1), itemAudit, i+1)
}
