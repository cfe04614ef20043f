package core

// disconnect forgets a peer at the user's wish.
//
// PROTOCOL 9.3: "Disconnecting forgets the address, sends PART on both halves,
// hangs up, and ends the calls to that peer. A peer we served may come back."
func (m *Machine) disconnect(ev *Event) {
	p := m.byName[ev.Peer]
	if p == nil || p.address == "" && p.listen.state != Serving {
		m.refuse(ev, RefuseUnknown)
		return
	}
	p.address = ""
	m.leave(p, true)
	m.eachPending(p, func(c *call, r *row) { m.endRow(c, r, Disconnected) })
	m.settle(p, CauseDisconnected)
}

// leave ends both halves of p. PART goes to a peer that we serve, and by our
// dial to one that is ours, or to any if always is set: an old one ignores it.
func (m *Machine) leave(p *peer, always bool) {
	part := m.appendPart(partLeaving)
	if p.listen.state == Serving {
		m.send(p, p.listenLink(), PART).Body = part
		m.moveListen(p, inDismiss, p.listenLink(), 0)
		m.stopTimer(p, timerServe)
		m.stopTimer(p, timerNudge)
	}
	if p.dial.established() && (p.ours || always) {
		m.send(p, p.dialLink(), PART).Body = part
	}
	m.hangUp(p)
	m.moveDial(p, inForget, 0)
	m.stopDialTimers(p)
}

// stop ends everything.
//
// PROTOCOL 9.1: "Closing sends PART to every served peer, and to every peer of
// ours on our dials."
func (m *Machine) stop() {
	for slot := range m.calls {
		if m.calls[slot].live {
			m.giveUp(int32(slot), Closed)
		}
	}
	for _, p := range m.peers {
		if p == nil {
			continue
		}
		p.address = ""
		m.leave(p, false)
		m.settle(p, CauseStopped)
	}
	for slot, p := range m.peers {
		if p != nil {
			m.remove(m.peers[slot])
		}
	}
	m.peers, m.freePeers = nil, nil
	m.stopped = true
	m.emit(ActStopped)
}

// afterStop answers every event of a stopped machine: what peers and links do
// no longer matters, what the user asks is refused.
func (m *Machine) afterStop(ev *Event) {
	switch ev.Kind {
	case EvFrame:
		m.drop(ev.Peer, ev.Link, ev.Command, DropStopped)
	case EvReply:
		if _, ok := m.endRequest(ev.Ticket); !ok {
			m.refuse(ev, RefuseNoTicket)
		}
	case EvTimeout, EvLinkUp, EvLinkLost, EvSendRefused:
		// Nothing waits for these.
	default:
		m.refuse(ev, RefuseStopped)
	}
}
