package core

// joinUndo is what a JOIN changed in a listening half, kept until the next
// event in case its STAY can't be sent.
type joinUndo struct {
	valid  bool
	slot   int32
	before listenHalf
	// Our own dial was Waiting: until then, and after how many failed phases.
	waiting   bool
	waitUntil Instant
	k         uint8
}

// join: a peer's dial wants to be served.
//
// PROTOCOL 3.5: "A JOIN of the right network always gets STAY and makes the
// listening half serve at once: idempotent on the same link, a
// re-synchronisation on a newer one."
func (m *Machine) join(ev *Event) {
	if string(ev.Body) != m.cfg.Network { // does not allocate
		// PROTOCOL 3.7: "A JOIN of another network always gets PART." DEVIATION D2.
		m.drop(ev.Peer, ev.Link, JOIN, DropNetwork)
		m.sendTo(ev.Peer, ev.Link, PART).Body = m.appendPart(partWrongNetwork)
		return
	}
	p := m.peerNamed(ev.Peer)
	if p == nil {
		m.drop(ev.Peer, ev.Link, JOIN, DropPeersMax)
		return
	}
	l := &p.listen
	if l.stale(ev.Link.N) {
		m.drop(ev.Peer, ev.Link, JOIN, DropStale) // PROTOCOL 2.1: JOIN included
		return
	}
	m.saveUndo(p)
	// DEVIATION D3: a JOIN while serving is served at once.
	fresh := l.state != Serving || ev.Link.N > l.n
	m.moveListen(p, inJoin, ev.Link, JOIN)
	l.heard = m.now
	if fresh {
		l.n, l.proven, l.met = ev.Link.N, false, false
	}
	p.dial.k = 0 // PROTOCOL 6.3
	if !p.ours {
		p.early = nil // an old peer may be in its next life, and count from 1 again
	}
	m.setTimer(p, timerServe, m.now.Add(m.cfg.Timing.Serve))
	m.send(p, p.listenLink(), STAY).Body = m.appendMeet(p)
	if fresh {
		m.setTimer(p, timerNudge, m.now.Add(m.cfg.Timing.Live))
		m.servingBegan(p)
	}
	m.settle(p, 0)
	if fresh {
		m.resend(p)
	}
}

func (m *Machine) saveUndo(p *peer) {
	m.undo = joinUndo{valid: true, slot: p.slot, before: p.listen, k: p.dial.k}
	if p.dial.state == Waiting {
		m.undo.waiting, m.undo.waitUntil = true, m.timers[p.timers[timerDial]].at
	}
}

// unjoin: the STAY of the last event could not be sent.
//
// PROTOCOL 3.6: "If the STAY can't be sent, the JOIN changed nothing." A link
// of our own that the JOIN ended is gone, though; it is dialled again.
func (m *Machine) unjoin(p *peer, link Link, cause Cause) {
	if !m.undo.valid || m.undo.slot != p.slot || link != p.listenLink() {
		return
	}
	m.undo.valid = false
	p.dial.k = m.undo.k
	before := m.undo.before
	if before.state == Serving {
		p.listen = before
		return
	}
	m.moveListen(p, inUnjoin, link, STAY)
	before.n = p.listen.n // the link is the newest, served or not
	p.listen = before
	if m.undo.waiting && m.moveDial(p, inConnect, 0) {
		m.setTimer(p, timerDial, m.undo.waitUntil)
	}
	m.listenEnded(p, cause)
}

// tick answers a TICK.
//
// PROTOCOL 4.3: "TICK is answered by TOCK with the same payload, up to 255 bytes."
func (m *Machine) tick(p *peer, ev *Event) {
	if len(ev.Body) > m.cfg.Limits.TickBytesMax {
		m.drop(p.name, ev.Link, TICK, DropOversize)
		return
	}
	m.send(p, ev.Link, TOCK).Body = ev.Body
}

// serveDue ends a listening half that was silent for SERVE_TIME. Every frame
// moves the deadline, but the timer is moved only here: once a SERVE_TIME
// instead of once a frame.
//
// PROTOCOL 4.4: "The listener's deadline is the last frame received + SERVE_TIME."
func (m *Machine) serveDue(p *peer) {
	if due := p.listen.heard.Add(m.cfg.Timing.Serve); due > m.now {
		m.setTimer(p, timerServe, due)
		return
	}
	m.moveListen(p, inSilence, p.listenLink(), 0)
	m.listenEnded(p, CauseSilent)
}

// nudgeDue makes an old dialler speak.
//
// PROTOCOL 11.4: "To an old dialler that was sent something but not heard for
// LIVE_TIME, send a CALL with a fresh id and an empty method, and again every
// JOIN_TIME." Each packet it receives restarts its TICK timer, so one that is
// only sent to never ticks; that CALL makes it answer and runs nothing.
func (m *Machine) nudgeDue(p *peer) {
	l := &p.listen
	if l.met { // ours ticks whatever arrives
		return
	}
	if due := l.heard.Add(m.cfg.Timing.Live); due > m.now {
		m.setTimer(p, timerNudge, due)
		return
	}
	if l.sent > l.heard {
		l.nudge = m.nextID()
		m.send(p, p.listenLink(), CALL).ID = l.nudge
	}
	m.setTimer(p, timerNudge, m.now.Add(m.cfg.Timing.Join))
}

// listenEnded follows up a listening half that went Idle.
//
// PROTOCOL 1.4: "An end that was given an address dials whenever neither half is up."
func (m *Machine) listenEnded(p *peer, cause Cause) {
	m.stopTimer(p, timerServe)
	m.stopTimer(p, timerNudge)
	m.stopTimer(p, timerAnswer)
	switch {
	case p.dial.state == Draining:
		m.undrain(p)
	case p.dial.state == Handshake && !p.armed(timerPhase):
		m.armPhase(p) // it had none while the other half served
	case p.dial.state == Idle && p.address != "":
		m.moveDial(p, inRedial, 0)
		p.dial.pause = 0
		if cause == CauseParted { // it leaves; let it
			p.dial.pause = int64(m.cfg.Timing.RedialMin)
		}
		m.startPhase(p)
	}
	m.settle(p, cause)
	m.resend(p)
}
