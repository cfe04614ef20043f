package core

import "math/rand/v2"

// Machine is one node of the protocol, pure: events go in by Step, actions come
// out of it, and time and randomness are arguments.
//
// Calling contract: one goroutine at a time. Feed every event to Step as it
// happens; perform the actions in order; when the clock reaches Deadline, feed
// an EvTimeout. A refused send is fed back, as EvSendRefused, before anything
// else.
//
// Methods by family:
//
//	inputs    Step
//	timeouts  Deadline
//	queries   Config, Active, ActiveCount, Status, AppendStatus, Stats, Stopped
//	copies    Clone, AppendState, AppendFingerprint, AppendSnapshot
type Machine struct {
	cfg Config  // with its defaults filled in
	now Instant // the latest At of an event
	rng random  // call ids, jitter and waits after a PART

	peers    peerTable    // what is known of other nodes
	calls    callTable    // our user's, pending
	requests requestTable // other nodes', being served
	timers   timerQueue   // of peers and calls
	out      output       // what it has to say

	dialSeq   uint64    // number of the last link dialled, of the whole node
	undo      *joinUndo // what the JOIN that was the last event changed; nil: it was none
	replacing replacing // the link that it replaced
	stopped   bool      // EvStop has been fed
}

// New returns a machine, or what is wrong with its Config.
func New(cfg Config) (*Machine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Machine{cfg: cfg, peers: newPeerTable()}
	m.rng.Seed(cfg.Seed, nameHash(cfg.Name))
	// PROTOCOL 7.2: "Call ids rise by one from a random start."
	m.calls.lastID = uint32(m.rng.Uint64())
	if cfg.FirstCall != 0 {
		m.calls.lastID = cfg.FirstCall - 1
	}
	return m, nil
}

// nameHash tells nodes with the same seed apart (FNV-1a, 64 bits).
func nameHash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h
}

// Config returns the configuration with its defaults filled in.
func (m *Machine) Config() Config { return m.cfg }

// Deadline returns when Step wants an EvTimeout: at once if that is in the
// past, Never when the machine waits for nothing.
func (m *Machine) Deadline() Instant { return m.timers.next() }

// Stopped reports whether an EvStop has been fed.
func (m *Machine) Stopped() bool { return m.stopped }

// Step feeds one event and appends to dst what is to be done about it, which it
// returns. Except before an EvSendRefused, timers that are due at ev.At are handled
// first. An event that makes no sense itself changes nothing; it is answered by
// ActRefuse.
func (m *Machine) Step(dst []Action, ev *Event) []Action {
	m.out.begin(dst)
	if ev.At > m.now { // time that runs backwards is taken as standing still
		m.now = ev.At
	}
	if ev.Kind != EvSendRefused {
		m.undo = nil
		m.partReplaced()
		m.fire()
	}
	m.handle(ev)
	return m.out.end()
}

// handle handles one event, after the timers that are due.
func (m *Machine) handle(ev *Event) {
	if m.stopped {
		m.afterStop(ev)
		return
	}
	switch ev.Kind {
	case EvFrame:
		m.frame(ev)
	case EvTimeout:
		// The due timers have been handled already.
	case EvConnect:
		m.connect(ev)
	case EvDisconnect:
		m.disconnect(ev)
	case EvCall:
		m.startCall(ev)
	case EvCast:
		m.cast(ev)
	case EvCancel:
		m.cancelCall(ev)
	case EvReply:
		m.reply(ev)
	case EvLinkUp:
		m.linkUp(ev)
	case EvLinkLost:
		m.linkLost(ev)
	case EvSendRefused:
		m.sendRefused(ev)
	case EvStop:
		m.stop()
	case EvRedial:
		m.redialNow(ev)
	default:
		m.out.refuse(ev, RefuseInvalid)
	}
}

// send emits a Send on link, which leads to p, for the caller to add what the
// command carries.
func (m *Machine) send(p *peer, link Link, c Command) *Action {
	if link.Half == Listening {
		p.listening.sent = m.now
	}
	return m.out.send(p.name, link, c)
}

// random is where a machine's random numbers come from: its seed, and nothing else.
type random struct{ rand.PCG }

// below returns a number below n, which must not be zero. The bias of the
// modulus is below n/2^64.
func (r *random) below(n uint64) uint64 { return r.Uint64() % n }

// fire handles the timers that are due, earliest first, and each one disarmed
// before its handler runs. At most Limits.TimersStepMax of them in one Step.
func (m *Machine) fire() {
	for range m.cfg.Limits.TimersStepMax {
		if m.timers.next() > m.now {
			return
		}
		t, _ := m.timers.earliest()
		if t.kind == timerCall {
			c := m.calls.slots[t.owner]
			m.timers.stopCall(&c.timer)
			m.callTimeout(c)
			continue
		}
		p := m.peers.slots[t.owner]
		m.timers.stop(p, t.kind)
		m.peerTimeout(p, t.kind)
	}
}

// peerTimeout handles a timer of p that was due.
func (m *Machine) peerTimeout(p *peer, kind timerKind) {
	switch kind {
	case timerDial:
		m.dialDue(p)
	case timerReach:
		m.reachDue(p)
	case timerJoin:
		m.joinDue(p)
	case timerPhase:
		m.phaseOver(p)
	case timerTick:
		m.tickDue(p)
	case timerTock:
		m.endDial(p, CauseSilent)
	case timerAnswer:
		m.endDial(p, CauseReplaced)
	case timerDrain:
		m.drainDue(p)
	case timerServe:
		m.serveDue(p)
	case timerNudge:
		m.nudgeDue(p)
	case timerForget:
		m.forgetDue(p)
	}
}
