package core

import "time"

// dialling says whether the dialling half has a link, or is opening one, whose
// frames count.
func (p *peer) dialling() bool {
	switch p.dial.state {
	case Idle, Waiting:
		return false
	case Reaching: // between two attempts there is none
		return p.armed(timerReach)
	}
	return true
}

func (p *peer) dialLink() Link   { return Link{Dialling, p.dial.n} }
func (p *peer) listenLink() Link { return Link{Listening, p.listen.n} }

// connect takes in the user's wish to be connected to a peer.
func (m *Machine) connect(ev *Event) {
	switch p := m.byName[ev.Peer]; {
	case ev.Peer == m.cfg.Name:
		m.refuse(ev, RefuseOwnName)
		return
	case !LegalName(ev.Peer):
		m.refuse(ev, RefuseName)
		return
	case ev.Address == "":
		m.refuse(ev, RefuseInvalid)
		return
	case p != nil && p.address != "":
		m.refuse(ev, RefuseConnected)
		return
	}
	p := m.peerNamed(ev.Peer)
	if p == nil {
		m.refuse(ev, RefuseBusy)
		return
	}
	p.address = ev.Address
	// PROTOCOL 9.4: "A peer that already serves is dialled when neither half is up."
	if p.listen.state != Serving && m.moveDial(p, inConnect, 0) {
		p.dial.k, p.dial.pause = 0, 0
		m.setTimer(p, timerDial, m.now.Add(m.cfg.Timing.FirstStart))
	}
	m.settle(p, 0)
}

// dialDue: the wait between phases is over, or the pause between two attempts.
func (m *Machine) dialDue(p *peer) {
	if p.dial.state == Reaching {
		m.dialNow(p)
		return
	}
	m.moveDial(p, inDial, 0)
	p.dial.pause = 0
	m.startPhase(p)
}

// startPhase begins a dial phase.
//
// PROTOCOL 6.1: "A phase is MAXIMUM_JOINS periods of JOIN_TIME, whether or not
// a JOIN could go out."
func (m *Machine) startPhase(p *peer) {
	p.dial.joins = 0
	if p.ours { // PROTOCOL 11.2 holds for old peers, and those we don't know yet
		p.dial.nextJoin = m.now
	}
	m.armPhase(p)
	m.redial(p)
}

func (m *Machine) armPhase(p *peer) {
	t := &m.cfg.Timing
	m.setTimer(p, timerPhase, m.now.Add(time.Duration(t.JoinsMax)*t.Join))
}

// redial dials again within a phase: at once, or after a pause.
//
// PROTOCOL 6.2: "A refused or lost connection is dialled again after 100 ms,
// doubling to 800 ms, with 10 % jitter."
func (m *Machine) redial(p *peer) {
	t := &m.cfg.Timing
	pause := p.dial.pause
	p.dial.pause = int64(min(max(t.RedialMin, 2*time.Duration(pause)), t.RedialMax))
	if pause == 0 {
		m.dialNow(p)
		return
	}
	jittered := pause/10*9 + int64(m.random(uint64(pause/5+1)))
	m.setTimer(p, timerDial, m.now.Add(time.Duration(jittered)))
}

func (m *Machine) dialNow(p *peer) {
	m.dialSeq++
	d := &p.dial
	d.n, d.uses, d.tickBase = m.dialSeq, 0, d.tick
	d.joinSent, d.answered, d.known, d.met = false, false, false, false
	wait := m.cfg.Timing.Join // PROTOCOL 6.2: "A connection not up within JOIN_TIME has failed."
	if !m.cfg.LinksReported {
		wait = m.cfg.Timing.FirstJoin
	}
	m.setTimer(p, timerReach, m.now.Add(wait))
	m.stats.Dials++
	a := m.emit(ActDial)
	a.Peer, a.Link, a.Address = p.name, p.dialLink(), p.address
}

// reachDue: a dial has taken too long; where nobody reports links it is now
// taken to have succeeded.
func (m *Machine) reachDue(p *peer) {
	if !m.cfg.LinksReported {
		m.dialUp(p)
		return
	}
	m.closeLink(p)
	m.dialEnded(p, CauseUnreachable)
}

func (m *Machine) linkUp(ev *Event) {
	p := m.byName[ev.Peer]
	// A listening link matters when it joins. One that we gave up meanwhile, or
	// that was up before, changes nothing.
	if p == nil || ev.Link != p.dialLink() || !p.armed(timerReach) {
		return
	}
	m.stopTimer(p, timerReach)
	m.dialUp(p)
}

// dialUp: the link is there, so JOIN goes out.
//
// PROTOCOL 3.4: "To an old peer that has accepted this incarnation of us and was
// heard less than SERVE_TIME ago a TICK goes first, and JOIN only after 1 s
// without a TOCK."
func (m *Machine) dialUp(p *peer) {
	t := &m.cfg.Timing
	if !p.ours && p.dial.accepted && m.now.Sub(p.dial.heard) < t.Serve {
		m.moveDial(p, inUpResume, 0)
		m.sendTick(p)
		m.setTimer(p, timerJoin, m.now.Add(t.Resume))
		return
	}
	m.moveDial(p, inUp, 0)
	m.joinDue(p)
}

