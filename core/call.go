package core

import (
	"cmp"
	"slices"
)

// call is a pending call of our user, and the machine's memory of whom it asked.
type call struct {
	live       bool
	idempotent bool
	handle     CallID
	id         uint32
	slot       int32
	pending    int32 // rows without an outcome
	timer      int32 // its position in the heap, or inList, with
	prev, next int32 // the neighbours there, slots,
	due        Instant
	seq        uint64 // and what timerItem calls so
	method     []byte
	body       []byte
	rows       []row // by slot of peer
}

// row is one addressed peer of a call.
type row struct {
	peer    int32
	pending bool
	met     bool // requests were run at most once on link
	resent  bool // the CALL went out more than once
	link    Link // the CALL went by it; zero where no link can bring the reply
	// incarnation of the callee that was asked; zero while unknown.
	incarnation uint64
}

// nextID returns a call id that no pending call has.
//
// PROTOCOL 7.2: "Call ids rise by one from a random start; zero is never used."
func (m *Machine) nextID() uint32 {
	for {
		m.lastID++
		if _, taken := m.byID.get(m.lastID); m.lastID != 0 && !taken {
			return m.lastID
		}
	}
}

// fits says whether a request with this method and body is within the limits.
func (m *Machine) fits(ev *Event) bool {
	const headBytesMax = 32 // id and the two gob headers, rounded up
	return len(ev.Method) <= m.cfg.Limits.MethodBytesMax &&
		len(ev.Body)+len(ev.Method)+headBytesMax <= m.cfg.Limits.BodyBytesMax
}

// startCall asks every addressed peer that is active.
func (m *Machine) startCall(ev *Event) {
	_, inUse := m.byCall.get(ev.Call)
	switch {
	case inUse:
		m.refuse(ev, RefuseCallInUse)
		return
	case ev.Timeout <= 0:
		m.refuse(ev, RefuseTimeout)
		return
	case !m.fits(ev):
		m.refuse(ev, RefuseTooLarge)
		return
	case m.byCall.n >= m.cfg.Limits.CallsMax:
		m.refuse(ev, RefuseBusy)
		return
	}
	m.stats.Calls++
	slot := m.newCall()
	c := &m.calls[slot]
	c.handle, c.method, c.body, c.idempotent = ev.Call, ev.Method, ev.Body, ev.Idempotent
	m.address(c, ev.To, true)
	c.id = m.nextID()
	m.byID.add(c.id, slot)
	m.byCall.add(c.handle, slot)
	for i := range c.rows {
		m.ask(c, &c.rows[i])
	}
	// PROTOCOL 7.3: "With nothing sent the call is over at once."
	if c.pending == 0 {
		m.endCall(slot)
		return
	}
	m.armCall(slot, m.now.Add(ev.Timeout))
}

func (m *Machine) newCall() int32 {
	if n := len(m.freeCalls); n > 0 {
		slot := m.freeCalls[n-1]
		m.freeCalls = m.freeCalls[:n-1]
		m.calls[slot].live = true
		return slot
	}
	slot := int32(len(m.calls))
	m.calls = append(m.calls, call{live: true, timer: notArmed, slot: slot})
	return slot
}

// address fills c.rows with the addressed peers in the order of their slots,
// each once. If report is set, unknown names get their outcome here.
func (m *Machine) address(c *call, to []string, report bool) {
	c.rows = c.rows[:0]
	if len(to) == 0 {
		for slot, p := range m.peers {
			if p != nil && p.active() {
				c.rows = append(c.rows, row{peer: int32(slot)})
			}
		}
		return
	}
	for i, name := range to {
		if name == m.cfg.Name {
			continue
		}
		if p := m.known(name); p != nil {
			c.rows = append(c.rows, row{peer: p.slot})
		} else if report && !slices.Contains(to[:i], name) {
			m.outcome(c, name, NotConnected)
		}
	}
	if len(c.rows) > 1 {
		slices.SortFunc(c.rows, func(a, b row) int { return cmp.Compare(a.peer, b.peer) })
		c.rows = slices.CompactFunc(c.rows, func(a, b row) bool { return a.peer == b.peer })
	}
}

// ask sends a call to the peer of a row, if that is active.
func (m *Machine) ask(c *call, r *row) {
	p := m.peers[r.peer]
	if !p.active() {
		m.outcome(c, p.name, NotConnected)
		return
	}
	r.pending = true
	c.pending++
	p.pending++
	m.transmit(p, c, r)
}

// transmit sends a call by the link that is right now.
func (m *Machine) transmit(p *peer, c *call, r *row) {
	before := r.link // the one that it went by before, if any
	r.link, r.met = m.route(p)
	r.incarnation, _ = p.toldOn(r.link)
	p.hold(r.link)
	a := m.send(p, r.link, CALL)
	a.ID, a.Method, a.Body = c.id, c.method, c.body
	m.release(p, before)
}

// resend looks after the calls to p whose link is gone.
//
// PROTOCOL 8.3: "A CALL is sent again only over a new link to the same
// incarnation of the callee, which will not run it twice." DEVIATION D5: an old
// peer is never sent a request twice, unless the caller said it may.
func (m *Machine) resend(p *peer) {
	if p.pending == 0 || !p.active() {
		return
	}
	link, met := m.route(p)
	told, known := p.toldOn(link)
	m.eachPending(p, func(c *call, r *row) {
		switch {
		case p.carries(r.link):
		case c.idempotent, r.met && met && r.incarnation == told:
			m.stats.Resends++
			r.resent = true
			m.transmit(p, c, r)
		case known && r.incarnation != 0 && r.incarnation != told:
			m.endRow(c, r, Restarted)
		}
	})
}

