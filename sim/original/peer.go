// Package original has a double of a peer that runs the original package, for
// the simulated world and for tests: what is observed of an original on the wire
// and in time, and none of its code.
//
// A [Peer] has one table of names, no link numbers, timers that are looked at
// every 50 ms, and an acceptance that may leave it deaf until an old deadline.
// It is as pure as a core.Machine and is driven by the same events and actions.
//
// It leaves out how an original dies (a frame that claims its own name, a
// message of four frames, a handler that panics) and how it hangs (after a call
// without replies): a mixed network is about what the living do.
package original

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// State is the state of one entry of a peer's table.
type State uint8

// The states. The zero State is that of no entry.
const (
	Stopped   State = iota + 1 // nothing will happen; the entry stays for ever
	Waiting                    // for the next dial
	Handshake                  // it has dialled, and sends JOINs
	Connected                  // its JOIN was answered by STAY
	Check                      // its TICK waits for a TOCK
	Limbo                      // it sent STAY, and ignores everything but JOIN until its old deadline
	Serving                    // it sent STAY to a name that it had no entry for, or has come out of limbo
)

var stateNames = [...]string{"?", "stopped", "waiting", "handshake", "connected", "check", "limbo", "serving"}

func (s State) String() string { return stateNames[s] }

// active says whether a peer in that state is called and listed.
func (s State) active() bool { return s == Connected || s == Check || s == Serving }

// entry is all that a peer keeps of one name: there is one entry a name,
// whichever of the two has dialled.
type entry struct {
	name, address string       // the address is empty for a name that only dialled us
	state         State        // of the only half that an original has
	at            core.Instant // the deadline; meaningless when stopped
	joins         int          // JOINs of the present phase
	backoff       int          // exponent of the next wait
	tick          uint64       // the number in the latest TICK
	link          core.Link    // of the latest dial; zero before the first
}

// Peer is a double of an original peer. It is not safe for concurrent use.
type Peer struct {
	name, network string                  // its own
	timing        core.Timing             // of the protocol
	tick          time.Duration           // granularity of the timers
	random        dice.Sequence           // of the waits after PART
	now           core.Instant            // of the latest step
	entries       map[string]*entry       // by the peer's name
	order         []*entry                // entries by age: maps are not walked
	links         uint64                  // dials so far
	nextID        uint32                  // the latest id of a transmission
	calls         []*call                 // pending, by age
	tickets       uint64                  // handlers so far
	serving       map[core.Ticket]request // requests whose handlers run
	out           []core.Action           // of the step that is being taken
}

// New makes a peer of the given network. The seed decides its waits after PART; a
// timing other than the default scales the granularity of its timers too.
func New(name, network string, seed uint64, timing core.Timing) *Peer {
	if timing == (core.Timing{}) {
		timing = core.DefaultTiming()
	}
	return &Peer{
		name: name, network: network, timing: timing, tick: max(timing.Join/100, 1),
		random: dice.NewSequence(seed), entries: map[string]*entry{}, serving: map[core.Ticket]request{},
	}
}

// Step feeds one event and appends what the peer does to dst.
func (p *Peer) Step(dst []core.Action, ev *core.Event) []core.Action {
	p.now = max(p.now, ev.At)
	p.out = dst
	switch ev.Kind {
	case core.EvTimeout:
		p.timeouts()
	case core.EvConnect:
		p.connect(ev.Peer, ev.Address)
	case core.EvDisconnect:
		p.disconnect(ev.Peer)
	case core.EvFrame:
		if ev.Link.Half == core.Listening {
			p.listened(ev)
		} else {
			p.answered(ev)
		}
	case core.EvCall:
		p.call(ev)
	case core.EvCast:
		p.cast(ev)
	case core.EvReply:
		p.reply(ev)
	case core.EvStop:
		p.emit(core.Action{Kind: core.ActStopped})
	}
	dst, p.out = p.out, nil
	return dst
}

// Deadline is when the next look at the timers finds one that is due.
func (p *Peer) Deadline() core.Instant {
	next := core.Never
	for _, e := range p.order {
		if e.state != Stopped {
			next = min(next, e.at)
		}
	}
	for _, c := range p.calls {
		next = min(next, c.at)
	}
	if next == core.Never {
		return next
	}
	// Timers are looked at on a grid: a deadline is met at the next point of it.
	grid := core.Instant(p.tick)
	return max((next+grid-1)/grid*grid, p.now)
}

// emit adds an action to the present step.
func (p *Peer) emit(a core.Action) { p.out = append(p.out, a) }

// after returns the instant that is d from now.
func (p *Peer) after(d time.Duration) core.Instant { return p.now.Add(d) }

