package core

import "encoding/binary"

// sendTick asks the listener for a sign of life.
//
// PROTOCOL 8.2: "MEET is repeated with each TICK until it is acknowledged."
func (m *Machine) sendTick(p *peer) {
	d := &p.dialling
	if d.stage == stageTold {
		m.send(p, p.diallingLink(), MEET).Body = m.out.meet(p.self)
	}
	d.tick++
	d.tickAt = m.now
	m.send(p, p.diallingLink(), TICK).Body = m.out.tick(d.tick)
}

// tickDue keeps the dialling link alive.
//
// PROTOCOL 4.1: "The dialler sends a TICK at least every LIVE_TIME, whatever arrives."
func (m *Machine) tickDue(p *peer) {
	m.moveDialling(p, inTick, 0)
	if p.dialling.state == Limbo {
		m.timers.set(p, timerTick, m.now.Add(m.cfg.Timing.LimboTick))
	} else {
		m.timers.set(p, timerTock, m.now.Add(m.cfg.Timing.Live))
	}
	m.sendTick(p)
}

// tock handles TOCK, by which the listener answers a TICK.
//
// PROTOCOL 4.2: "A TOCK counts if it echoes the unanswered TICK."
func (m *Machine) tock(p *peer, body []byte) {
	d := &p.dialling
	var echoed uint64
	if len(body) == 8 {
		echoed = binary.BigEndian.Uint64(body)
	}
	// DEVIATION D8: an original takes any TOCK.
	switch d.state {
	case Probe, Limbo, Check:
		if !d.echoes(echoed) {
			m.out.drop(p.name, p.diallingLink(), TOCK, DropMismatch)
			return
		}
	}
	before := d.state
	if !m.moveDialling(p, inTock, TOCK) {
		return
	}
	d.heard = m.now
	d.answered = true
	p.ticked(echoed, m.now)
	if before == Probe {
		m.resumed(p)
	}
	if before != Check {
		m.linkEstablished(p)
	}
	m.timers.stop(p, timerTock)
	m.timers.stop(p, timerAnswer)
	m.timers.set(p, timerTick, d.tickAt.Add(m.cfg.Timing.Live))
	m.peerChanged(p, 0)
	m.claimRole(p)
	// A MEET that was lost comes with the next TICK only; an idempotent call need not
	// wait for it.
	if before != Check || !d.stage.met() {
		m.resend(p)
	}
}

// tick answers a TICK of the peer.
//
// PROTOCOL 4.3: "TICK is answered by TOCK with the same payload, up to 255 bytes."
func (m *Machine) tick(p *peer, ev *Event) {
	if len(ev.Body) > m.cfg.Limits.TickBytesMax {
		m.out.drop(p.name, ev.Link, TICK, DropOversize)
		return
	}
	m.send(p, ev.Link, TOCK).Body = ev.Body
}
