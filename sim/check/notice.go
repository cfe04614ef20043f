package check

import (
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 4.4: "The listener's deadline is the last frame received + SERVE_TIME,
// whatever was sent."
//
// notice is L2. An end knows only its own side: a serving one hears TICKs, and a
// dialling one asks each LIVE_TIME and waits as long for the answer. Hence the
// bounds of SERVE_TIME and two LIVE_TIMEs of silence. Nothing happening is what
// this is about, and no step shows that: it is looked for by audits.
type notice struct {
	tally
	*pulses // shared with alive
}

// heard says when one peer was last heard.
type heard struct {
	dial, listen core.Instant // when the last frame came in, by half
	asked        bool         // a TICK has gone out by our dial since
	tick         core.Instant // when the first of these did
}

func newNotice(p *pulses) *notice { return &notice{pulses: p} }

func (*notice) Property() report.Property { return PropNotice }

func (c *notice) Step(_ World, s *Step) string {
	n, ev := s.Node, s.Event
	if n.Machine == nil {
		return ""
	}
	if ev.Kind == core.EvFrame {
		h := &c.of(n, ev.Peer).heard
		if ev.Link.Half == core.Listening {
			h.listen = ev.At
		} else {
			h.dial, h.asked = ev.At, false
		}
	}
	for i := range s.Actions {
		a := &s.Actions[i]
		if a.Kind != core.ActSend || a.Command != core.TICK {
			continue
		}
		// A dial that was draining, and takes its role back, asks anew.
		if h := &c.of(n, a.Peer).heard; !h.asked || h.listen > h.dial {
			h.tick, h.asked = ev.At, true
		}
	}
	return ""
}

// Audit looks for peers that are listed as active without having been heard. A
// dial counts as heard for LIVE_TIME after the TICK that asks, which a node that
// was paused, or whose clock has jumped, sends late.
func (c *notice) Audit(w World, n *Node, peers []core.PeerStatus) string {
	t := w.Timing()
	// A driver that is woken late ends a link late.
	now := w.ClockAt(n, w.Now()-w.WakeMax())
	for i := range peers {
		st := &peers[i]
		if !st.Active {
			continue
		}
		h := &c.of(n, st.Name).heard
		c.judge()
		served := st.Listening == core.Serving && now.Sub(h.listen) <= t.Serve
		dialled := Healthy(st.Dialling) && (now.Sub(h.dial) <= 2*t.Live || h.asked && now.Sub(h.tick) <= t.Live)
		if !served && !dialled {
			return fmt.Sprintf("%s still lists %s as active, %v after its last frame on our dial (%v) and %v on the listening half (%v)",
				n.Name, st.Name, now.Sub(h.dial), st.Dialling, now.Sub(h.listen), st.Listening)
		}
	}
	return ""
}
