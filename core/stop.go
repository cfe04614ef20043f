package core

// disconnect forgets a peer at the user's wish.
//
// PROTOCOL 9.3: "Disconnecting forgets the address, sends PART on both halves,
// hangs up, and ends the calls to that peer. A peer we served may come back."
func (m *Machine) disconnect(ev *Event) {
	p := m.peers.find(ev.Peer)
	if p == nil || p.address == "" && p.listening.state != Serving {
		m.out.refuse(ev, RefuseUnknown)
		return
	}
	p.address = ""
	m.leave(p, true)
	m.calls.eachPending(p, func(c *call, r *row) { m.endRow(c, r, Disconnected) })
	m.peerChanged(p, CauseDisconnected)
}

// leave ends both halves of p. PART goes to a peer that we serve, and by our
// dial to one that is ours, or to any if always is set: an old one ignores it.
func (m *Machine) leave(p *peer, always bool) {
	part := m.out.part(partLeaving)
	if p.listening.state == Serving {
		m.send(p, p.listeningLink(), PART).Body = part
		m.moveListening(p, inDismiss, p.listeningLink(), 0)
		m.timers.stopListening(p)
	}
	if p.dialling.established() && (p.ours || always) {
		m.send(p, p.diallingLink(), PART).Body = part
	}
	m.hangUp(p)
	m.moveDialling(p, inForget, 0)
	m.timers.stopDialling(p)
}

// stop ends everything.
//
// PROTOCOL 9.1: "Closing sends PART to every served peer, and to every peer of
// ours on our dials."
func (m *Machine) stop() {
	for _, c := range m.calls.slots {
		if c.live {
			m.giveUp(c, Closed)
		}
	}
	for _, p := range m.peers.slots {
		if p == nil {
			continue
		}
		p.address = ""
		m.leave(p, false)
		m.peerChanged(p, CauseStopped)
	}
	for _, p := range m.peers.slots {
		if p != nil {
			m.forget(p)
		}
	}
	m.peers.slots, m.peers.freeSlots = nil, nil
	m.stopped = true
	m.out.emit(ActStopped)
}

// afterStop answers every event of a stopped machine: what peers and links do
// no longer matters, what the user asks is refused.
func (m *Machine) afterStop(ev *Event) {
	switch ev.Kind {
	case EvFrame:
		m.out.drop(ev.Peer, ev.Link, ev.Command, DropStopped)
	case EvReply:
		if _, ok := m.requests.end(ev.Ticket); !ok {
			m.out.refuse(ev, RefuseNoTicket)
		}
	case EvTimeout, EvLinkUp, EvLinkLost, EvSendRefused:
		// Nothing waits for these.
	default:
		m.out.refuse(ev, RefuseStopped)
	}
}
