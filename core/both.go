package core

// Both halves of a peer can be up at once: after crossing dials, and while a
// dial drains. This file decides which one stays.

// servingBegan follows up a JOIN that made the listening half serve a new link.
//
// PROTOCOL 3.5: "It ends our own dial only if that dial has not sent its JOIN yet."
func (m *Machine) servingBegan(p *peer) {
	d, t := &p.dialling, &m.cfg.Timing
	in := inServing
	if d.beforeJoin() {
		in = inServingYet
	}
	linked := p.linked()
	before := d.state
	d.answered = false // 5.3 asks for a TOCK from now on
	if !m.moveDialling(p, in, 0) {
		return
	}
	switch d.state {
	case Idle:
		if linked {
			m.out.hangUp(p.name, p.diallingLink())
		}
		m.timers.stopDialling(p)
		return
	case Handshake:
		m.timers.stop(p, timerPhase) // the answer is due sooner
	case Check:
		if before == Connected {
			// PROTOCOL 5.1: "Each end sends a TICK on its dial."
			m.timers.stop(p, timerTick)
			m.timers.set(p, timerTock, m.now.Add(t.Live))
			m.sendTick(p)
		}
	}
	// PROTOCOL 5.2: "A dial that is not answered within 2 s is hung up while the
	// other half serves."
	m.timers.set(p, timerAnswer, m.now.Add(t.Answer))
}

// claimRole lets the peer's dial take over from ours.
//
// PROTOCOL 5.3: "Both healthy: the lower name keeps its dial. The higher name
// drains its own once a frame on the listening half, later than its STAY, has
// proven the lower's dial."
func (m *Machine) claimRole(p *peer) {
	if p.listening.state != Serving || !p.listening.proven || m.cfg.Name < p.name {
		return
	}
	if !p.dialling.healthy() {
		return
	}
	m.moveDialling(p, inProven, 0)
	m.timers.stopDialling(p)
	p.dialling.overdue = false
	m.timers.set(p, timerDrain, m.now.Add(m.cfg.Timing.Join))
}

// drainDue hangs a draining dial up when nothing needs it any more.
//
// PROTOCOL 5.4: "A dial that loses its role takes no new requests and is hung
// up when no call known to be pending uses it, not before JOIN_TIME and not
// after SERVE_TIME."
func (m *Machine) drainDue(p *peer) {
	rest := max(m.cfg.Timing.Serve-m.cfg.Timing.Join, 0)
	if p.dialling.uses > 0 && !p.dialling.overdue && rest > 0 {
		p.dialling.overdue = true
		m.timers.set(p, timerDrain, m.now.Add(rest))
		return
	}
	m.out.hangUp(p.name, p.diallingLink())
	m.moveDialling(p, inDrained, 0)
	m.dialOver(p, CauseReplaced)
}

// undrain gives a draining dial its role back: the other half has ended.
func (m *Machine) undrain(p *peer) {
	m.moveDialling(p, inUndrain, 0)
	m.timers.stop(p, timerDrain)
	m.timers.set(p, timerTock, m.now.Add(m.cfg.Timing.Live))
	m.sendTick(p)
}
