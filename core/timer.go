package core

// timerKind names what a deadline is for. A peer has at most one timer of each
// of its kinds, a call has one.
type timerKind uint8

const (
	timerDial   timerKind = iota // When to dial: the wait between phases, or the pause between attempts, is over.
	timerReach                   // When to give up a dial attempt; without link reports, when to take the link as up.
	timerJoin                    // When to send the next JOIN; in Probe, when to stop hoping for a TOCK first.
	timerPhase                   // When to give up a dial phase.
	timerTick                    // When to send the next TICK.
	timerTock                    // When to take an unanswered TICK as the end of the link.
	timerAnswer                  // When to hang up an unanswered dial because the other half serves.
	timerDrain                   // When to look whether a draining link is still needed, then when to cut it.
	timerServe                   // When to stop serving a silent peer.
	timerNudge                   // When to make an old dialler say something, so that it is not taken for dead.
	timerForget                  // When to forget a peer that is neither dialled nor served.
	peerTimers
	timerCall // When to end a call without the replies that are missing.
)

var timerNames = [...]string{
	timerDial: "dial", timerReach: "reach", timerJoin: "join", timerPhase: "phase", timerTick: "tick",
	timerTock: "tock", timerAnswer: "answer", timerDrain: "drain", timerServe: "serve",
	timerNudge: "nudge", timerForget: "forget",
}

// timerItem is an armed timer: due at `at`, ties broken by seq, the order of
// arming. owner is the slot of a peer or of a call.
type timerItem struct {
	at    Instant
	seq   uint64
	owner int32
	kind  timerKind
}

func (a *timerItem) before(b *timerItem) bool {
	return a.at < b.at || a.at == b.at && a.seq < b.seq
}

// heapArity is 4: half the depth of a binary heap, and one cache line of children.
const heapArity = 4

// notArmed is the heap position of a timer that is not in the heap.
const notArmed = -1

// arm sets a timer, replacing the deadline it had.
func (m *Machine) arm(pos *int32, owner int32, kind timerKind, at Instant) {
	m.disarm(pos)
	if at == Never {
		return
	}
	m.timerSeq++
	m.timers = append(m.timers, timerItem{at, m.timerSeq, owner, kind})
	*pos = int32(len(m.timers) - 1)
	m.siftUp(int(*pos))
}

// disarm takes a timer out of the heap; it does nothing to one that is not in it.
func (m *Machine) disarm(pos *int32) {
	i := int(*pos)
	if i == notArmed {
		return
	}
	*pos = notArmed
	last := len(m.timers) - 1
	moved := m.timers[last]
	m.timers = m.timers[:last]
	if i == last {
		return
	}
	m.timers[i] = moved
	m.siftUp(i) // which also tells its owner where it is
	m.siftDown(i)
}

// timerPos returns where the owner of a timer in the heap keeps its position.
func (m *Machine) timerPos(t *timerItem) *int32 {
	if t.kind == timerCall {
		return &m.calls[t.owner].timer
	}
	return &m.peers[t.owner].timers[t.kind]
}

func (m *Machine) siftUp(i int) {
	t := m.timers[i]
	for i > 0 {
		parent := (i - 1) / heapArity
		if !t.before(&m.timers[parent]) {
			break
		}
		m.place(i, m.timers[parent])
		i = parent
	}
	m.place(i, t)
}

func (m *Machine) siftDown(i int) {
	t := m.timers[i]
	for {
		first := i*heapArity + 1
		if first >= len(m.timers) {
			break
		}
		least := first
		for c := first + 1; c < min(first+heapArity, len(m.timers)); c++ {
			if m.timers[c].before(&m.timers[least]) {
				least = c
			}
		}
		if !m.timers[least].before(&t) {
			break
		}
		m.place(i, m.timers[least])
		i = least
	}
	m.place(i, t)
}

func (m *Machine) place(i int, t timerItem) {
	m.timers[i] = t
	*m.timerPos(&t) = int32(i)
}

// fire handles the timers that are due, earliest first, and each one disarmed
// before its handler runs. At most Limits.TimersStepMax of them in one Step.
func (m *Machine) fire() {
	for range m.cfg.Limits.TimersStepMax {
		t, ok := m.earliest()
		if !ok || t.at > m.now {
			return
		}
		if t.kind == timerCall {
			m.disarmCall(&m.calls[t.owner])
			m.callTimeout(t.owner)
			continue
		}
		p := m.peers[t.owner]
		m.stopTimer(p, t.kind)
		m.peerTimeout(p, t.kind)
	}
}

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