// joinDue sends JOIN, if the phase has one left.
//
// PROTOCOL 3.3: "JOIN is repeated every JOIN_TIME until STAY or PART, at most
// MAXIMUM_JOINS times a dial phase."
func (m *Machine) joinDue(p *peer) {
	d := &p.dial
	switch d.state {
	case Probe:
		m.moveDial(p, inUnresumed, 0)
	case Limbo:
		m.joinFromLimbo(p)
		return
	}
	if m.now < d.nextJoin {
		m.setTimer(p, timerJoin, d.nextJoin)
		return
	}
	if d.joins >= m.cfg.Timing.JoinsMax {
		return // the end of the phase decides
	}
	d.joins++
	d.joinSent = true
	d.nextJoin = m.now.Add(m.cfg.Timing.Join)
	m.setTimer(p, timerJoin, d.nextJoin)
	m.sendJoin(p)
}

func (m *Machine) sendJoin(p *peer) {
	m.send(p, p.dialLink(), JOIN).Body = m.bytes(m.cfg.Network)
}

// joinFromLimbo joins an old peer again that has ignored our TICKs for long.
//
// PROTOCOL 4.5: "In Limbo JOIN is repeated every SERVE_TIME + LIVE_TIME." An
// original whose entry for us has run out ignores TICK for ever, and serves at
// once after a JOIN; one that still waits is not made to wait longer by it. One
// that has just begun to serve falls into limbo again, for SERVE_TIME at most,
// which is why the next JOIN leaves it LIVE_TIME more to answer a TICK.
func (m *Machine) joinFromLimbo(p *peer) {
	m.setTimer(p, timerJoin, m.limboJoin())
	p.dial.nextJoin = m.now.Add(m.cfg.Timing.Join)
	m.sendJoin(p)
}

func (m *Machine) limboJoin() Instant {
	return m.now.Add(m.cfg.Timing.Serve + m.cfg.Timing.Live)
}

// phaseOver gives a dial phase up.
//
// PROTOCOL 6.3: "After a failed phase the next one begins RETRY_TIME << k
// later; k rises by one, to at most MAXIMUM_BACKOFF."
func (m *Machine) phaseOver(p *peer) {
	m.hangUp(p)
	m.moveDial(p, inPhaseOver, 0)
	m.stopDialTimers(p)
	m.backOff(p)
}

func (m *Machine) backOff(p *peer) {
	m.setTimer(p, timerDial, m.now.Add(m.cfg.Timing.Retry<<p.dial.k))
	p.dial.k = min(p.dial.k+1, uint8(m.cfg.Timing.BackoffMax))
}

// hangUp closes our link, if there is one or one is being opened.
func (m *Machine) hangUp(p *peer) {
	if p.dialling() {
		m.closeLink(p)
	}
}

func (m *Machine) closeLink(p *peer) {
	a := m.emit(ActHangUp)
	a.Peer, a.Link = p.name, p.dialLink()
}

func (m *Machine) linkLost(ev *Event) {
	p := m.byName[ev.Peer]
	switch {
	case p == nil:
		// Nobody we know: an accepted link that never joined.
	case ev.Link.Half == Listening:
		p.listen.gone = max(p.listen.gone, ev.Link.N)
		if ev.Link == p.listenLink() && m.moveListen(p, inGone, ev.Link, 0) {
			m.listenEnded(p, ev.Cause)
		}
	case ev.Link == p.dialLink() && p.dialling():
		m.dialEnded(p, ev.Cause)
	}
}

// endDial gives our link up.
func (m *Machine) endDial(p *peer, cause Cause) {
	m.closeLink(p)
	m.dialEnded(p, cause)
}

// dialEnded follows up the end of our link, or of an attempt at one.
//
// PROTOCOL 6.4: "Any loss of an established link starts a new phase at once;
// the pause falls back only after JOIN_TIME of health." DEVIATION D13: an
// original waits for RETRY_TIME and more.
func (m *Machine) dialEnded(p *peer, cause Cause) {
	established := p.dial.established()
	if p.listen.state == Serving {
		m.moveDial(p, inLostServed, 0)
		m.dialOver(p, cause)
		return
	}
	m.moveDial(p, inLost, 0)
	m.stopLinkTimers(p)
	m.dialAgain(p, established, 0)
	m.settle(p, cause)
}

// established says whether the peer has accepted this link.
func (d *dialHalf) established() bool {
	switch d.state {
	case Limbo, Connected, Check, Draining:
		return true
	}
	return false
}

// dialAgain begins a new phase after an established link, and goes on with the
// present one after an attempt; not without the least pause.
func (m *Machine) dialAgain(p *peer, established bool, least time.Duration) {
	if established && m.now.Sub(p.dial.healthy) >= m.cfg.Timing.Join {
		p.dial.pause = 0
	}
	p.dial.pause = max(p.dial.pause, int64(least))
	if established {
		m.startPhase(p)
	} else {
		m.redial(p)
	}
}

// dialOver follows up a dialling half that went Idle: the other half carries
// what this one did.
func (m *Machine) dialOver(p *peer, cause Cause) {
	m.stopDialTimers(p)
	m.settle(p, cause)
	m.resend(p)
}

// stopDialTimers disarms every timer of the dialling half.
func (m *Machine) stopDialTimers(p *peer) {
	m.stopLinkTimers(p)
	m.stopTimer(p, timerPhase)
}

// stopLinkTimers disarms those that are about the present link or attempt.
func (m *Machine) stopLinkTimers(p *peer) {
	for _, kind := range [...]timerKind{timerDial, timerReach, timerJoin, timerTick, timerTock, timerAnswer, timerDrain} {
		m.stopTimer(p, kind)
	}
}
