package stream

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/report"
	"github.com/bitmark-inc/bilateralrpc/sim/text"
)

// letAlone says whether the connection has to come up and stay so: both ends mean
// to converse, nothing has befallen it, and it is fast enough.
func (c *conn) letAlone() bool {
	s, plan := c.world.plan, c.plan
	for i := range c.pipes {
		if h := &c.pipes[i].harm; h.altered >= 0 || h.disturbed {
			return false
		}
	}
	const tripsMax = 16 // of one way each, in a handshake
	handshake := plan.Admit + tripsMax*plan.Latency.Max + plan.crawl()
	return plan.Peer.converses() && !plan.Refuse && !c.turnedAway &&
		handshake < s.Handshake && (s.Interval == 0 || plan.pingTrip() < s.Timeout)
}

// pingTrip is how long a PING and its PONG take at most. In a window, the 44 bytes
// that one of them has with CURVE are under way in parts.
func (c *Conn) pingTrip() time.Duration {
	const pingBytes = 128 // with its PONG, and more
	trip := 4 * c.Latency.Max
	if c.Window > 0 {
		trip += c.Latency.Max * time.Duration(pingBytes/c.atOnce())
	}
	return trip
}

// incomplete says what has not happened yet on a connection that was let alone,
// and at which side; "" is nothing.
func (c *conn) incomplete() (side Side, what string) {
	for i := range c.ends {
		e := &c.ends[i]
		wanted := e.incoming().writer().messages()
		malformed := 0
		if c.plan.Peer == Scrambler && e.side == Listening {
			malformed = wanted
		}
		switch {
		case e.reason != nil:
			return e.side, "it ended: " + e.reason.Error()
		case !e.up:
			return e.side, "it is not up"
		case e.got != wanted || e.malformed != malformed:
			return e.side, fmt.Sprintf("%d of %d messages arrived, and %d of %d malformed ones", e.got, wanted, e.malformed, malformed)
		}
	}
	return 0, ""
}

// unnoticed returns a side that goes on though bytes on their way to it were
// altered. Heartbeats bring that to light: where a length was altered, as soon as
// as many of them have arrived as make it up.
func (c *conn) unnoticed() (Side, bool) {
	s := c.world.plan
	if !s.Curve || s.Interval == 0 || s.Timeout == 0 {
		return 0, false
	}
	for i := range c.ends {
		if e := &c.ends[i]; e.open && !e.deaf && e.engine != nil && e.incoming().harm.altered >= 0 {
			return e.side, true
		}
	}
	return 0, false
}

// nothingPending says whether nothing more has to happen.
func (w *world) nothingPending() bool {
	for _, c := range w.conns {
		if _, goesOn := c.unnoticed(); goesOn {
			return false
		}
		if c.letAlone() {
			if _, what := c.incomplete(); what != "" {
				return false
			}
		}
	}
	return true
}

// finish checks what has to have happened by the end of a run.
func (w *world) finish() {
	if w.halfOpen != 0 {
		w.conns[0].fail(propHandshake, Listening, fmt.Sprintf("%d handshakes are counted after all have ended", w.halfOpen))
	}
	for _, c := range w.conns {
		if side, goesOn := c.unnoticed(); goesOn {
			altered := c.ends[side].incoming().harm.altered
			c.fail(propAltered, side, fmt.Sprintf("byte %d is altered, and the connection goes on", altered))
		}
		if c.letAlone() {
			if side, what := c.incomplete(); what != "" {
				c.fail(propComplete, side, what)
			}
		}
		c.ends[Dialling].checkSilence()
		c.ends[Listening].checkSilence()
		c.markSurvived()
	}
	missed := ""
	for m, name := range markNames {
		if w.marks[m] == 0 && slices.Contains(w.plan.Marks, name) {
			missed += ", " + strconv.Quote(name)
		}
	}
	if missed != "" {
		w.conns[0].fail(report.Expected, Listening, "these marks were never hit: "+strings.TrimPrefix(missed, ", "))
	}
}

// checkSilence looks for an end that goes on though nothing was heard.
func (e *end) checkSilence() {
	w := e.conn.world
	s := w.plan
	if s.Interval == 0 || s.Timeout == 0 {
		return
	}
	if e.side == Dialling && e.conn.plan.Peer == Old || !e.up || !e.open || e.deaf {
		return
	}
	if silent := w.now - e.heard; silent > s.Interval+s.Timeout {
		e.fail(propSilence, "nothing was heard for "+text.FormatDuration(silent))
	}
}
