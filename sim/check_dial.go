package sim

import (
	"bytes"
	"fmt"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// reaching lists, by node, the peers whose dialling half is between two
// attempts: a phase can end there without an action that names the peer.
type reaching struct{ nodes [][]string }

// each calls f for the peers that the step is about, and for those that may
// have changed in silence. f returns what is wrong and the half's state.
func (r *reaching) each(s *Step, f func(peer string) (string, core.State)) string {
	for len(r.nodes) <= int(s.Node.index) {
		r.nodes = append(r.nodes, nil)
	}
	names := r.nodes[s.Node.index]
	note := func(peer string) string {
		wrong, state := f(peer)
		if state == core.Reaching && !contains(names, peer) {
			names = append(names, peer)
		}
		return wrong
	}
	if wrong := eachPeer(s, note); wrong != "" {
		return wrong
	}
	kept := names[:0]
	for _, peer := range names {
		if named(s, peer, len(s.Actions)) {
			if st, _ := s.Status(peer); st.Dialling == core.Reaching {
				kept = append(kept, peer)
			}
			continue
		}
		wrong, state := f(peer)
		if wrong != "" {
			return wrong
		}
		if state == core.Reaching {
			kept = append(kept, peer)
		}
	}
	r.nodes[s.Node.index] = kept
	return ""
}

// joins is P6.
type joins struct {
	perPeer[phase]
	reaching
}

// phase is the dial phase to one peer.
type phase struct {
	state core.State
	count int
	last  core.Instant // of the last JOIN
}

func newJoins() *joins { return &joins{} }

func (*joins) Property() Property { return PropJoins }

func (c *joins) Step(w *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
	return c.each(s, func(peer string) (string, core.State) {
		p := c.of(n, peer)
		st, _ := s.Status(peer)
		defer func() { p.state = st.Dialling }()
		if inPhase(st.Dialling) && !inPhase(p.state) { // a new one; it may begin with a pause
			p.count, p.state = 0, core.Reaching
		}
		// A dial in the step in which the other half ended begins a phase too: the
		// present one was over when that half took its place.
		down := peerDown(s, peer)
		for i := range s.Actions {
			a := &s.Actions[i]
			switch {
			case a.Peer != peer:
			case a.Kind == core.ActDial && (!inPhase(p.state) || down):
				p.count, p.state = 0, core.Reaching
			case a.Kind == core.ActSend && a.Command == core.JOIN:
				if established(p.state) {
					p.count = 0 // the listener has forgotten us: a new phase on the same link
				}
				if wrong := c.join(w, s, p, peer); wrong != "" {
					return wrong, st.Dialling
				}
				p.state = core.Handshake
			}
		}
		if established(p.state) && !established(st.Dialling) {
			p.count = 0
		}
		return "", st.Dialling
	})
}

func peerDown(s *Step, peer string) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActPeerDown && a.Peer == peer {
			return true
		}
	}
	return false
}

// inPhase says whether a dialling half is in a dial phase.
func inPhase(s core.State) bool {
	return s == core.Reaching || s == core.Probe || s == core.Handshake
}

func (c *joins) join(w *World, s *Step, p *phase, peer string) string {
	t := &w.opts.Timing
	apart := s.Event.At.Sub(p.last)
	p.count++
	p.last = s.Event.At
	switch {
	case p.count > t.JoinsMax:
		return fmt.Sprintf("%s sends JOIN number %d of one dial phase to %s", s.Node.Name, p.count, peer)
	case p.count > 1 && apart < t.Join:
		return fmt.Sprintf("%s sends JOIN to %s only %v after the last one", s.Node.Name, peer, apart)
	}
	return ""
}

// backoff is P7.
type backoff struct {
	perPeer[wait]
	reaching
	last []core.Instant // of each node's step before this one
}

// wait is the wait before the next dial phase to one peer.
type wait struct {
	state       core.State
	k           int
	begun       core.Instant
	least, most time.Duration
}

func newBackoff() *backoff { return &backoff{} }

func (*backoff) Property() Property { return PropBackoff }

func (c *backoff) Step(w *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
	for len(c.last) <= int(n.index) {
		c.last = append(c.last, 0)
	}
	wrong := c.each(s, func(peer string) (string, core.State) {
		wrong := c.peer(w, s, peer)
		return wrong, c.of(n, peer).state
	})
	c.last[n.index] = s.Event.At
	return wrong
}

