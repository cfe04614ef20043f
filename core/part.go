package core

import "time"

// partReason is what a PART of ours says about itself. An original sends and
// reads none, and ignores the payload.
type partReason uint8

const (
	partNone         partReason = iota
	partNotJoined               // the link has not joined, as far as the listener remembers
	partWrongNetwork            // the JOIN was for another network
	partLeaving                 // the node, or its user, ends the connection
	partReplaced                // a newer link of the dialler's name has joined
)

// parsePart returns the reason of a PART, partNone for an old peer's.
func parsePart(body []byte) partReason {
	if len(body) < 2 || body[0] < extensionVersion || partReason(body[1]) > partReplaced {
		return partNone // PROTOCOL 6.7: "A reason that is not known counts as none."
	}
	return partReason(body[1])
}

// diallingPart handles PART on our dialling link: the listener ends it.
func (m *Machine) diallingPart(p *peer, body []byte) {
	reason := parsePart(body)
	if reason == partLeaving && p.linked() {
		m.cancelLeft(p, p.diallingLink())
	}
	if p.listening.state == Serving {
		// PROTOCOL 5.5: "PART on our dial ends it; while the other half serves
		// nobody waits or dials."
		if m.moveDialling(p, inPartServed, PART) {
			m.out.hangUp(p.name, p.diallingLink())
			if reason == partReplaced {
				m.out.drop(p.name, p.diallingLink(), PART, DropTwin)
			}
			m.dialOver(p, CauseParted)
		}
		return
	}
	established := p.dialling.established()
	p.dialling.resumable = false // an old peer has said that it does not serve us
	if p.dialling.state == Probe && reason == partNone {
		reason = partNotJoined // PROTOCOL 3.4: "any PART without a reason that comes then says not joined"
	}
	switch reason {
	case partNotJoined:
		if m.moveDialling(p, inPartRejoin, PART) {
			m.rejoin(p, established)
		}
	case partLeaving:
		if m.moveDialling(p, inPartRedial, PART) {
			m.out.hangUp(p.name, p.diallingLink())
			m.timers.stopLink(p)
			m.dialAgain(p, established, m.cfg.Timing.RedialMin)
			m.peerChanged(p, CauseParted)
		}
	case partWrongNetwork:
		if m.partWaits(p) {
			m.timers.set(p, timerDial, m.now.Add(p.dialling.backOff(&m.cfg.Timing)))
			m.out.drop(p.name, p.diallingLink(), PART, DropNetwork) // so that the driver can tell its user
			m.peerChanged(p, CauseWrongNetwork)
		}
	case partReplaced:
		// PROTOCOL 6.9: "PART with the reason replaced says that another node has this
		// node's name."
		if m.partWaits(p) {
			m.timers.set(p, timerDial, m.now.Add(m.cfg.Timing.twinWait(&m.rng)))
			m.out.drop(p.name, p.diallingLink(), PART, DropTwin) // as well
			m.peerChanged(p, CauseTwin)
		}
	default:
		if m.partWaits(p) {
			m.timers.set(p, timerDial, m.now.Add(m.cfg.Timing.partWait(&m.rng)))
			m.peerChanged(p, CauseParted)
		}
	}
}

// partWaits ends our dial because of a PART after which we wait, for as long as the
// caller decides. It reports false where the PART does not count.
func (m *Machine) partWaits(p *peer) bool {
	if !m.moveDialling(p, inPartWait, PART) {
		return false
	}
	m.out.hangUp(p.name, p.diallingLink())
	m.timers.stopDialling(p)
	return true
}

// rejoin joins again on the same link, which the listener has forgotten.
//
// PROTOCOL 6.6: "PART with the reason not joined is answered by JOIN at once,
// though not sooner than JOIN_TIME after the last one."
func (m *Machine) rejoin(p *peer, established bool) {
	d := &p.dialling
	m.timers.stopLink(p)
	d.rewind()
	m.calls.eachPending(p, func(_ *call, r *row) { // what was sent on it may have been ignored
		if r.link == p.diallingLink() {
			m.unsend(p, r)
		}
	})
	if established {
		d.joins = 0
		m.timers.set(p, timerPhase, m.now.Add(m.cfg.Timing.dialPhase()))
	}
	m.joinDue(p)
	m.peerChanged(p, CauseParted)
}

// partWait is how long to stay away after a PART without a reason.
//
// PROTOCOL 6.5: "BASE_PART_TIME and a random byte times RAND_PART_TIME."
func (t *Timing) partWait(r *random) time.Duration {
	return t.BasePart + time.Duration(r.below(256))*t.RandPart
}

// listeningPart handles PART on a listening link: its dialler ends it. An original
// never sends PART there, and ignores one.
func (m *Machine) listeningPart(p *peer, body []byte) {
	if parsePart(body) == partNone {
		m.out.drop(p.name, p.listeningLink(), PART, DropDirection)
		return
	}
	m.cancelLeft(p, p.listeningLink())
	m.moveListening(p, inLeave, p.listeningLink(), PART)
	m.listeningEnded(p, CauseParted)
}

// notJoined refuses a frame on a link that has not joined.
//
// PROTOCOL 2.5: "TICK, CALL, CAST or BACK on a listening link that has not
// joined gets PART with the reason not joined, at most one per JOIN_TIME."
func (m *Machine) notJoined(ev *Event) {
	switch ev.Command {
	case TICK, CALL, CAST, BACK:
	default:
		m.out.drop(ev.Peer, ev.Link, ev.Command, DropNotJoined)
		return
	}
	p := m.peerNamed(ev.Peer)
	if p == nil {
		m.out.drop(ev.Peer, ev.Link, ev.Command, DropPeersMax)
		return
	}
	m.out.drop(ev.Peer, ev.Link, ev.Command, DropNotJoined)
	m.peerChanged(p, 0) // a new entry is forgotten again
	if ev.Command == CALL {
		p.noteUnrun(ev.Body)
	}
	if p.mayPart(ev.Link.N, m.now, m.cfg.Timing.Join) {
		m.out.send(p.name, ev.Link, PART).Body = m.out.part(partNotJoined)
	}
}
