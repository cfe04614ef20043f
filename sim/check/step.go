package check

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A Step is one step of one node: what checkers see, and what the trace and the
// digest are made of. It is the world's own, and valid during the call.
type Step struct {
	N       uint64        // number of this step in its run, from 1
	Now     time.Duration // the world's time, since its start
	Node    *Node         // the one that takes the step
	Event   *core.Event   // what it is fed; At is by its own clock. A WITH is opened, if it can be
	Fed     *core.Event   // the same as it came
	Actions []core.Action // nil until the step is taken

	opened   core.Event   // what Event leads to, if that is opened
	looks    Looks        // what it has
	deadline core.Instant // that the node has after it, one of ours
	gathered bool         // about is filled in, which is left until somebody asks
	about    []subject    // the peers that its event and actions name, each once, in their order
	other    subject      // another peer that was asked for, or any before about was filled in
}

// placed is a peer of a node.
type placed struct {
	name  string // on the wire
	place int    // among the peers of the node
}

// subject is a peer that a step is about, or that was asked for.
type subject struct {
	placed
	asked  bool            // what follows is that after the step
	known  bool            // the node knows the peer
	status core.PeerStatus // what it makes of it
}

// Looks returns what the step has: before it is taken what its event has.
func (s *Step) Looks() Looks { return s.looks }

// does says whether the step has an action of a kind.
func (s *Step) does(k core.ActionKind) bool { return s.looks&(1<<(actionsAt+int(k))) != 0 }

// says says whether it sends a command.
func (s *Step) says(c core.Command) bool { return s.looks&(1<<(sentAt+int(c))) != 0 }

// Begin makes s the nth step of a run, of a node that has yet to take it.
func (s *Step) Begin(n uint64, now time.Duration, node *Node, ev *core.Event) {
	s.N, s.Now, s.Node, s.Event, s.Fed, s.Actions = n, now, node, ev, ev, nil
	s.gathered, s.other.asked = false, false
	if ev.Kind == core.EvFrame && ev.Command == core.WITH && !node.Old {
		if s.opened = *ev; s.opened.Open() {
			s.Event = &s.opened
		}
	}
	s.looks = looksOf(s.Event, nil)
}

// Took adds what the node has done in its step.
func (s *Step) Took(actions []core.Action) {
	s.Actions, s.gathered, s.other.asked = actions, false, false
	s.looks = looksOf(s.Event, actions)
	if m := s.Node.Machine; m != nil {
		s.deadline = m.Deadline()
	}
}

// Gather finds out which peers the step is about, once, after it was taken. Checkers have it
// done when they need it. A status that was asked for before is not kept for them.
func (s *Step) Gather() {
	if s.gathered {
		return
	}
	s.gathered, s.about = true, s.about[:0]
	s.concerns(s.Event.Peer)
	for i := range s.Actions {
		s.concerns(s.Actions[i].Peer)
	}
}

// subjects returns the peers that the step is about.
func (s *Step) subjects() []subject {
	if !s.gathered {
		s.Gather()
	}
	return s.about
}

// concerns adds a peer that the step names, unless it has done so before.
func (s *Step) concerns(peer string) {
	last := len(s.about) - 1
	if peer == "" || last >= 0 && s.about[last].name == peer {
		return
	}
	n := s.Node
	place := n.places.of(peer)
	mark := &n.places.marks[place]
	if mark.step == s.N {
		return
	}
	*mark = latest{s.N, last + 1}
	if last+1 < cap(s.about) { // what is there is not cleared: it is large
		s.about = s.about[:last+2]
	} else {
		s.about = append(s.about, subject{})
	}
	p := &s.about[last+1]
	p.name, p.place, p.asked = peer, place, false
}

// subject returns the peer of a name, nil if the step is not about it. The peers must have been
// gathered.
func (s *Step) subject(peer string) *subject {
	if len(s.about) > 0 && s.about[0].name == peer {
		return &s.about[0]
	}
	if len(s.about) > 1 {
		if mark := s.Node.places.marks[s.Node.places.of(peer)]; mark.step == s.N {
			return &s.about[mark.index]
		}
	}
	return nil
}

// Status returns the view that the node, one of ours, has of a peer after the step,
// and whether it knows the peer. The status is valid until the next call.
func (s *Step) Status(peer string) (*core.PeerStatus, bool) {
	var p *subject
	if s.gathered {
		p = s.subject(peer)
	}
	if p == nil {
		if p = &s.other; p.name != peer {
			p.name, p.asked = peer, false
		}
	}
	return s.status(p)
}

// status is Status of a peer that is at hand.
func (s *Step) status(p *subject) (*core.PeerStatus, bool) {
	if !p.asked {
		s.ask(p)
	}
	return &p.status, p.known
}

// ask asks the node for what it makes of a peer.
func (s *Step) ask(p *subject) {
	p.asked = true
	p.status, p.known = s.Node.Machine.Status(p.name)
}

// places give the names of a node's peers numbers, by which checkers keep what they know
// of each. They are the same in all lives of the node.
type places struct {
	byName map[string]int // from 0
	marks  []latest       // by place
	// The latest lookup: all checkers ask for the same peer of a step.
	lastName string
	last     int
}

// latest is the latest step that was about a peer.
type latest struct {
	step  uint64 // its number; zero before the first
	index int    // of the peer, among those that it was about
}

// of returns the place of a peer's name.
func (p *places) of(peer string) int {
	if peer == p.lastName && p.byName != nil {
		return p.last
	}
	at, known := p.byName[peer]
	if !known {
		if p.byName == nil {
			p.byName = map[string]int{}
		}
		at = len(p.marks)
		p.byName[peer] = at
		p.marks = append(p.marks, latest{})
	}
	p.lastName, p.last = peer, at
	return at
}
