package core

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A wire joins a few nodes for a transcript. It knows connections, each with a
// link number at either end, and delivers in order of (time, sequence).

type wire struct {
	nodes   []*node
	now     Instant
	queue   []delivery
	seq     int
	conns   []*conn
	latency time.Duration
	faults  []*fault
	parted  map[string]bool // "a b": nothing passes between them
	out     *strings.Builder
	hide    []string // commands that are not shown
	err     error
}

// node is a party and what the wire has to know of it.
type node struct {
	name     string
	party    party
	reports  bool
	down     bool
	accepted uint64 // links
	handler  time.Duration
	hold     bool // handlers finish when the transcript says so
	held     []Action
	refuse   []Command       // the next sends of these are refused
	life     int             // frames and timers of an earlier life are void
	dialled  map[Link]string // addresses
	audit    *audit
}

// party is a machine, or an original.
type party interface {
	step(ev *Event) []sent
	deadline() Instant
}

// sent is an action with its payload as it goes over the wire.
type sent struct {
	Action
	payload []byte
}

type conn struct {
	ends   [2]*node // dialler, listener
	links  [2]Link
	lives  [2]int
	up     bool
	closed bool
}

type delivery struct {
	at   Instant
	seq  int
	to   *node
	life int
	ev   Event
	do   func()
}

// fault changes what happens to frames that match.
type fault struct {
	command  Command
	from, to string
	kind     string // drop, delay, twice
	delay    time.Duration
	left     int
}

// oursParty drives a Machine.
type oursParty struct{ m *Machine }

func (o *oursParty) deadline() Instant { return o.m.Deadline() }

func (o *oursParty) step(ev *Event) []sent {
	var all []sent
	for _, a := range o.m.Step(nil, ev) {
		s := sent{Action: a}
		s.Body, s.Err, s.Method, s.Head = slices.Clone(a.Body), slices.Clone(a.Err), slices.Clone(a.Method), slices.Clone(a.Head)
		if a.Kind == ActSend {
			s.payload = AppendPayload(nil, &a)
		}
		all = append(all, s)
	}
	return all
}

func (w *wire) node(name string) *node {
	for _, n := range w.nodes {
		if n.name == name {
			return n
		}
	}
	return nil
}

func (w *wire) after(d time.Duration, n *node, ev Event) {
	w.push(delivery{at: w.now.Add(d), to: n, life: n.life, ev: ev})
}

func (w *wire) push(d delivery) {
	w.seq++
	d.seq = w.seq
	w.queue = append(w.queue, d)
}

// next takes the earliest delivery or deadline up to end; false if there is none.
func (w *wire) next(end Instant) bool {
	best := -1
	for i := range w.queue {
		q := &w.queue[i]
		if best < 0 || q.at < w.queue[best].at || q.at == w.queue[best].at && q.seq < w.queue[best].seq {
			best = i
		}
	}
	var late *node
	due := end
	if best >= 0 && w.queue[best].at < due {
		due = w.queue[best].at
	}
	for _, n := range w.nodes {
		if n.party != nil && !n.down && n.party.deadline() < due {
			due, late = n.party.deadline(), n
		}
	}
	switch {
	case late != nil:
		w.now = max(w.now, due)
		w.feed(late, &Event{Kind: EvTimeout})
	case best >= 0 && w.queue[best].at <= end:
		d := w.queue[best]
		w.queue = slices.Delete(w.queue, best, best+1)
		w.now = max(w.now, d.at)
		if d.do != nil {
			d.do()
		} else if d.life == d.to.life && !d.to.down {
			w.feed(d.to, &d.ev)
		}
	default:
		w.now = end
		return false
	}
	return w.err == nil
}

// feed gives a node one event, shows it, and carries its actions out.
func (w *wire) feed(n *node, ev *Event) {
	ev.At = w.now
	actions := n.party.step(ev)
	w.show(n, ev, actions)
	if ours, is := n.party.(*oursParty); is && w.err == nil {
		plain := make([]Action, len(actions))
		for i := range actions {
			plain[i] = actions[i].Action
		}
		if w.err = n.audit.step(ev, plain); w.err == nil {
			w.err = broken(ours.m)
		}
		if w.err != nil {
			fmt.Fprintf(w.out, "BROKEN: %v\n", w.err)
		}
	}
	var refused []Event
	for i := range actions {
		if r := w.perform(n, &actions[i]); r.Kind != 0 {
			refused = append(refused, r)
		}
	}
	for i := range refused {
		w.feed(n, &refused[i])
	}
}

// perform carries one action out; it returns the event of a refused send.
func (w *wire) perform(n *node, a *sent) (refused Event) {
	switch a.Kind {
	case ActSend:
		if i := slices.Index(n.refuse, a.Command); i >= 0 {
			n.refuse = slices.Delete(n.refuse, i, i+1)
			return Event{Kind: EvSendRefused, Peer: a.Peer, Link: a.Link, Command: a.Command, ID: a.ID, Cause: CauseWouldBlock}
		}
		w.send(n, a)
	case ActDial:
		w.dial(n, &a.Action)
	case ActHangUp:
		w.hangUp(n, a.Link)
	case ActServe:
		if n.hold {
			n.held = append(n.held, a.Action)
			return Event{}
		}
		w.after(n.handler, n, Event{Kind: EvReply, Ticket: a.Ticket, Method: a.Method, Body: []byte("ok")})
		delete(n.audit.tickets, a.Ticket)
	}
	return Event{}
}

