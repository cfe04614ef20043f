package core

import (
	"encoding/binary"
	"slices"
	"time"
)

// original is a double of the old package's node, by the tables of its states:
// one entry a name, in which the dialling and the serving side share a state and
// a deadline. It is here to be talked to, defects included: a JOIN to an entry
// that is not in a handshake puts it into limbo (makeServer) until the old
// deadline, and PART is obeyed in any state.
type original struct {
	name, network string
	now           Instant
	entries       []*originalEntry
	links         map[string]Link // newest listening link of a name
	dials         uint64
	rng           uint64
	id            uint32
	out           []sent
}

type originalEntry struct {
	peer, address string
	state         originalState
	ts            Instant
	joins, k      int
	tick          uint64
	link          Link
	linkUp        bool
	queue         []sent // ZeroMQ keeps what is sent before the connection is up
}

type originalState int

const (
	oldWaiting originalState = iota
	oldHandshake
	oldConnected
	oldCheck
	oldMakeServer
	oldServing
	oldStopped
)

func (s originalState) String() string {
	return [...]string{"Waiting", "Handshake", "Connected", "Check", "MakeServer", "Serving", "Stopped"}[s]
}

func newOriginal(name, network string) *original {
	return &original{name: name, network: network, links: map[string]Link{}}
}

func (o *original) deadline() Instant {
	d := Never
	for _, e := range o.entries {
		if e.state != oldStopped {
			d = min(d, e.ts)
		}
	}
	return d
}

func (o *original) entry(peer string) *originalEntry {
	for _, e := range o.entries {
		if e.peer == peer {
			return e
		}
	}
	return nil
}

func (o *original) step(ev *Event) []sent {
	o.now, o.out = ev.At, nil
	for _, e := range o.entries {
		for e.state != oldStopped && e.ts <= o.now {
			o.timeout(e)
		}
	}
	switch ev.Kind {
	case EvConnect:
		if o.entry(ev.Peer) == nil { // else: duplicate connection
			o.entries = append(o.entries, &originalEntry{peer: ev.Peer, address: ev.Address, ts: o.now.Add(200 * time.Millisecond)})
		}
	case EvLinkUp:
		if e := o.entry(ev.Peer); e != nil && e.link == ev.Link {
			e.linkUp = true
			o.out = append(o.out, e.queue...)
			e.queue = nil
		}
	case EvLinkLost: // ZeroMQ dials again by itself
		if e := o.entry(ev.Peer); e != nil && e.link == ev.Link {
			o.dial(e)
		}
	case EvFrame:
		if ev.Link.Half == Listening {
			o.listeningFrame(ev)
		} else {
			o.diallingFrame(ev)
		}
	case EvCall:
		o.id++
		for _, e := range o.entries {
			if o.active(e) && (len(ev.To) == 0 || slices.Contains(ev.To, e.peer)) {
				o.request(e, CALL, AppendPayload(nil, &Action{Command: CALL, ID: o.id, Method: ev.Method, Body: ev.Body}))
			}
		}
	}
	return o.out
}

func (o *original) active(e *originalEntry) bool {
	return e.state == oldConnected || e.state == oldCheck || e.state == oldServing
}

func (o *original) request(e *originalEntry, c Command, payload []byte) {
	if e.state == oldServing {
		o.send(e.peer, o.links[e.peer], c, payload)
		return
	}
	o.dialSend(e, c, payload)
}

func (o *original) send(peer string, link Link, c Command, payload []byte) {
	o.out = append(o.out, sent{Action{Kind: ActSend, Peer: peer, Link: link, Command: c, Body: payload}, payload})
}

func (o *original) dialSend(e *originalEntry, c Command, payload []byte) {
	s := sent{Action{Kind: ActSend, Peer: e.peer, Link: e.link, Command: c, Body: payload}, payload}
	if e.linkUp {
		o.out = append(o.out, s)
	} else {
		e.queue = append(e.queue, s)
	}
}

func (o *original) dial(e *originalEntry) {
	o.dials++
	e.link, e.linkUp = Link{Dialling, o.dials}, false
	for i := range e.queue {
		e.queue[i].Link = e.link
	}
	o.out = append(o.out, sent{Action: Action{Kind: ActDial, Peer: e.peer, Link: e.link, Address: e.address}})
}