// Status is what a peer keeps of one name.
type Status struct {
	State   State  // zero if there is no entry
	Active  bool   // it is called and listed
	Address string // what its user gave to connect; empty for one that has only dialled
	Backoff int    // exponent of the next wait
	// Deadline is when the state ends by itself, at the latest; the present moment
	// if it never does, or there is no entry.
	Deadline core.Instant
}

// Status returns what the peer keeps of a name, and whether it has an entry.
func (p *Peer) Status(name string) (Status, bool) {
	e := p.entries[name]
	if e == nil {
		return Status{Deadline: p.now}, false
	}
	s := Status{State: e.state, Active: e.state.active(), Address: e.address, Backoff: e.backoff, Deadline: e.at}
	if e.state == Stopped {
		s.Deadline = p.now
	}
	return s, true
}

// connect is refused for any name that has an entry, whatever its state.
func (p *Peer) connect(peer, address string) {
	switch {
	case peer == p.name:
		p.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseOwnName})
	case p.entries[peer] != nil: // in any state, a stopped one included
		p.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseConnected})
	default:
		e := p.add(peer)
		e.address, e.state, e.at = address, Waiting, p.after(p.timing.FirstStart)
	}
}

// add makes an entry.
func (p *Peer) add(peer string) *entry {
	e := &entry{name: peer}
	p.entries[peer] = e
	p.order = append(p.order, e)
	return e
}

// disconnect deletes the entry, and nothing else: no PART, and the socket stays
// connected.
func (p *Peer) disconnect(peer string) {
	e := p.entries[peer]
	if e == nil {
		p.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseUnknown})
		return
	}
	p.became(e, e.state.active(), false)
	delete(p.entries, peer)
	for i, other := range p.order {
		if other == e {
			p.order = append(p.order[:i], p.order[i+1:]...)
			break
		}
	}
}

// became reports a change of whether the entry is active.
func (p *Peer) became(e *entry, was, is bool) {
	switch {
	case is && !was:
		p.emit(core.Action{Kind: core.ActPeerUp, Peer: e.name})
	case was && !is:
		p.emit(core.Action{Kind: core.ActPeerDown, Peer: e.name, Cause: core.CauseLost})
	}
}

// enter is the only writer of an entry's state.
func (p *Peer) enter(e *entry, s State, at core.Instant) {
	was := e.state.active()
	e.state, e.at = s, at
	p.became(e, was, e.state.active())
}

// hangUp ends the dial to an entry's peer, if there is one.
func (p *Peer) hangUp(e *entry) {
	if e.link != (core.Link{}) {
		p.emit(core.Action{Kind: core.ActHangUp, Peer: e.name, Link: e.link})
		e.link = core.Link{}
	}
}

// timeouts handles every entry and call whose deadline has come.
func (p *Peer) timeouts() {
	for i := 0; i < len(p.order); i++ {
		if e := p.order[i]; e.state != Stopped && e.at <= p.now {
			p.timeout(e)
		}
	}
	p.callTimeouts()
}

// timeout does what an entry's state has for its deadline.
func (p *Peer) timeout(e *entry) {
	switch e.state {
	case Waiting:
		if e.address == "" {
			p.enter(e, Stopped, 0)
			return
		}
		p.links++
		e.link = core.Link{Half: core.Dialling, N: p.links}
		e.joins = 0
		p.emit(core.Action{Kind: core.ActDial, Peer: e.name, Link: e.link, Address: e.address})
		p.enter(e, Handshake, p.after(p.timing.FirstJoin))
	case Handshake:
		if e.joins >= p.timing.JoinsMax {
			p.backOff(e)
			return
		}
		e.joins++
		p.send(e, core.Dialling, core.Action{Command: core.JOIN, Body: []byte(p.network)})
		e.at = p.after(p.timing.Join)
	case Connected:
		e.tick++
		p.send(e, core.Dialling, core.Action{Command: core.TICK, Body: tickBody(e.tick)})
		p.enter(e, Check, p.after(p.timing.Live))
	case Check:
		p.backOff(e)
	case Limbo:
		p.hangUp(e)
		p.enter(e, Serving, p.after(p.timing.Serve))
	case Serving:
		p.enter(e, Stopped, 0)
	}
}

// backOff hangs up and waits, twice as long each time.
func (p *Peer) backOff(e *entry) {
	p.hangUp(e)
	p.enter(e, Waiting, p.after(p.timing.Retry<<e.backoff))
	e.backoff = min(e.backoff+1, p.timing.BackoffMax)
}

// tickBody is the payload of a TICK: its number, most significant byte first.
func tickBody(n uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return b
}

// send sends on one of the two sockets, by name.
func (p *Peer) send(e *entry, half core.Half, a core.Action) {
	a.Kind, a.Peer, a.Link = core.ActSend, e.name, core.Link{Half: half}
	if half == core.Dialling {
		a.Link = e.link
	}
	p.emit(a)
}
