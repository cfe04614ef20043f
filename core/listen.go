package core

// join handles JOIN: a dialler wants to be served.
//
// PROTOCOL 3.5: "A JOIN of the right network always gets STAY and makes the
// listening half serve at once: idempotent on the same link, a
// re-synchronisation on a newer one."
func (m *Machine) join(ev *Event) {
	if string(ev.Body) != m.cfg.Network { // does not allocate
		// PROTOCOL 3.7: "A JOIN of another network always gets PART." DEVIATION D2.
		m.out.drop(ev.Peer, ev.Link, JOIN, DropNetwork)
		m.out.send(ev.Peer, ev.Link, PART).Body = m.out.part(partWrongNetwork)
		return
	}
	made := m.peers.find(ev.Peer) == nil
	p := m.peerNamed(ev.Peer)
	if p == nil {
		m.out.drop(ev.Peer, ev.Link, JOIN, DropPeersMax)
		return
	}
	l := &p.listening
	if l.stale(ev.Link.N) {
		m.out.drop(ev.Peer, ev.Link, JOIN, DropStale) // PROTOCOL 2.1: JOIN included
		return
	}
	m.keep(p, made)
	// DEVIATION D3: a JOIN while serving is served at once.
	fresh := l.state != Serving || ev.Link.N > l.n
	former := replacedLink{}
	if l.state == Serving && fresh && l.n > 0 { // zero stands for all links of a driver that reports none
		former = replacedLink{l.n, l.met, l.told.Incarnation}
		m.replacing = replacing{p.name, l.n}
	}
	m.moveListening(p, inJoin, ev.Link, JOIN)
	l.heard = m.now
	if fresh {
		l.begin(ev.Link.N)
		l.former = former
	}
	p.dialling.failures = 0 // PROTOCOL 6.3
	if !p.ours {
		p.early = nil // an old peer may be in its next life, and count from 1 again
	}
	m.timers.set(p, timerServe, m.now.Add(m.cfg.Timing.Serve))
	m.send(p, p.listeningLink(), STAY).Body = m.out.stay(p)
	l.stayedOn(fresh, m.now)
	if fresh {
		m.timers.set(p, timerNudge, m.now.Add(m.cfg.Timing.Live))
		m.servingBegan(p)
	}
	m.peerChanged(p, 0)
	if fresh {
		m.resend(p)
	}
}

// serveDue ends a listening half that was silent for SERVE_TIME. Every frame
// moves the deadline, but the timer is moved only here: once a SERVE_TIME
// instead of once a frame.
//
// PROTOCOL 4.4: "The listener's deadline is the last frame received + SERVE_TIME."
func (m *Machine) serveDue(p *peer) {
	if due := p.listening.heard.Add(m.cfg.Timing.Serve); due > m.now {
		m.timers.set(p, timerServe, due)
		return
	}
	m.moveListening(p, inSilence, p.listeningLink(), 0)
	m.listeningEnded(p, CauseSilent)
}

// nudgeDue makes an old dialler speak.
//
// PROTOCOL 11.4: "To an old dialler that was sent something but not heard for
// LIVE_TIME, send a CALL with a fresh id and an empty method, and again every
// JOIN_TIME." Each packet it receives restarts its TICK timer, so one that is
// only sent to never ticks; that CALL makes it answer and runs nothing.
func (m *Machine) nudgeDue(p *peer) {
	l := &p.listening
	if l.met { // ours ticks whatever arrives
		return
	}
	if due := l.heard.Add(m.cfg.Timing.Live); due > m.now {
		m.timers.set(p, timerNudge, due)
		return
	}
	if l.sent > l.heard {
		l.nudge = m.calls.nextID()
		m.send(p, p.listeningLink(), CALL).ID = l.nudge
	}
	m.timers.set(p, timerNudge, m.now.Add(m.cfg.Timing.Join))
}

// listeningEnded follows up a listening half that went Idle.
//
// PROTOCOL 1.4: "An end that was given an address dials whenever neither half is up."
func (m *Machine) listeningEnded(p *peer, cause Cause) {
	m.timers.stopListening(p)
	m.timers.stop(p, timerAnswer)
	switch {
	case p.dialling.state == Draining:
		m.undrain(p)
	case p.dialling.state == Handshake && !p.armed(timerPhase):
		m.timers.set(p, timerPhase, m.now.Add(m.cfg.Timing.dialPhase())) // it had none while the other half served
	case p.dialling.state == Idle && p.address != "":
		m.moveDialling(p, inRedial, 0)
		p.dialling.pause = 0
		if cause == CauseParted { // it is leaving: pause before the first dial
			p.dialling.pause = int64(m.cfg.Timing.RedialMin)
		}
		m.startPhase(p)
	}
	m.peerChanged(p, cause)
	m.resend(p)
}