func (c *backoff) peer(w *World, s *Step, peer string) string {
	n, at, t := s.Node, s.Event.At, &w.opts.Timing
	p := c.of(n, peer)
	st, known := s.Status(peer)
	before := *p
	p.state, p.k = st.Dialling, st.Backoff
	if !known {
		return ""
	}
	fromPeer := s.Event.Peer == peer
	// A STAY that can't be sent takes its JOIN back: backoff and wait go on.
	taken := s.Event.Kind == core.EvSendRefused && s.Event.Command == core.STAY
	switch {
	case taken:
	case st.Backoff > t.BackoffMax:
		return fmt.Sprintf("%s backs off from %s with exponent %d, above the cap of %d", n.Name, peer, st.Backoff, t.BackoffMax)
	case st.Backoff > before.k+1:
		return fmt.Sprintf("%s raises its backoff from %s by more than one, from %d to %d", n.Name, peer, before.k, st.Backoff)
	case st.Backoff < before.k && (st.Backoff != 0 || !fromPeer):
		return fmt.Sprintf("%s lowers its backoff from %s from %d to %d without a sign of life", n.Name, peer, before.k, st.Backoff)
	}
	if before.state == core.Waiting && dials(s, peer) {
		switch waited := at.Sub(before.begun); {
		case waited < before.least:
			return fmt.Sprintf("%s dials %s after a wait of %v, which is less than %v", n.Name, peer, waited, before.least)
		case c.last[n.index] > before.begun.Add(before.most):
			return fmt.Sprintf("%s dials %s after a wait of %v, though it stepped after %v", n.Name, peer, waited, before.most)
		}
	}
	if st.Dialling == core.Waiting && before.state != core.Waiting && !(taken && before.most > 0) {
		p.begun = at
		p.least, p.most = waitBounds(s, peer, before.k, t)
	}
	return ""
}

func dials(s *Step, peer string) bool {
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Kind == core.ActDial && a.Peer == peer {
			return true
		}
	}
	return false
}

// waitBounds returns how long the wait is that a step led to. An event that was
// refused or dropped is not its cause: a timer that was due came before it.
func waitBounds(s *Step, peer string, k int, t *core.Timing) (least, most time.Duration) {
	ev := s.Event
	taken := ev.Peer == peer
	for i := range s.Actions {
		if a := &s.Actions[i]; a.Peer == peer && (a.Kind == core.ActRefuse || a.Kind == core.ActDrop && a.Drop != core.DropNetwork) {
			taken = false
		}
	}
	part := taken && ev.Kind == core.EvFrame && ev.Command == core.PART
	switch {
	case taken && ev.Kind == core.EvConnect:
		return t.FirstStart, t.FirstStart
	case part && len(ev.Body) < 2:
		return t.BasePart, t.BasePart + 255*t.RandPart
	case part: // a reason: wrong network, or one that a later version has
		return min(t.BasePart, t.Retry<<k), max(t.BasePart+255*t.RandPart, t.Retry<<k)
	}
	return t.Retry << k, t.Retry << k
}

// stale is P8: what a stale frame does is compared with what the passing of
// time alone does to a clone.
type stale struct {
	perPeer[ticks]
	why    string
	before []byte
	after  []byte
}

// ticks remembers the TICKs of one dial.
type ticks struct {
	link        core.Link
	first, last [8]byte
}

func newStale() *stale { return &stale{} }

func (*stale) Property() Property { return PropStale }

// Before decides whether the frame is stale.
func (c *stale) Before(_ *World, s *Step) {
	c.why = ""
	n, ev := s.Node, s.Event
	if n.core == nil || ev.Kind != core.EvFrame || ev.Peer == n.Name {
		return
	}
	switch ev.Command {
	case core.JOIN, core.STAY, core.PART, core.TOCK:
	default:
		return
	}
	st, known := n.core.Status(ev.Peer)
	if !known {
		return
	}
	if c.why = c.stale(n, ev, &st); c.why != "" {
		m := n.core.Clone()
		m.Step(nil, &core.Event{Kind: core.EvTimeout, At: ev.At})
		c.before = m.AppendState(c.before[:0])
	}
}

// stale says why a frame has to change nothing, or "".
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

func (c *stale) Step(_ *World, s *Step) string {
	n := s.Node
	if n.core == nil {
		return ""
	}
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
	if c.why == "" {
		return ""
	}
	c.after = n.core.AppendState(c.after[:0])
	if bytes.Equal(c.before, c.after) {
		return ""
	}
	return fmt.Sprintf("%s changed its state on a %v of %s on %v, though %s", n.Name, s.Event.Command, s.Event.Peer, s.Event.Link, c.why)
}
