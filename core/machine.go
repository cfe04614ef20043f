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
//	queries   Active, ActiveCount, Status, AppendStatus, Stats, Stopped
//	copies    Clone, AppendState
type Machine struct {
	cfg Config
	now Instant
	rng rand.PCG

	// Peers by slot and by name. The map is only ever indexed; every walk is over
	// the slots, so that it has an order.
	peers       []*peer
	freePeers   []int32
	byName      map[string]*peer
	last        *peer // the one found last, if it is still there
	peerSeq     uint64
	idleFirst   int32
	idleLast    int32
	activeCount int
	dialSeq     uint64 // number of the last link dialled

	calls     []call
	freeCalls []int32
	byID      index[uint32] // slots of pending calls by the id on the wire,
	byCall    index[CallID] // and by the driver's name
	lastID    uint32

	requests     []request
	freeRequests []int32
	servingCount int

	timers   []timerItem // 4-ary heap
	due      dueList     // calls whose timers are not in it
	timerSeq uint64

	undo    joinUndo // what the JOIN of the last event changed
	out     []Action // the destination of the present Step
	scratch []byte   // payloads built in the present Step
	stats   Stats
	stopped bool
}

// New returns a machine, or what is wrong with its Config.
func New(cfg Config) (*Machine, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	m := &Machine{
		cfg:       cfg,
		byName:    make(map[string]*peer),
		idleFirst: noSlot,
		idleLast:  noSlot,
		due:       dueList{first: noSlot, last: noSlot},
	}
	m.rng.Seed(cfg.Seed, nameHash(cfg.Name))
	// PROTOCOL 7.2: "Call ids rise by one from a random start."
	m.lastID = uint32(m.rng.Uint64())
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
func (m *Machine) Deadline() Instant {
	t, ok := m.earliest()
	if !ok {
		return Never
	}
	return t.at
}

// Stopped reports whether an EvStop has been fed.
func (m *Machine) Stopped() bool { return m.stopped }

// Step feeds one event and appends to dst what is to be done about it, which it
// returns. Timers that are due at ev.At are handled first. A Step with an event
// that makes no sense appends an ActRefuse and changes nothing else.
func (m *Machine) Step(dst []Action, ev *Event) []Action {
	m.out = dst
	m.scratch = m.scratch[:0]
	if ev.At > m.now { // time that runs backwards is taken as standing still
		m.now = ev.At
	}
	if ev.Kind != EvSendRefused {
		m.undo.valid = false
		m.fire()
	}
	m.handle(ev)
	dst, m.out = m.out, nil
	return dst
}

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
	default:
		m.refuse(ev, RefuseInvalid)
	}
}

// emit appends an action for the caller to fill in, which must be done before the
// next one is emitted. It is built where it stays: it has the size of a few cache
// lines, and to copy it from call to call was a good part of a Step.
func (m *Machine) emit(kind ActionKind) *Action {
	n := len(m.out)
	if n < cap(m.out) {
		m.out = m.out[:n+1]
		m.out[n] = Action{}
	} else {
		m.out = append(m.out, Action{})
	}
	a := &m.out[n]
	a.Kind = kind
	return a
}

func (m *Machine) refuse(ev *Event, why Refusal) {
	m.stats.Refusals[why]++
	a := m.emit(ActRefuse)
	a.Peer, a.Call, a.Ticket, a.Refusal = ev.Peer, ev.Call, ev.Ticket, why
}

func (m *Machine) drop(name string, link Link, c Command, why Drop) {
	m.stats.Drops[why]++
	a := m.emit(ActDrop)
	a.Peer, a.Link, a.Command, a.Drop = name, link, c, why
}

// send emits a Send on link, which leads to p, for the caller to add what the
// command carries.
func (m *Machine) send(p *peer, link Link, c Command) *Action {
	if link.Half == Listening {
		p.listen.sent = m.now
	}
	return m.sendTo(p.name, link, c)
}

// sendTo is send for a name that needs no entry in the table of peers.
func (m *Machine) sendTo(name string, link Link, c Command) *Action {
	m.stats.FramesOut[c]++
	a := m.emit(ActSend)
	a.Peer, a.Link, a.Command = name, link, c
	return a
}

// random returns a number below n, which must not be zero. The bias of the
// modulus is below n/2^64.
func (m *Machine) random(n uint64) uint64 { return m.rng.Uint64() % n }
