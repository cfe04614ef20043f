package sim

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
)

// oldState is a state of one entry of an old peer's table.
type oldState uint8

const (
	oldStopped oldState = iota + 1 // nothing will happen; the entry stays for ever
	oldWaiting
	oldHandshake
	oldConnected
	oldCheck
	oldLimbo // it sent STAY, and ignores everything but JOIN until its old deadline
	oldServing
)

var oldStateNames = [...]string{"?", "stopped", "waiting", "handshake", "connected", "check", "limbo", "serving"}

func (s oldState) String() string { return oldStateNames[s] }

// oldEntry is what an old peer knows of one name. There is one entry a name,
// whichever side it is on.
type oldEntry struct {
	name, address string
	state         oldState
	at            core.Instant // the deadline; meaningless when stopped
	joins         int
	backoff       int
	tick          uint64
	link          core.Link // of the latest dial; zero before the first
}

// OldPeer is a double of a peer that runs the original package: one table of
// names, no link numbers, timers looked at every 50 ms, and an acceptance that
// may leave it deaf until an old deadline. It is as pure as a core.Machine and
// is driven by the same events and actions.
//
// It leaves out how an original dies (a frame that claims its own name, a
// message of four frames, a handler that panics) and how it hangs (after a call
// without replies): a mixed network is about what the living do.
type OldPeer struct {
	name, network string
	timing        core.Timing
	tick          time.Duration // granularity of the timers
	random        dice.Sequence
	now           core.Instant
	entries       map[string]*oldEntry
	order         []*oldEntry // entries by age: maps are not walked
	links         uint64
	nextID        uint32
	calls         []*oldCall
	tickets       uint64
	serving       map[core.Ticket]oldRequest
	out           []core.Action
}

// NewOldPeer makes an old peer of the given network. The seed decides its PART
// delays; a timing other than the default scales the granularity of its timers too.
func NewOldPeer(name, network string, seed uint64, timing core.Timing) *OldPeer {
	if timing == (core.Timing{}) {
		timing = core.DefaultTiming()
	}
	return &OldPeer{
		name: name, network: network, timing: timing, tick: max(timing.Join/100, 1),
		random: dice.NewSequence(seed), entries: map[string]*oldEntry{}, serving: map[core.Ticket]oldRequest{},
	}
}

// Step feeds one event and appends what the peer does to dst.
func (o *OldPeer) Step(dst []core.Action, ev *core.Event) []core.Action {
	o.now = max(o.now, ev.At)
	o.out = dst
	switch ev.Kind {
	case core.EvTimeout:
		o.timeouts()
	case core.EvConnect:
		o.connect(ev.Peer, ev.Address)
	case core.EvDisconnect:
		o.disconnect(ev.Peer)
	case core.EvFrame:
		if ev.Link.Half == core.Listening {
			o.listened(ev)
		} else {
			o.answered(ev)
		}
	case core.EvCall:
		o.call(ev)
	case core.EvCast:
		o.cast(ev)
	case core.EvReply:
		o.reply(ev)
	case core.EvStop:
		o.emit(core.Action{Kind: core.ActStopped})
	}
	dst, o.out = o.out, nil
	return dst
}

// Deadline is when the next look at the timers finds one that is due.
func (o *OldPeer) Deadline() core.Instant {
	next := core.Never
	for _, e := range o.order {
		if e.state != oldStopped {
			next = min(next, e.at)
		}
	}
	for _, c := range o.calls {
		next = min(next, c.at)
	}
	if next == core.Never {
		return next
	}
	grid := core.Instant(o.tick)
	return max((next+grid-1)/grid*grid, o.now)
}

func (o *OldPeer) emit(a core.Action) { o.out = append(o.out, a) }

func (o *OldPeer) after(d time.Duration) core.Instant { return o.now.Add(d) }

func (o *OldPeer) active(peer string) bool {
	e := o.entries[peer]
	return e != nil && e.active()
}

func (e *oldEntry) active() bool {
	return e.state == oldConnected || e.state == oldCheck || e.state == oldServing
}

// deadline is when a limbo of the peer ends, for the bound of L1.
func (o *OldPeer) deadline(peer string) core.Instant {
	if e := o.entries[peer]; e != nil && e.state != oldStopped {
		return e.at
	}
	return o.now
}