func (w *wire) cutOff(a, b *node) bool {
	return w.parted[a.name+" "+b.name] || w.parted[b.name+" "+a.name]
}

// dial opens a connection to the node that the address names.
func (w *wire) dial(n *node, a *Action) {
	if n.dialled == nil {
		n.dialled = map[Link]string{}
	}
	n.dialled[a.Link] = a.Address
	peer := w.node(a.Address)
	if peer == nil || peer.down {
		w.report(w.latency, n, Event{Kind: EvLinkLost, Peer: a.Peer, Link: a.Link, Cause: CauseUnreachable})
		return
	}
	if w.cutOff(n, peer) {
		return // a black hole neither refuses nor resets
	}
	c := &conn{ends: [2]*node{n, peer}, links: [2]Link{a.Link}, lives: [2]int{n.life, peer.life}}
	w.conns = append(w.conns, c)
	w.push(delivery{at: w.now.Add(w.latency), do: func() { w.accept(c, a.Peer) }})
}

func (w *wire) accept(c *conn, peer string) {
	if c.closed || c.lives != [2]int{c.ends[0].life, c.ends[1].life} {
		return
	}
	c.up = true
	c.ends[1].accepted++
	c.links[1] = Link{Listening, c.ends[1].accepted}
	w.report(0, c.ends[0], Event{Kind: EvLinkUp, Peer: peer, Link: c.links[0]})
}

// report tells a node of a link, if its driver does.
func (w *wire) report(d time.Duration, n *node, ev Event) {
	if n.reports {
		w.after(d, n, ev)
	}
}

func (w *wire) hangUp(n *node, link Link) {
	if link.Half == Dialling {
		delete(n.dialled, link)
	}
	for _, c := range w.conns {
		for i, other := range [...]int{1, 0} {
			if c.closed || c.ends[i] != n || c.links[i] != link {
				continue
			}
			c.closed = true
			if c.up && c.lives[other] == c.ends[other].life && !w.cutOff(c.ends[0], c.ends[1]) {
				w.report(w.latency, c.ends[other], Event{Kind: EvLinkLost, Peer: n.name, Link: c.links[other], Cause: CauseLost})
			}
		}
	}
}

// cut breaks every connection between two nodes.
func (w *wire) cut(a, b *node) {
	for _, c := range w.conns {
		if c.closed || !(c.ends[0] == a && c.ends[1] == b || c.ends[0] == b && c.ends[1] == a) {
			continue
		}
		c.closed = true
		for i, n := range c.ends {
			if c.lives[i] == n.life && !n.down && (c.up || i == 0) {
				w.report(0, n, Event{Kind: EvLinkLost, Peer: c.ends[1-i].name, Link: c.links[i], Cause: CauseLost})
			}
		}
	}
}

// send puts a frame on its connection.
func (w *wire) send(n *node, a *sent) {
	for _, c := range w.conns {
		for i := range c.ends {
			if c.ends[i] != n || c.links[i] != a.Link || c.lives[i] != n.life || !c.up || c.closed {
				continue
			}
			to := c.ends[1-i]
			if w.cutOff(n, to) || c.lives[1-i] != to.life || to.down {
				return
			}
			ev := Event{Kind: EvFrame, Peer: n.name, Link: c.links[1-i], Command: a.OnWire(), Body: a.payload}
			for _, d := range w.delays(n.name, to.name, a.Command) {
				w.after(d, to, ev)
			}
			return
		}
	}
	// Where nobody reports links, the transport connects again by itself.
	if address, dialled := n.dialled[a.Link]; dialled && !n.reports {
		if peer := w.node(address); peer != nil && !peer.down && !w.cutOff(n, peer) {
			c := &conn{ends: [2]*node{n, peer}, links: [2]Link{a.Link}, lives: [2]int{n.life, peer.life}}
			w.conns = append(w.conns, c)
			w.accept(c, a.Peer)
			w.send(n, a)
		}
	}
}

// delays returns when the copies of a frame arrive.
func (w *wire) delays(from, to string, c Command) []time.Duration {
	for _, f := range w.faults {
		if f.left == 0 || f.command != c || f.from != from || f.to != to {
			continue
		}
		f.left--
		switch f.kind {
		case "drop":
			fmt.Fprintf(w.out, "%9s   (%s %s->%s is lost)\n", seconds(w.now), c, from, to)
			return nil
		case "delay":
			return []time.Duration{f.delay}
		case "twice":
			return []time.Duration{w.latency, w.latency + f.delay}
		}
	}
	return []time.Duration{w.latency}
}

// show writes an event and its actions, unless they are hidden.
func (w *wire) show(n *node, ev *Event, actions []sent) {
	var lines []string
	for i := range actions {
		if a := &actions[i]; !w.hidden(a.Kind == ActSend, a.Command) {
			lines = append(lines, a.line())
		}
	}
	if len(lines) == 0 && (ev.Kind == EvTimeout || w.hidden(ev.Kind == EvFrame, ev.Command)) {
		return
	}
	fmt.Fprintf(w.out, "%9s %s %s\n", seconds(w.now), n.name, eventLine(ev))
	for _, line := range lines {
		fmt.Fprintf(w.out, "%9s     %s\n", "", line)
	}
}

func (w *wire) hidden(frame bool, c Command) bool {
	return frame && slices.Contains(w.hide, c.String())
}

func (s *sent) line() string {
	if s.Kind != ActSend {
		return actionLine(&s.Action)
	}
	var l line
	l.add("send %s %v %v", s.Peer, s.Link, s.OnWire())
	l.body(s.OnWire(), s.payload)
	return l.String()
}
