package core

import "time"

// connect handles the user's wish to be connected to a peer.
func (m *Machine) connect(ev *Event) {
	switch p := m.peers.find(ev.Peer); {
	case ev.Peer == m.cfg.Name:
		m.out.refuse(ev, RefuseOwnName)
		return
	case !LegalName(ev.Peer):
		m.out.refuse(ev, RefuseName)
		return
	case ev.Address == "":
		m.out.refuse(ev, RefuseInvalid)
		return
	case p != nil && p.address != "":
		m.out.refuse(ev, RefuseConnected)
		return
	}
	p := m.peerNamed(ev.Peer)
	if p == nil {
		m.out.refuse(ev, RefuseBusy)
		return
	}
	p.address = ev.Address
	// PROTOCOL 9.4: "A peer that already serves is dialled when neither half is up."
	if p.listening.state != Serving && m.moveDialling(p, inConnect, 0) {
		p.dialling.failures, p.dialling.pause = 0, 0
		m.timers.set(p, timerDial, m.now.Add(m.cfg.Timing.FirstStart))
	}
	m.peerChanged(p, 0)
}

// dialDue dials: the wait between dial phases is over, or the pause between two
// attempts.
func (m *Machine) dialDue(p *peer) {
	if p.dialling.state == Reaching {
		m.dialNow(p)
		return
	}
	m.moveDialling(p, inDial, 0)
	p.dialling.pause = 0
	m.startPhase(p)
}

// startPhase begins a dial phase, and dials: at once, or after a pause.
//
// PROTOCOL 6.1: "A phase is MAXIMUM_JOINS periods of JOIN_TIME, whether or not
// a JOIN could go out."
func (m *Machine) startPhase(p *peer) {
	m.beginPhase(p)
	m.redial(p)
}

// beginPhase is startPhase without a dial.
func (m *Machine) beginPhase(p *peer) {
	p.dialling.joins = 0
	if p.ours { // PROTOCOL 11.2 is about old peers, and those that may be
		p.dialling.nextJoin = m.now
	}
	m.timers.set(p, timerPhase, m.now.Add(m.cfg.Timing.dialPhase()))
}

// dialPhase is how long a dial phase lasts.
func (t *Timing) dialPhase() time.Duration { return time.Duration(t.JoinsMax) * t.Join }

// redial dials again within a phase: at once, or after a pause.
//
// PROTOCOL 6.2: "A refused or lost connection is dialled again after 100 ms,
// doubling to 800 ms, with 10 % jitter."
func (m *Machine) redial(p *peer) {
	pause := p.dialling.nextPause(&m.cfg.Timing)
	if pause == 0 {
		m.dialNow(p)
		return
	}
	jittered := pause/10*9 + int64(m.rng.below(uint64(pause/5+1)))
	m.timers.set(p, timerDial, m.now.Add(time.Duration(jittered)))
}

// dialNow begins a new link.
func (m *Machine) dialNow(p *peer) {
	m.dialSeq++
	p.dialling.begin(m.dialSeq)
	wait := m.cfg.Timing.Join // PROTOCOL 6.2: "A connection not up within JOIN_TIME has failed."
	if !m.cfg.LinksReported {
		wait = m.cfg.Timing.FirstJoin
	}
	m.timers.set(p, timerReach, m.now.Add(wait))
	m.out.stats.Dials++
	a := m.out.emit(ActDial)
	a.Peer, a.Link, a.Address = p.name, p.diallingLink(), p.address
}

// reachDue ends the wait for a dial. It has taken too long; where the driver
// reports no links it is taken to have succeeded.
func (m *Machine) reachDue(p *peer) {
	if !m.cfg.LinksReported {
		m.dialUp(p)
		return
	}
	m.out.hangUp(p.name, p.diallingLink())
	m.diallingEnded(p, CauseUnreachable)
}

// linkUp handles a link that is ready. It matters for the dial attempt that is
// under way: a listening link counts from its JOIN, and a dialling link that has
// been given up meanwhile, or was up before, changes nothing.
func (m *Machine) linkUp(ev *Event) {
	p := m.peers.find(ev.Peer)
	if p == nil || ev.Link != p.diallingLink() || !p.armed(timerReach) {
		return
	}
	m.timers.stop(p, timerReach)
	m.dialUp(p)
}

// dialUp sends JOIN, or the TICK that goes before it, on a link that has come up.
func (m *Machine) dialUp(p *peer) {
	wait := m.probeTime(p)
	if wait == 0 {
		m.moveDialling(p, inUp, 0)
		m.joinDue(p)
		return
	}
	m.moveDialling(p, inUpResume, 0)
	m.sendTick(p)
	m.timers.set(p, timerJoin, m.now.Add(wait))
}

// probeTime returns how long a TICK on a new link to p may wait for its answer
// before JOIN goes out, zero if JOIN goes first.
//
// PROTOCOL 3.4: "To a peer that is not known as ours a TICK goes first if it may
// serve us already, and JOIN follows only when it does not answer": an original
// serves by name, an earlier incarnation of us too, and falls into limbo at a JOIN.
func (m *Machine) probeTime(p *peer) time.Duration {
	switch t, d := &m.cfg.Timing, &p.dialling; {
	case p.ours:
		return 0
	case d.heard == 0: // it has not answered this incarnation of us
		return t.FirstJoin
	case d.resumable && m.now.Sub(d.heard) < t.Serve:
		return t.Resume
	}
	return 0
}

