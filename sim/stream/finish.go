package stream

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// letAlone says whether a connection has to come up and stay so: both ends are
// honest, nothing has befallen it, and it is fast enough.
func (w *world) letAlone(c *conn) bool {
	s, plan := w.plan, c.plan
	for side := range c.pipes {
		if p := &c.pipes[side]; p.altered >= 0 || p.shaken {
			return false
		}
	}
	// In a window, a PING of 44 bytes and its PONG crawl.
	trip := 4 * plan.Latency.Max
	if plan.Window > 0 {
		trip += plan.Latency.Max * time.Duration(128/min(plan.Window, plan.piece()))
	}
	return plan.fits() && !plan.Refuse && !c.turnedAway &&
		plan.Admit+16*plan.Latency.Max+plan.crawl(s) < s.Handshake && (s.Interval == 0 || trip < s.Timeout)
}

// incomplete says what has not happened yet on a connection that was let alone.
func (w *world) incomplete(c *conn) (side Side, what string) {
	sends := [2]int{Dialler: c.plan.Sends, Listener: c.plan.Gets}
	for i := range c.ends {
		side = Side(i)
		e, wanted := &c.ends[side], sends[side.other()]
		bad := 0
		if c.plan.Peer == Scrambler && side == Listener {
			bad = wanted
		}
		switch {
		case e.why != nil:
			return side, "it ended: " + e.why.Error()
		case !e.up:
			return side, "it is not up"
		case e.got != wanted || e.bad != bad:
			return side, fmt.Sprintf("%d of %d messages arrived, and %d of %d malformed ones", e.got, wanted, e.bad, bad)
		}
	}
	return 0, ""
}

// lingers returns an end that goes on though it has used an altered byte, which
// heartbeats bring to light. At byte 0 of a frame that never gets whole, that
// takes as many of them as make up its length.
func (w *world) lingers(c *conn) (Side, bool) {
	if !w.plan.Curve || w.plan.Interval == 0 || w.plan.Timeout == 0 {
		return 0, false
	}
	for side := range c.ends {
		p := &c.pipes[Side(side).other()]
		if c.ends[side].open && !c.ends[side].deaf && c.ends[side].engine != nil && p.altered >= 0 {
			return Side(side), true
		}
	}
	return 0, false
}

// settled says whether nothing more has to happen.
func (w *world) settled() bool {
	for _, c := range w.conns {
		if _, lingers := w.lingers(c); lingers {
			return false
		}
		if w.letAlone(c) {
			if _, what := w.incomplete(c); what != "" {
				return false
			}
		}
	}
	return true
}

// finish checks what has to have happened by the end of a run.
func (w *world) finish() {
	if w.halfOpen != 0 {
		w.fail(PropHandshake, w.conns[0], Listener, fmt.Sprintf("%d handshakes are counted after all have ended", w.halfOpen))
	}
	for _, c := range w.conns {
		if side, lingers := w.lingers(c); lingers {
			w.fail(PropAltered, c, side, fmt.Sprintf("byte %d is altered, and the connection goes on", c.pipes[side.other()].altered))
		}
		if w.letAlone(c) {
			if side, what := w.incomplete(c); what != "" {
				w.fail(PropComplete, c, side, what)
			}
		}
		w.checkSilence(c)
		w.markEnd(c)
	}
	for m, name := range markNames {
		if w.marks[m] == 0 && slices.Contains(w.plan.Marks, name) {
			w.fail(report.Expected, w.conns[0], Listener, "the mark "+strconv.Quote(name)+" was never hit")
		}
	}
}

// checkSilence looks for ends that go on though nothing was heard.
func (w *world) checkSilence(c *conn) {
	s := w.plan
	if s.Interval == 0 || s.Timeout == 0 {
		return
	}
	for i := range c.ends {
		e := &c.ends[i]
		if e.side == Dialler && c.plan.Peer == Old || !e.up || !e.open || e.deaf {
			continue
		}
		if silent := w.now - e.heard; silent > s.Interval+s.Timeout {
			w.fail(PropSilence, c, e.side, "nothing was heard for "+text.FormatDuration(silent))
		}
	}
}
