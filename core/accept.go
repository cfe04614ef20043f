package core

import "encoding/binary"

// The dialling half once its link is up: what the listener says, and TICK.

// stay: the listener accepts us.
func (m *Machine) stay(p *peer, body []byte) {
	told, ours := parseMeet(body)
	in := inStayOld
	if ours {
		in = inStayOurs
	}
	d, t := &p.dial, &m.cfg.Timing
	if d.state == Handshake && !d.joinSent { // it answers no JOIN of this link
		m.drop(p.name, p.dialLink(), STAY, DropState)
		return
	}
	if !m.moveDial(p, in, STAY) {
		return
	}
	p.ours = ours
	d.heard = m.now
	d.tickBase = d.tick
	m.accepted(p)
	if ours {
		m.setIncarnation(p, p.dialLink(), told)
		m.stopTimer(p, timerTick) // of a Limbo
		m.setTimer(p, timerTock, m.now.Add(t.Live))
	} else {
		// PROTOCOL 4.5: "An old peer that said STAY may serve only much later; it
		// is active from its first TOCK."
		m.setTimer(p, timerTick, m.now.Add(t.LimboTick))
		m.setTimer(p, timerJoin, m.limboJoin())
		m.setTimer(p, timerTock, m.now.Add(t.Retry<<t.BackoffMax))
	}
	m.sendTick(p)
	if p.listen.state == Serving {
		m.setTimer(p, timerAnswer, m.now.Add(t.Answer))
	}
	m.settle(p, 0)
	m.claimRole(p)
}

// accepted notes that the peer serves our dial: the phase has succeeded.
func (m *Machine) accepted(p *peer) {
	p.dial.k = 0
	p.dial.accepted = !p.ours
	p.dial.healthy = m.now
	m.stopTimer(p, timerJoin)
	m.stopTimer(p, timerPhase)
}

// sendTick asks the listener for a sign of life.
//
// PROTOCOL 8.2: "MEET is repeated with each TICK until it is acknowledged."
func (m *Machine) sendTick(p *peer) {
	d := &p.dial
	if d.known && !d.met {
		m.send(p, p.dialLink(), MEET).Body = m.appendMeet(p)
	}
	d.tick++
	d.tickAt = m.now
	n := len(m.scratch)
	m.scratch = binary.BigEndian.AppendUint64(m.scratch, d.tick)
	m.send(p, p.dialLink(), TICK).Body = m.scratch[n:len(m.scratch):len(m.scratch)]
}

// tickDue keeps the link alive.
//
// PROTOCOL 4.1: "The dialler sends a TICK at least every LIVE_TIME, whatever arrives."
func (m *Machine) tickDue(p *peer) {
	m.moveDial(p, inTick, 0)
	if p.dial.state == Limbo {
		m.setTimer(p, timerTick, m.now.Add(m.cfg.Timing.LimboTick))
	} else {
		m.setTimer(p, timerTock, m.now.Add(m.cfg.Timing.Live))
	}
	m.sendTick(p)
}

// tock: the listener answers a TICK.
//
// PROTOCOL 4.2: "A TOCK counts if it echoes the unanswered TICK." Where several
// are unanswered, in Probe and Limbo, it is enough to echo one of them: any
// answer on this link shows that the peer serves it.
func (m *Machine) tock(p *peer, body []byte) {
	d := &p.dial
	var echoed uint64
	if len(body) == 8 {
		echoed = binary.BigEndian.Uint64(body)
	}
	oldest := d.tickBase
	if d.state == Check {
		oldest = d.tick - 1
	}
	// DEVIATION D8: an original takes any TOCK.
	switch d.state {
	case Probe, Limbo, Check:
		if echoed <= oldest || echoed > d.tick {
			m.drop(p.name, p.dialLink(), TOCK, DropMismatch)
			return
		}
	}
	before := d.state
	if !m.moveDial(p, inTock, TOCK) {
		return
	}
	d.heard = m.now
	d.answered = true
	if before != Check {
		m.accepted(p)
	}
	m.stopTimer(p, timerTock)
	m.stopTimer(p, timerAnswer)
	m.setTimer(p, timerTick, d.tickAt.Add(m.cfg.Timing.Live))
	m.settle(p, 0)
	m.claimRole(p)
	if before != Check {
		m.resend(p)
	}
}