func (o *OldPeer) connect(peer, address string) {
	switch {
	case peer == o.name:
		o.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseOwnName})
	case o.entries[peer] != nil: // in any state, a stopped one included
		o.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseConnected})
	default:
		e := o.add(peer)
		e.address, e.state, e.at = address, oldWaiting, o.after(o.timing.FirstStart)
	}
}

func (o *OldPeer) add(peer string) *oldEntry {
	e := &oldEntry{name: peer}
	o.entries[peer] = e
	o.order = append(o.order, e)
	return e
}

// disconnect deletes the entry, and nothing else: no PART, and the socket stays
// connected.
func (o *OldPeer) disconnect(peer string) {
	e := o.entries[peer]
	if e == nil {
		o.emit(core.Action{Kind: core.ActRefuse, Peer: peer, Refusal: core.RefuseUnknown})
		return
	}
	o.became(e, e.active(), false)
	delete(o.entries, peer)
	for i, other := range o.order {
		if other == e {
			o.order = append(o.order[:i], o.order[i+1:]...)
			break
		}
	}
}

// became reports a change of whether the entry is active.
func (o *OldPeer) became(e *oldEntry, was, is bool) {
	switch {
	case is && !was:
		o.emit(core.Action{Kind: core.ActPeerUp, Peer: e.name})
	case was && !is:
		o.emit(core.Action{Kind: core.ActPeerDown, Peer: e.name, Cause: core.CauseLost})
	}
}

// enter is the only writer of an entry's state.
func (o *OldPeer) enter(e *oldEntry, s oldState, at core.Instant) {
	was := e.active()
	e.state, e.at = s, at
	o.became(e, was, e.active())
}

func (o *OldPeer) hangUp(e *oldEntry) {
	if e.link != (core.Link{}) {
		o.emit(core.Action{Kind: core.ActHangUp, Peer: e.name, Link: e.link})
		e.link = core.Link{}
	}
}

// timeouts handles every entry and call whose deadline has come.
func (o *OldPeer) timeouts() {
	for i := 0; i < len(o.order); i++ {
		if e := o.order[i]; e.state != oldStopped && e.at <= o.now {
			o.timeout(e)
		}
	}
	o.callTimeouts()
}

func (o *OldPeer) timeout(e *oldEntry) {
	switch e.state {
	case oldWaiting:
		if e.address == "" {
			o.enter(e, oldStopped, 0)
			return
		}
		o.links++
		e.link = core.Link{Half: core.Dialling, N: o.links}
		e.joins = 0
		o.emit(core.Action{Kind: core.ActDial, Peer: e.name, Link: e.link, Address: e.address})
		o.enter(e, oldHandshake, o.after(o.timing.FirstJoin))
	case oldHandshake:
		if e.joins >= o.timing.JoinsMax {
			o.backOff(e)
			return
		}
		e.joins++
		o.send(e, core.Dialling, core.Action{Command: core.JOIN, Body: []byte(o.network)})
		e.at = o.after(o.timing.Join)
	case oldConnected:
		e.tick++
		o.send(e, core.Dialling, core.Action{Command: core.TICK, Body: tickBody(e.tick)})
		o.enter(e, oldCheck, o.after(o.timing.Live))
	case oldCheck:
		o.backOff(e)
	case oldLimbo:
		o.hangUp(e)
		o.enter(e, oldServing, o.after(o.timing.Serve))
	case oldServing:
		o.enter(e, oldStopped, 0)
	}
}

// backOff hangs up and waits, twice as long each time.
func (o *OldPeer) backOff(e *oldEntry) {
	o.hangUp(e)
	o.enter(e, oldWaiting, o.after(o.timing.Retry<<e.backoff))
	e.backoff = min(e.backoff+1, o.timing.BackoffMax)
}

func tickBody(n uint64) []byte {
	b := make([]byte, 8)
	for i := range b {
		b[i] = byte(n >> (56 - 8*i))
	}
	return b
}

// send sends on one of the two sockets, by name.
func (o *OldPeer) send(e *oldEntry, half core.Half, a core.Action) {
	a.Kind, a.Peer, a.Link = core.ActSend, e.name, core.Link{Half: half}
	if half == core.Dialling {
		a.Link = e.link
	}
	o.emit(a)
}
