package core

import "slices"

// startCall asks every addressed peer that is active.
func (m *Machine) startCall(ev *Event) {
	switch {
	case m.calls.named(ev.Call) != nil:
		m.out.refuse(ev, RefuseCallInUse)
		return
	case ev.Timeout <= 0:
		m.out.refuse(ev, RefuseTimeout)
		return
	case len(ev.Head) > m.cfg.Limits.HeadBytesMax:
		m.out.refuse(ev, RefuseHead)
		return
	case !m.cfg.Limits.fits(ev):
		m.out.refuse(ev, RefuseTooLarge)
		return
	case m.calls.pending() >= m.cfg.Limits.CallsMax:
		m.out.refuse(ev, RefuseBusy)
		return
	}
	m.out.stats.Calls++
	c := m.calls.alloc()
	c.handle, c.method, c.body, c.idempotent = ev.Call, ev.Method, ev.Body, ev.Idempotent
	c.head, c.tellDeadline, c.deadline = ev.Head, ev.TellDeadline, m.now.Add(ev.Timeout)
	c.rows = m.peers.appendAddressed(c.rows[:0], ev.To)
	m.reportUnknown(c, ev.To)
	m.calls.register(c)
	for i := range c.rows {
		m.ask(c, &c.rows[i])
	}
	// PROTOCOL 7.3: "With nothing sent the call is over at once."
	if c.pending == 0 {
		m.endCall(c)
		return
	}
	m.timers.setCall(&c.timer, c.deadline)
}

// reportUnknown gives the addressed names that no peer has their outcome, each
// once.
func (m *Machine) reportUnknown(c *call, to []string) {
	for i, name := range to {
		if name != m.cfg.Name && m.peers.find(name) == nil && !slices.Contains(to[:i], name) {
			m.out.result(c.handle, name, NotConnected)
		}
	}
}

// ask sends a call to the peer of a row, if that is active.
func (m *Machine) ask(c *call, r *row) {
	p := m.peers.slots[r.peer]
	if !p.active() {
		m.out.result(c.handle, p.name, NotConnected)
		return
	}
	r.pending = true
	c.pending++
	p.pending++
	m.transmit(p, c, r)
}

// transmit sends a call by the link that is right at this moment.
func (m *Machine) transmit(p *peer, c *call, r *row) {
	before := r.link // the one that it went by before, if any
	r.link, r.atMostOnce = p.route(m.cfg.Name)
	r.incarnation, _ = p.toldOn(r.link)
	p.addUse(r.link)
	a := m.send(p, r.link, CALL)
	a.ID, a.Method, a.Body = c.id, c.method, c.body
	m.addHead(p, a, c.head, m.leftOf(c))
	m.linkUnused(p, before)
}

// resend looks after the calls to p whose link is gone.
//
// PROTOCOL 8.3: "A CALL is sent again only over a new link to the same
// incarnation of the callee, which will not run it twice", or if the callee has said
// that it did not run it. DEVIATION D5: an old peer is never sent a request twice,
// unless the caller said it may.
func (m *Machine) resend(p *peer) {
	if p.pending == 0 || !p.active() {
		return
	}
	link, atMostOnce := p.route(m.cfg.Name)
	incarnation, told := p.toldOn(link)
	m.calls.eachPending(p, func(c *call, r *row) {
		switch {
		case p.carries(r.link):
		case c.idempotent, r.unrun, r.atMostOnce && atMostOnce && r.incarnation == incarnation:
			m.out.stats.Resends++
			r.resent, r.unrun = true, false
			m.transmit(p, c, r)
		case told && r.incarnation != 0 && r.incarnation != incarnation:
			m.endRow(c, r, Restarted)
		}
	})
}

// unsend notes that the link of a row won't bring the reply any more, though it
// goes on; resend finds another.
func (m *Machine) unsend(p *peer, r *row) {
	before := r.link
	r.link = Link{}
	m.linkUnused(p, before)
}

// linkUnused notes that one call or request less needs link, and hangs up a
// draining link that has waited for it.
func (m *Machine) linkUnused(p *peer, link Link) {
	if p.dropUse(link) {
		m.drainDue(p)
	}
}

