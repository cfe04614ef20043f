package core

// Both halves of a peer can be up at once: after crossing dials, and while a
// dial drains. This file decides which one stays.

// servingBegan follows up a JOIN that made the listening half serve a new link.
//
// PROTOCOL 3.5: "It ends our own dial only if that dial has not sent its JOIN yet."
func (m *Machine) servingBegan(p *peer) {
	d, t := &p.dial, &m.cfg.Timing
	in := inServing
	switch d.state {
	case Waiting, Reaching, Probe:
		in = inServingYet
	case Handshake:
		if !d.joinSent {
			in = inServingYet
		}
	}
	linked := p.dialling()
	before := d.state
	d.answered = false // 5.3 asks for a TOCK from now on
	if !m.moveDial(p, in, 0) {
		return
	}
	switch d.state {
	case Idle:
		if linked {
			m.closeLink(p)
		}
		m.stopDialTimers(p)
		return
	case Handshake:
		m.stopTimer(p, timerPhase) // the answer is due sooner
	case Check:
		if before == Connected {
			// PROTOCOL 5.1: "Each end sends a TICK on its dial."
			m.stopTimer(p, timerTick)
			m.setTimer(p, timerTock, m.now.Add(t.Live))
			m.sendTick(p)
		}
	}
	// PROTOCOL 5.2: "A dial that is not answered within 2 s is hung up while the
	// other half serves."
	m.setTimer(p, timerAnswer, m.now.Add(t.Answer))
}

// claimRole lets the peer's dial take over from ours.
//
// PROTOCOL 5.3: "Both healthy: the lower name keeps its dial. The higher name
// drains its own once a frame on the listening half, later than its STAY, has
// proven the lower's dial."
func (m *Machine) claimRole(p *peer) {
	if p.listen.state != Serving || !p.listen.proven || m.cfg.Name < p.name {
		return
	}
	switch p.dial.state {
	case Connected, Check:
	default:
		return
	}
	m.moveDial(p, inProven, 0)
	m.stopDialTimers(p)
	p.dial.cut = false
	m.setTimer(p, timerDrain, m.now.Add(m.cfg.Timing.Join))
}

// drainDue hangs a draining dial up when nothing needs it any more.
//
// PROTOCOL 5.4: "A dial that loses its role takes no new requests and is hung
// up when no call known to be pending uses it, not before JOIN_TIME and not
// after SERVE_TIME."
func (m *Machine) drainDue(p *peer) {
	rest := max(m.cfg.Timing.Serve-m.cfg.Timing.Join, 0)
	if p.dial.uses > 0 && !p.dial.cut && rest > 0 {
		p.dial.cut = true
		m.setTimer(p, timerDrain, m.now.Add(rest))
		return
	}
	m.closeLink(p)
	m.moveDial(p, inDrained, 0)
	m.dialOver(p, CauseReplaced)
}

// release notes that one call less needs link.
func (m *Machine) release(p *peer, link Link) {
	d := &p.dial
	if link != p.dialLink() || d.uses == 0 {
		return
	}
	d.uses--
	if d.state == Draining && d.cut && d.uses == 0 {
		m.drainDue(p)
	}
}

// hold notes that one call more needs link.
func (p *peer) hold(link Link) {
	if link.Half == Dialling {
		p.dial.uses++
	}
}

// undrain gives a draining dial its role back: the other half has ended.
func (m *Machine) undrain(p *peer) {
	m.moveDial(p, inUndrain, 0)
	m.stopTimer(p, timerDrain)
	m.setTimer(p, timerTock, m.now.Add(m.cfg.Timing.Live))
	m.sendTick(p)
}

// route returns the link that new requests to p go by, and whether p runs a
// request of that link at most once. It needs an active peer.
//
// PROTOCOL 5.3: "Until the lower's dial is proven, new requests go from the
// lower name by the listening half and from the higher name by its dial; then
// both use the lower's dial."
func (m *Machine) route(p *peer) (link Link, met bool) {
	dial := p.dial.state == Connected || p.dial.state == Check
	if dial && p.listen.state == Serving {
		if m.cfg.Name < p.name {
			dial = p.dial.answered
		} else {
			dial = !p.listen.proven
		}
	}
	link = p.listenLink()
	if dial {
		link = p.dialLink()
	}
	return link, p.offers(link, extAtMostOnce)
}

// carries says whether link is accepted and can still bring a reply.
func (p *peer) carries(link Link) bool {
	if link.Half == Listening {
		return p.listen.state == Serving && link.N == p.listen.n
	}
	return p.dial.established() && link.N == p.dial.n
}
