package core

// peer is everything a machine knows of one name: its two halves, what is
// pending between the two nodes, and its timers.
type peer struct {
	name    string
	address string // what the user gave to connect; empty: only served
	slot    int32
	up      bool // ActPeerUp was the last word to the driver
	// ours says that the peer has shown to speak our extensions; PROTOCOL 3.4
	// and 11.2 are about those that have not.
	ours bool
	// self is the incarnation that we tell this peer. It is new for every entry
	// of the table, because what it promises, that a call is not run twice,
	// holds no longer than our memory of the peer does (PROTOCOL 8.1).
	self    uint64
	pending int32   // rows of calls that wait for this peer
	serving int32   // its requests that are being served
	partAt  Instant // when the last PART for want of a JOIN went out,
	partN   uint64  // and on which listening link
	parted  bool    // if ever
	dial    dialHalf
	listen  listenHalf
	// seen holds the ids of requests already run, by the peer's incarnation, the
	// latest first: the two current links can lead to two lives of a peer. early
	// holds those of a link on which the incarnation is not known.
	seen   [2]*window
	early  *window
	timers [peerTimers]int32
	// Neighbours in the list of forgettable peers, oldest first; slots.
	prev, next int32
	idle       bool // in that list
}

// dialHalf is our dial to a peer. What is about one link is reset by each dial.
type dialHalf struct {
	state    State
	joinSent bool  // JOIN went out since the link came up, or was said not to have joined
	answered bool  // a TOCK came in on this link
	known    bool  // the peer told its incarnation on this link
	met      bool  // and acknowledged our MEET: extensions may be used
	accepted bool  // an old peer said STAY or TOCK to this incarnation of us
	k        uint8 // failed phases in a row: the exponent of Retry
	cut      bool  // Draining: past JOIN_TIME, the next drain timer cuts
	n        uint64
	joins    int     // JOINs sent in this phase
	nextJoin Instant // no JOIN of this phase before
	told     Meet    // what the peer told of itself on this link, if known
	tick     uint64  // last TICK's counter
	tickBase uint64  // the TOCK must answer a later TICK than this one
	tickAt   Instant // when the last TICK went out
	heard    Instant // last frame on this half
	healthy  Instant // when this link was accepted
	pause    int64   // nanoseconds before the next dial of a phase; 0: at once
	uses     int32   // pending calls, ours and theirs, that need this link
}

// listenHalf is a peer's dial to us.
type listenHalf struct {
	state  State
	proven bool // a frame came in later than our STAY: the peer knows it is served
	met    bool // the peer's MEET came in on this link
	told   Meet // and told this
	n      uint64
	gone   uint64 // newest link that was reported lost
	heard  Instant
	sent   Instant
	nudge  uint32 // id of the CALL that makes an old dialler speak
}

// stale says whether a frame of link n comes too late: it is older than the
// current link, or its link has been reported lost. A driver that does not
// report links may use the number 0 for all of them.
func (l *listenHalf) stale(n uint64) bool {
	return n < l.n || 0 < n && n <= l.gone && (l.state != Serving || n != l.n)
}

const noSlot = -1

// known returns the entry of a name, nil if there is none. Much of what comes is
// about the same peer as what came before it.
func (m *Machine) known(name string) *peer {
	if m.last != nil && m.last.name == name {
		return m.last
	}
	p := m.byName[name]
	m.last = p
	return p
}

// peerNamed returns the entry of a name, making one if need be; nil where the
// table is full.
func (m *Machine) peerNamed(name string) *peer {
	if p := m.byName[name]; p != nil {
		return p
	}
	if len(m.byName) >= m.cfg.Limits.PeersMax && !m.evict() {
		return nil
	}
	p := &peer{name: name, prev: noSlot, next: noSlot}
	for i := range p.timers {
		p.timers[i] = notArmed
	}
	m.peerSeq++
	p.self = mix(m.cfg.Incarnation, m.peerSeq)
	if n := len(m.freePeers); n > 0 {
		p.slot = m.freePeers[n-1]
		m.freePeers = m.freePeers[:n-1]
		m.peers[p.slot] = p
	} else {
		p.slot = int32(len(m.peers))
		m.peers = append(m.peers, p)
	}
	m.byName[name] = p
	return p
}

// mix spreads (incarnation, count) over 64 bits, never zero, so that two
// entries or two lives of a node don't share a value (the finaliser of
// splitmix64, Steele, Lea and Flood, OOPSLA 2014).
func mix(incarnation, count uint64) uint64 {
	z := incarnation + count*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31 | 1
}

// setTimer arms one timer of p.
func (m *Machine) setTimer(p *peer, kind timerKind, at Instant) {
	m.arm(&p.timers[kind], p.slot, kind, at)
}

func (m *Machine) stopTimer(p *peer, kind timerKind) { m.disarm(&p.timers[kind]) }

func (p *peer) armed(kind timerKind) bool { return p.timers[kind] != notArmed }

// active says whether requests can be offered to p: either half is healthy.
func (p *peer) active() bool {
	return p.listen.state == Serving || p.dial.state == Connected || p.dial.state == Check
}

// settle follows up a change of either half: it tells the driver when the peer
// became active or stopped being so, and starts or stops the clock after which
// a peer is forgotten.
func (m *Machine) settle(p *peer, cause Cause) {
	if up := p.active(); up != p.up {
		p.up = up
		if up {
			m.activeCount++
			m.emit(ActPeerUp).Peer = p.name
		} else {
			m.activeCount--
			a := m.emit(ActPeerDown)
			a.Peer, a.Cause = p.name, cause
		}
	}
	forgettable := p.address == "" && p.dial.state == Idle && p.listen.state == Idle
	if forgettable == p.idle {
		return
	}
	if forgettable {
		m.idlePush(p)
		m.setTimer(p, timerForget, m.now.Add(m.cfg.Timing.Serve))
	} else {
		m.idleRemove(p)
		m.stopTimer(p, timerForget)
	}
}

// forgetDue drops what is known of a peer that was neither dialled nor served
// for SERVE_TIME: its link numbers and the ids it used. Calls and handlers that
// still name it come first.
func (m *Machine) forgetDue(p *peer) {
	if p.pending > 0 || p.serving > 0 {
		m.setTimer(p, timerForget, m.now.Add(m.cfg.Timing.Serve))
		return
	}
	m.remove(p)
}

// evict forgets the peer that has been forgettable for longest, to make room.
func (m *Machine) evict() bool {
	for slot := m.idleFirst; slot != noSlot; slot = m.peers[slot].next {
		if p := m.peers[slot]; p.pending == 0 && p.serving == 0 {
			m.remove(p)
			return true
		}
	}
	return false
}

func (m *Machine) remove(p *peer) {
	for kind := range p.timers {
		m.disarm(&p.timers[kind])
	}
	m.idleRemove(p)
	delete(m.byName, p.name)
	m.last = nil
	m.peers[p.slot] = nil
	m.freePeers = append(m.freePeers, p.slot)
}

func (m *Machine) idlePush(p *peer) {
	p.idle, p.prev, p.next = true, m.idleLast, noSlot
	if p.prev == noSlot {
		m.idleFirst = p.slot
	} else {
		m.peers[p.prev].next = p.slot
	}
	m.idleLast = p.slot
}

func (m *Machine) idleRemove(p *peer) {
	if !p.idle {
		return
	}
	p.idle = false
	if p.prev == noSlot {
		m.idleFirst = p.next
	} else {
		m.peers[p.prev].next = p.next
	}
	if p.next == noSlot {
		m.idleLast = p.prev
	} else {
		m.peers[p.next].prev = p.prev
	}
}