// joinDue sends JOIN, if the phase has one left.
//
// PROTOCOL 3.3: "JOIN is repeated every JOIN_TIME until STAY or PART, at most
// MAXIMUM_JOINS times a dial phase."
func (m *Machine) joinDue(p *peer) {
	d := &p.dialling
	switch d.state {
	case Probe:
		m.moveDialling(p, inUnresumed, 0)
	case Limbo:
		m.joinFromLimbo(p)
		return
	}
	if m.now < d.nextJoin {
		m.timers.set(p, timerJoin, d.nextJoin)
		return
	}
	if d.joins >= m.cfg.Timing.JoinsMax {
		return // the end of the phase decides
	}
	d.joins++
	d.stage = stageJoining
	d.nextJoin = m.now.Add(m.cfg.Timing.Join)
	m.timers.set(p, timerJoin, d.nextJoin)
	m.sendJoin(p)
}

// sendJoin sends JOIN on the dialling link.
func (m *Machine) sendJoin(p *peer) {
	m.send(p, p.diallingLink(), JOIN).Body = m.out.text(m.cfg.Network)
}

// joinFromLimbo joins an old peer again that has ignored our TICKs for long.
//
// PROTOCOL 4.5: "In Limbo JOIN is repeated every SERVE_TIME + LIVE_TIME." An
// original whose entry for us has run out ignores TICK for ever, and serves at
// once after a JOIN; one that still waits is not made to wait longer by it. One
// that has just begun to serve falls into limbo again, for SERVE_TIME at most,
// which is why the next JOIN leaves it LIVE_TIME more to answer a TICK.
func (m *Machine) joinFromLimbo(p *peer) {
	m.timers.set(p, timerJoin, m.now.Add(m.cfg.Timing.limboJoin()))
	p.dialling.nextJoin = m.now.Add(m.cfg.Timing.Join)
	m.sendJoin(p)
}

// limboJoin is the time between two JOINs in Limbo.
func (t *Timing) limboJoin() time.Duration { return t.Serve + t.Live }

// phaseOver gives a dial phase up.
//
// PROTOCOL 6.3: "After a failed phase the next one begins RETRY_TIME << k
// later; k rises by one, to at most MAXIMUM_BACKOFF."
func (m *Machine) phaseOver(p *peer) {
	m.hangUp(p)
	m.moveDialling(p, inPhaseOver, 0)
	m.timers.stopDialling(p)
	if p.listening.state != Serving {
		m.cancelAll(p)
	}
	m.timers.set(p, timerDial, m.now.Add(p.dialling.backOff(&m.cfg.Timing)))
}

// hangUp closes the dialling link, if there is one or one is being opened.
func (m *Machine) hangUp(p *peer) {
	if p.linked() {
		m.out.hangUp(p.name, p.diallingLink())
	}
}

// linkLost handles the end of a link, or of an attempt at one.
func (m *Machine) linkLost(ev *Event) {
	p := m.peers.find(ev.Peer)
	switch {
	case p == nil:
		// A listening link of a peer without an entry: it never joined.
	case ev.Link.Half == Listening:
		p.listening.gone.add(ev.Link.N)
		if ev.Link == p.listeningLink() && m.moveListening(p, inGone, ev.Link, 0) {
			m.listeningEnded(p, ev.Cause)
		}
		m.cancelUnlinked(p)
	case ev.Link == p.diallingLink() && p.linked():
		m.diallingEnded(p, ev.Cause)
	}
}

// endDial gives the dialling link up.
func (m *Machine) endDial(p *peer, cause Cause) {
	m.out.hangUp(p.name, p.diallingLink())
	m.diallingEnded(p, cause)
}

// diallingEnded follows up the end of the dialling link, or of an attempt at one.
//
// PROTOCOL 6.4: "Any loss of an established link starts a new phase at once;
// the pause falls back only after JOIN_TIME of health." DEVIATION D13: an
// original waits for RETRY_TIME and more.
func (m *Machine) diallingEnded(p *peer, cause Cause) {
	established := p.dialling.established()
	if p.listening.state == Serving {
		m.moveDialling(p, inLostServed, 0)
		m.dialOver(p, cause)
		return
	}
	m.moveDialling(p, inLost, 0)
	m.timers.stopLink(p)
	m.dialAgain(p, established, 0)
	m.peerChanged(p, cause)
}

// dialAgain begins a new phase after an established link, and goes on with the
// present one after an attempt; not without the least pause.
func (m *Machine) dialAgain(p *peer, established bool, least time.Duration) {
	if established && m.now.Sub(p.dialling.since) >= m.cfg.Timing.Join {
		p.dialling.pause = 0
	}
	p.dialling.pause = max(p.dialling.pause, int64(least))
	if established {
		m.startPhase(p)
	} else {
		m.redial(p)
	}
}

// dialOver follows up a dialling half that went Idle: the other half carries
// what this one did.
func (m *Machine) dialOver(p *peer, cause Cause) {
	m.timers.stopDialling(p)
	m.peerChanged(p, cause)
	m.resend(p)
}