// back handles a reply.
//
// PROTOCOL 7.5: "A BACK counts if its id is that of a pending call, its sender
// was asked and has not answered, and it repeats the method." DEVIATION D7: an
// original takes any BACK with a pending id, from anyone.
func (m *Machine) back(p *peer, link Link, payload *Payload, head []byte) {
	c := m.calls.withID(payload.ID)
	if c == nil {
		if link.Half == Listening && payload.ID == p.listening.nudge {
			return // the answer to our nudge; being heard was its purpose
		}
		m.out.drop(p.name, link, BACK, DropLate)
		return
	}
	r := c.row(p.slot)
	switch {
	case r == nil:
		m.out.drop(p.name, link, BACK, DropForeign)
		return
	case !r.pending:
		m.out.drop(p.name, link, BACK, DropLate)
		return
	case string(payload.Method) != string(c.method):
		m.out.drop(p.name, link, BACK, DropMismatch)
		return
	}
	a := m.out.result(c.handle, p.name, payload.outcome())
	switch a.Outcome {
	case Failed:
		a.Err = payload.Err
	case Replied:
		a.Body = payload.Rest
	}
	a.Head = head
	m.rowOver(c, r)
}

// endRow gives a pending row its outcome, and ends the call with the last one.
func (m *Machine) endRow(c *call, r *row, why Outcome) {
	m.out.result(c.handle, m.peers.slots[r.peer].name, why)
	m.rowOver(c, r)
}

// rowOver follows up the outcome of a pending row.
func (m *Machine) rowOver(c *call, r *row) {
	p := m.peers.slots[r.peer]
	r.pending = false
	c.pending--
	p.pending--
	m.linkUnused(p, r.link)
	if c.pending == 0 {
		m.endCall(c)
	}
}

// endCall forgets a call that has all its outcomes.
func (m *Machine) endCall(c *call) {
	m.timers.stopCall(&c.timer)
	m.calls.unregister(c)
	m.out.emit(ActDone).Call = c.handle
	m.calls.free(c)
}

// callTimeout ends a call. DEVIATION D1: nothing is sent again because of it.
func (m *Machine) callTimeout(c *call) { m.giveUp(c, Silent) }

// giveUp ends every pending row of a call with the same outcome.
//
// PROTOCOL 8.5: "VOID tells a peer of ours that nobody waits for its reply any more."
func (m *Machine) giveUp(c *call, why Outcome) {
	id := c.id
	for i := range c.rows {
		r := &c.rows[i]
		if !r.pending {
			continue
		}
		if p := m.peers.slots[r.peer]; p.carries(r.link) && p.understands(r.link, extVoid) && why != Closed {
			m.send(p, r.link, VOID).ID = id
		}
		last := c.pending == 1
		m.endRow(c, r, why)
		if last {
			return // c is free again
		}
	}
}

// cancelCall gives a call up at the user's wish.
func (m *Machine) cancelCall(ev *Event) {
	c := m.calls.named(ev.Call)
	if c == nil {
		m.out.refuse(ev, RefuseNoCall)
		return
	}
	m.giveUp(c, Canceled)
}

// cast sends a request that wants no reply.
func (m *Machine) cast(ev *Event) {
	switch {
	case len(ev.Head) > m.cfg.Limits.HeadBytesMax:
		m.out.refuse(ev, RefuseHead)
		return
	case !m.cfg.Limits.fits(ev):
		m.out.refuse(ev, RefuseTooLarge)
		return
	}
	m.out.stats.Casts++
	c := m.calls.alloc() // its rows name the addressed peers, each once
	c.rows = m.peers.appendAddressed(c.rows[:0], ev.To)
	id := m.calls.nextID()
	for i := range c.rows {
		p := m.peers.slots[c.rows[i].peer]
		if !p.active() {
			continue
		}
		link, _ := p.route(m.cfg.Name)
		a := m.send(p, link, CAST)
		a.ID, a.Method, a.Body = id, ev.Method, ev.Body
		m.addHead(p, a, ev.Head, 0)
	}
	m.calls.free(c)
}