// unsend notes that the link of a row won't bring the reply any more, though it
// goes on; resend finds another.
func (m *Machine) unsend(p *peer, r *row) {
	before := r.link
	r.link = Link{}
	m.release(p, before)
}

// eachPending calls f for every row of a pending call that waits for p, in the
// order of the calls' slots. It walks all pending calls, which links lost and
// restarts can afford.
func (m *Machine) eachPending(p *peer, f func(*call, *row)) {
	if p.pending == 0 {
		return
	}
	for slot := range m.calls {
		c := &m.calls[slot]
		if !c.live {
			continue
		}
		if r := c.row(p.slot); r != nil && r.pending {
			f(c, r)
		}
	}
}

// row returns the row of a peer, nil if it was not asked.
func (c *call) row(peer int32) *row {
	from, to := 0, len(c.rows)
	for from < to {
		if i := (from + to) / 2; c.rows[i].peer < peer {
			from = i + 1
		} else {
			to = i
		}
	}
	if from == len(c.rows) || c.rows[from].peer != peer {
		return nil
	}
	return &c.rows[from]
}

// back takes in a reply.
//
// PROTOCOL 7.5: "A BACK counts if its id is that of a pending call, its sender
// was asked and has not answered, and it repeats the method." DEVIATION D7: an
// original takes any BACK with a pending id, from anyone.
func (m *Machine) back(p *peer, link Link, payload *Payload) {
	slot, ok := m.byID.get(payload.ID)
	if !ok {
		if link.Half == Listening && payload.ID == p.listen.nudge {
			return // the answer to our nudge; being heard was its purpose
		}
		m.drop(p.name, link, BACK, DropLate)
		return
	}
	c := &m.calls[slot]
	r := c.row(p.slot)
	switch {
	case r == nil:
		m.drop(p.name, link, BACK, DropForeign)
		return
	case !r.pending:
		m.drop(p.name, link, BACK, DropLate)
		return
	case string(payload.Method) != string(c.method):
		m.drop(p.name, link, BACK, DropMismatch)
		return
	}
	switch {
	case !payload.HasErr: // PROTOCOL 7.7: "A BACK without an error text: the peer could not run it."
		m.outcome(c, p.name, Unserved)
	case len(payload.Err) > 0:
		m.outcome(c, p.name, Failed).Err = payload.Err
	default:
		m.outcome(c, p.name, Replied).Body = payload.Rest
	}
	m.rowOver(c, r)
}

// endRow gives a pending row its outcome, and ends the call with the last one.
func (m *Machine) endRow(c *call, r *row, why Outcome) {
	m.outcome(c, m.peers[r.peer].name, why)
	m.rowOver(c, r)
}

// rowOver follows up the outcome of a pending row.
func (m *Machine) rowOver(c *call, r *row) {
	p := m.peers[r.peer]
	r.pending = false
	c.pending--
	p.pending--
	m.release(p, r.link)
	if c.pending == 0 {
		m.endCall(c.slot)
	}
}

// outcome emits what became of a call at one peer, for the caller to add what
// came with it.
func (m *Machine) outcome(c *call, name string, what Outcome) *Action {
	m.stats.Outcomes[what]++
	a := m.emit(ActResult)
	a.Call, a.Peer, a.Outcome = c.handle, name, what
	return a
}

// endCall forgets a call that has all its outcomes.
func (m *Machine) endCall(slot int32) {
	c := &m.calls[slot]
	m.disarmCall(c)
	m.byID.remove(c.id)
	m.byCall.remove(c.handle)
	m.emit(ActDone).Call = c.handle
	m.freeCall(slot)
}

func (m *Machine) freeCall(slot int32) {
	rows := m.calls[slot].rows
	if cap(rows) > rowsKept {
		rows = nil
	}
	m.calls[slot] = call{timer: notArmed, slot: slot, rows: rows[:0]}
	m.freeCalls = append(m.freeCalls, slot)
}

// rowsKept bounds the memory that a finished call leaves to the next one.
const rowsKept = 1024

// callTimeout ends a call. DEVIATION D1: nothing is sent again because of it.
func (m *Machine) callTimeout(slot int32) { m.giveUp(slot, Silent) }

// giveUp ends every pending row of a call with the same outcome.
//
// PROTOCOL 8.5: "VOID tells a peer of ours that nobody waits for its reply any more."
func (m *Machine) giveUp(slot int32, why Outcome) {
	c := &m.calls[slot]
	id := c.id
	for i := range c.rows {
		r := &c.rows[i]
		if !r.pending {
			continue
		}
		if p := m.peers[r.peer]; p.carries(r.link) && p.offers(r.link, extVoid) && why != Closed {
			m.send(p, r.link, VOID).ID = id
		}
		last := c.pending == 1
		m.endRow(c, r, why)
		if last {
			return // c is free again
		}
	}
}

func (m *Machine) cancelCall(ev *Event) {
	slot, ok := m.byCall.get(ev.Call)
	if !ok {
		m.refuse(ev, RefuseNoCall)
		return
	}
	m.giveUp(slot, Canceled)
}

// cast sends a request that wants no reply.
func (m *Machine) cast(ev *Event) {
	if !m.fits(ev) {
		m.refuse(ev, RefuseTooLarge)
		return
	}
	m.stats.Casts++
	slot := m.newCall() // its rows name the addressed peers, each once
	c := &m.calls[slot]
	m.address(c, ev.To, false)
	id := m.nextID()
	for i := range c.rows {
		p := m.peers[c.rows[i].peer]
		if !p.active() {
			continue
		}
		link, _ := m.route(p)
		a := m.send(p, link, CAST)
		a.ID, a.Method, a.Body = id, ev.Method, ev.Body
	}
	m.freeCall(slot)
}
