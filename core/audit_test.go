package core

import "fmt"

// audit follows the events and actions of one machine and says which rule of
// the boundary between machine and driver was broken. It knows nothing of the
// machine's inside.
type audit struct {
	own      string
	reported bool // links are
	dials    map[string]Link
	linkUp   map[Link]bool
	served   map[string]Link // the last link that got STAY
	before   map[string]Link // served before that STAY, which may yet be refused
	up       map[string]bool
	calls    map[CallID]*auditCall
	next     *auditCall // a call that takes over the name of one that is ending
	tickets  map[Ticket]bool
	canceled map[Ticket]bool
	stopped  bool
	outcomes [outcomeCount]int
}

type auditCall struct {
	want map[string]bool // names that must have an outcome; nil: all active peers
	got  map[string]bool
}

func newAudit(cfg Config) *audit {
	return &audit{
		own: cfg.Name, reported: cfg.LinksReported,
		dials: map[string]Link{}, linkUp: map[Link]bool{}, served: map[string]Link{}, before: map[string]Link{}, up: map[string]bool{},
		calls: map[CallID]*auditCall{}, tickets: map[Ticket]bool{}, canceled: map[Ticket]bool{},
	}
}

// step checks the actions of one event, in order.
func (a *audit) step(ev *Event, actions []Action) error {
	a.event(ev, actions)
	for i := range actions {
		if err := a.action(ev, &actions[i]); err != nil {
			return fmt.Errorf("action %d (%s): %w", i, actionLine(&actions[i]), err)
		}
	}
	lost := ev.Kind == EvLinkLost
	if lost && a.dials[ev.Peer] == ev.Link {
		delete(a.dials, ev.Peer)
	}
	parted := ev.Kind == EvFrame && ev.Command == PART
	for i := range actions {
		parted = parted && (actions[i].Kind != ActDrop || actions[i].Command != PART)
	}
	if (lost || parted) && a.served[ev.Peer] == ev.Link {
		delete(a.served, ev.Peer)
	}
	return nil
}

// event records what an event says of links and calls.
func (a *audit) event(ev *Event, actions []Action) {
	switch ev.Kind {
	case EvLinkUp:
		a.linkUp[ev.Link] = true
	case EvSendRefused: // a JOIN whose STAY can't be sent changed nothing
		if ev.Command == STAY && a.served[ev.Peer] == ev.Link {
			a.served[ev.Peer] = a.before[ev.Peer]
		}
	case EvCall:
		for i := range actions {
			if actions[i].Kind == ActRefuse && actions[i].Call == ev.Call {
				return
			}
		}
		c := &auditCall{got: map[string]bool{}}
		if len(ev.To) > 0 {
			c.want = map[string]bool{}
			for _, name := range ev.To {
				if name != a.own {
					c.want[name] = true
				}
			}
		}
		if a.calls[ev.Call] != nil { // its timer ends it before the event begins a new one
			a.next = c
		} else {
			a.calls[ev.Call] = c
		}
	}
}

func (a *audit) action(ev *Event, x *Action) error {
	if a.stopped && x.Kind != ActRefuse && x.Kind != ActDrop {
		return fmt.Errorf("after ActStopped")
	}
	switch x.Kind {
	case ActSend:
		return a.send(ev, x)
	case ActDial, ActHangUp:
		// Timers fire before the event that came with their step.
		lost := ev.Kind == EvLinkLost && ev.Peer == x.Peer && ev.Link == a.dials[x.Peer]
		return a.dial(x, lost)
	case ActServe:
		if a.tickets[x.Ticket] {
			return fmt.Errorf("the ticket is in use")
		}
		a.tickets[x.Ticket] = true
	case ActCancel:
		if !a.tickets[x.Ticket] {
			return fmt.Errorf("no such ticket")
		}
		if a.canceled[x.Ticket] {
			return fmt.Errorf("canceled a second time")
		}
		a.canceled[x.Ticket] = true
	case ActResult, ActDone:
		return a.result(ev, x)
	case ActPeerUp, ActPeerDown:
		if up := x.Kind == ActPeerUp; a.up[x.Peer] == up {
			return fmt.Errorf("said twice in a row")
		}
		a.up[x.Peer] = x.Kind == ActPeerUp
	case ActDrop:
		if x.Drop == 0 {
			return fmt.Errorf("no reason")
		}
	case ActRefuse:
		if x.Refusal == 0 {
			return fmt.Errorf("no reason")
		}
	case ActStopped:
		a.stopped = true
	default:
		return fmt.Errorf("an action of no kind")
	}
	return nil
}

// send checks P3: nothing goes out on a link that was not dialled or accepted,
// but STAY and PART in answer to a frame.
func (a *audit) send(ev *Event, x *Action) error {
	answer := ev.Kind == EvFrame && ev.Peer == x.Peer && ev.Link == x.Link
	switch {
	case x.Peer == a.own:
		return fmt.Errorf("sent to ourselves")
	case x.Link.Half == Dialling && (a.dials[x.Peer] != x.Link || a.reported && !a.linkUp[x.Link]):
		return fmt.Errorf("sent on a dial that is not open")
	case x.Link.Half == Dialling:
		return nil
	case answer && (x.Command == STAY || x.Command == PART):
		if x.Command == STAY {
			a.before[x.Peer], a.served[x.Peer] = a.served[x.Peer], x.Link
		}
		return nil
	case x.Command == PART && a.before[x.Peer] == x.Link && x.Link.N < a.served[x.Peer].N: // replaced
		return nil
	case a.served[x.Peer] != x.Link:
		return fmt.Errorf("sent on a link that is not served (%v is)", a.served[x.Peer])
	case x.Command == PART:
		delete(a.served, x.Peer)
	}
	return nil
}

func (a *audit) dial(x *Action, lost bool) error {
	open, is := a.dials[x.Peer]
	switch {
	case x.Kind == ActHangUp && x.Link.Half == Listening:
		if a.before[x.Peer] != x.Link || x.Link.N >= a.served[x.Peer].N {
			return fmt.Errorf("hung up an accepted link that no newer one has replaced")
		}
		delete(a.before, x.Peer)
	case x.Kind == ActDial && is && !lost:
		return fmt.Errorf("dialled before %v is hung up", open)
	case x.Kind == ActDial:
		a.dials[x.Peer] = x.Link
	case !is || open != x.Link:
		return fmt.Errorf("hung up a dial that is not open")
	default:
		delete(a.dials, x.Peer)
	}
	return nil
}

// result checks P4: one outcome for each addressed peer, then one ActDone.
func (a *audit) result(ev *Event, x *Action) error {
	c := a.calls[x.Call]
	if c == nil {
		return fmt.Errorf("no such call")
	}
	if x.Kind == ActDone {
		if c.want != nil && len(c.got) != len(c.want) {
			return fmt.Errorf("%d outcomes for %d peers", len(c.got), len(c.want))
		}
		delete(a.calls, x.Call)
		if a.next != nil && x.Call == ev.Call {
			a.calls[x.Call], a.next = a.next, nil
		}
		return nil
	}
	a.outcomes[x.Outcome]++
	if c.got[x.Peer] || c.want != nil && !c.want[x.Peer] || x.Peer == a.own || x.Outcome == 0 {
		return fmt.Errorf("a second outcome, or one of a peer that was not asked")
	}
	c.got[x.Peer] = true
	return nil
}