func (o *original) hangUp(e *originalEntry, state originalState, wait time.Duration) {
	if e.address != "" && e.link.N != 0 {
		o.out = append(o.out, sent{Action: Action{Kind: ActHangUp, Peer: e.peer, Link: e.link}})
	}
	e.link, e.linkUp, e.queue = Link{}, false, nil
	e.state, e.ts = state, o.now.Add(wait)
}

func (o *original) backOff(e *originalEntry) {
	o.hangUp(e, oldWaiting, 60*time.Second<<e.k)
	e.k = min(e.k+1, 7)
}

func (o *original) timeout(e *originalEntry) {
	switch e.state {
	case oldWaiting:
		o.dial(e)
		e.state, e.joins, e.ts = oldHandshake, 0, o.now.Add(200*time.Millisecond)
	case oldHandshake:
		if e.joins == 10 {
			o.backOff(e)
			return
		}
		e.joins++
		e.ts = o.now.Add(5 * time.Second)
		o.dialSend(e, JOIN, []byte(o.network))
	case oldConnected:
		e.tick++
		e.state, e.ts = oldCheck, o.now.Add(30*time.Second)
		o.dialSend(e, TICK, binary.BigEndian.AppendUint64(nil, e.tick))
	case oldCheck:
		o.backOff(e)
	case oldMakeServer:
		o.hangUp(e, oldServing, 90*time.Second)
	case oldServing:
		e.state = oldStopped
	}
}

func (o *original) listeningFrame(ev *Event) {
	o.links[ev.Peer] = ev.Link // handover: the newest connection of a name has it
	e := o.entry(ev.Peer)
	if ev.Command == JOIN {
		switch {
		case e == nil && string(ev.Body) != o.network,
			e != nil && (e.state == oldHandshake || o.active(e) && e.state != oldServing):
			o.send(ev.Peer, ev.Link, PART, nil)
			return
		case e == nil:
			o.entries = append(o.entries, &originalEntry{peer: ev.Peer, state: oldServing, ts: o.now.Add(90 * time.Second)})
		default: // the deadline stays what it was
			if e.state == oldStopped {
				e.ts = o.now
			}
			e.state = oldMakeServer
		}
		o.send(ev.Peer, ev.Link, STAY, nil)
		return
	}
	if e == nil || e.state != oldServing {
		return
	}
	switch ev.Command {
	case TICK:
		o.send(ev.Peer, ev.Link, TOCK, ev.Body)
	case CALL, CAST, BACK:
		o.run(ev)
	default:
		return
	}
	e.k, e.ts = 0, o.now.Add(90*time.Second)
}

func (o *original) diallingFrame(ev *Event) {
	e := o.entry(ev.Peer)
	if e == nil {
		return
	}
	connected := e.state == oldConnected || e.state == oldCheck
	switch {
	case ev.Command == STAY && e.state == oldHandshake, ev.Command == TOCK && e.state == oldCheck:
		e.state, e.k, e.ts = oldConnected, 0, o.now.Add(30*time.Second)
	case ev.Command == PART: // in any state
		o.rng = o.rng*6364136223846793005 + 1442695040888963407
		o.hangUp(e, oldWaiting, 5*time.Second+time.Duration(o.rng>>56)*20*time.Millisecond)
	case (ev.Command == CALL || ev.Command == CAST || ev.Command == BACK) && connected:
		e.state, e.k, e.ts = oldConnected, 0, o.now.Add(30*time.Second)
		o.run(ev)
	}
}

// run answers a CALL by the socket it came by, at once.
func (o *original) run(ev *Event) {
	if ev.Command != CALL {
		return
	}
	p, _, _ := ParsePayload(CALL, ev.Body)
	if len(p.Method) == 0 { // it can't be run: id and method only
		o.send(ev.Peer, ev.Link, BACK, AppendPayload(nil, &Action{Command: CALL, ID: p.ID}))
		return
	}
	o.send(ev.Peer, ev.Link, BACK, AppendPayload(nil, &Action{Command: BACK, ID: p.ID, Method: p.Method, Body: []byte("old-ok")}))
}
