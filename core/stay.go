package core

// stay handles STAY: the listener serves our dialling link.
func (m *Machine) stay(p *peer, body []byte) {
	told, ours := parseMeet(body)
	in := inStayOld
	if ours {
		in = inStayOurs
	}
	d, t := &p.dialling, &m.cfg.Timing
	if !d.stage.joinSent() { // it answers no JOIN of this link
		m.out.drop(p.name, p.diallingLink(), STAY, DropState)
		return
	}
	served := d.served()
	if !m.moveDialling(p, in, STAY) {
		return
	}
	p.ours = ours
	d.heard = m.now
	if served {
		m.stayAgain(p, body, told)
		return
	}
	d.tickBase = d.tick
	m.linkEstablished(p)
	if ours {
		m.callsUnrun(p, p.diallingLink(), body[meetBytes:])
		m.setIncarnation(p, p.diallingLink(), STAY, told)
		m.timers.stop(p, timerTick) // of a Limbo
		m.timers.set(p, timerTock, m.now.Add(t.Live))
	} else {
		// PROTOCOL 4.5: "An old peer that said STAY may serve only much later; it
		// is active from its first TOCK."
		m.timers.set(p, timerTick, m.now.Add(t.LimboTick))
		m.timers.set(p, timerJoin, m.now.Add(t.limboJoin()))
		m.timers.set(p, timerTock, m.now.Add(t.Retry<<t.BackoffMax))
	}
	m.sendTick(p)
	if p.listening.state == Serving {
		m.timers.set(p, timerAnswer, m.now.Add(t.Answer))
	}
	m.peerChanged(p, 0)
	m.claimRole(p)
}

// stayAgain follows up the STAY of a peer of ours that serves our dialling link
// already, to a JOIN that was repeated, or that the network has doubled.
//
// PROTOCOL 3.10: "The listener may have forgotten us since the STAY before": then it
// is another incarnation, and does not know ours; no timer of the link is touched.
func (m *Machine) stayAgain(p *peer, body []byte, told Meet) {
	link := p.diallingLink()
	m.send(p, link, MEET).Body = m.out.meet(p.self) // before what may be the end of a drain
	m.callsUnrun(p, link, body[meetBytes:])
	m.setIncarnation(p, link, STAY, told)
	m.resend(p)
}

// resumed follows up that a peer serves a link on which no JOIN has gone out.
//
// PROTOCOL 3.4: "A MEET follows the first answer": over a transport that knows a
// listening link by its peer's name only, one of ours may have taken this link for
// one of an earlier incarnation of us. It has to hear of this one before its CALLs,
// and acknowledges; an original ignores the command.
func (m *Machine) resumed(p *peer) {
	if p.dialling.resumable { // an old peer that has accepted this incarnation
		return
	}
	m.send(p, p.diallingLink(), MEET).Body = m.out.meet(p.self)
}

// linkEstablished follows up that the peer serves our dialling link: the dial
// phase has succeeded.
func (m *Machine) linkEstablished(p *peer) {
	p.dialling.establish(m.now, !p.ours)
	m.timers.stop(p, timerJoin)
	m.timers.stop(p, timerPhase)
}
