package check

import (
	"bytes"
	"fmt"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// PROTOCOL 2.1: "A frame of a link older than the current one of its half changes
// nothing."
//
// stale is P8: what a stale frame does is compared with what the passing of
// time alone does to a clone, in the whole of its state. A frame of an earlier
// link is stale, and one of no link; so is a TOCK that answers no TICK that waits.
// Such frames can't be kept away in reality: they are under way when the link that
// they belong to ends.
type stale struct {
	tally
	perPeer[ticks]
	undone undone // a JOIN whose STAY can't be sent
	why    string // the present frame has to change nothing; empty if it may
	before []byte // the state that it has to leave: that of a clone for which time passed
	after  []byte // scratch: the state that it did leave
}

// ticks remembers the TICKs of one dial.
type ticks struct {
	link        core.Link // zero before the first
	first, last [8]byte   // their payloads, which rise
}

func newStale() *stale { return &stale{} }

func (*stale) Property() report.Property { return PropStale }

// Before decides whether the frame is stale.
func (c *stale) Before(_ World, s *Step) {
	c.why = ""
	n, ev := s.Node, s.Event
	if n.Machine != nil {
		c.undone.before(s)
	}
	if n.Machine == nil || ev.Kind != core.EvFrame || ev.Peer == n.Called {
		return
	}
	switch ev.Command {
	case core.JOIN, core.STAY, core.PART, core.TOCK:
	default:
		return
	}
	st, known := n.Machine.Status(ev.Peer)
	if !known { // then the frame makes the peer known, or is dropped
		return
	}
	if c.why = c.stale(n, ev, &st); c.why == "" {
		return
	}
	m := n.Machine.Clone()
	m.Step(nil, &core.Event{Kind: core.EvTimeout, At: ev.At})
	// The timers that are due come before the frame. They may have the machine forget
	// the peer, and which of its links are older ones with it (PROTOCOL 9.5).
	if _, known = m.Status(ev.Peer); !known && ev.Link.Half == core.Listening {
		c.why = ""
		return
	}
	c.before = m.AppendState(c.before[:0])
}

// stale says why a frame has to change nothing, or "". On the current link only a
// TOCK can be stale: a second JOIN, STAY or PART there means what it says.
func (c *stale) stale(n *Node, ev *core.Event, st *core.PeerStatus) string {
	switch {
	case ev.Link.Half == core.Listening && ev.Link.N < st.ListeningLink.N:
		return "it came on an older link"
	case ev.Link.Half == core.Listening:
		return ""
	case ev.Link != st.DiallingLink || st.Dialling == core.Idle || st.Dialling == core.Waiting:
		return "it came on a dial that is over"
	case ev.Command != core.TOCK:
		return ""
	}
	// In Probe and Limbo several TICKs may wait, and a TOCK of any of them counts.
	t := c.of(n, ev.Peer)
	switch {
	case st.Dialling == core.Connected:
		return "no TICK is unanswered"
	case st.Dialling == core.Check && t.link == ev.Link && !bytes.Equal(ev.Body, t.last[:]):
		return "it does not echo the last TICK"
	case t.link == ev.Link && bytes.Compare(ev.Body, t.first[:]) < 0:
		return "it echoes a TICK of an earlier link"
	}
	return ""
}

func (c *stale) Step(_ World, s *Step) string {
	n := s.Node
	if n.Machine == nil {
		return ""
	}
	// Only afterwards are the TICKs of this step on their way.
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActSend && a.Command == core.TICK && len(a.Body) == 8 {
			t := c.of(n, a.Peer)
			if t.link != a.Link {
				t.link = a.Link
				copy(t.first[:], a.Body)
			}
			copy(t.last[:], a.Body)
		}
	}
	if wrong := c.undone.step(s); wrong != "" || c.why == "" {
		return wrong
	}
	c.judge()
	c.after = n.Machine.AppendState(c.after[:0])
	if bytes.Equal(c.before, c.after) {
		return ""
	}
	return fmt.Sprintf("%s changed its state on a %v of %s on %v, though %s", n.Name, s.Event.Command, s.Event.Peer, s.Event.Link, c.why)
}
