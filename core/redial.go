package core

// redialNow handles the user's word that the way to a peer is free again: what the
// machine has learnt from failures about when to dial counts no more.
//
// PROTOCOL 6.10: "A user who knows that the way to a peer is free again may have it
// redialled: k falls to zero, a wait of the dial ends, and a phase in which no connection
// is up begins anew, with a dial at once. An attempt that is under way goes on, and so
// does a connection that is up."
func (m *Machine) redialNow(ev *Event) {
	p := m.peers.find(ev.Peer)
	if p == nil || p.address == "" {
		m.out.refuse(ev, RefuseUnknown)
		return
	}
	d := &p.dialling
	d.failures = 0
	switch d.state {
	case Waiting:
		m.moveDialling(p, inDial, 0)
	case Reaching:
	default:
		return
	}
	// Hanging an attempt up would keep a user who asks often from ever getting through.
	attempt := p.linked()
	d.pause = 0
	m.beginPhase(p)
	if !attempt {
		m.timers.stop(p, timerDial)
		m.redial(p)
	}
}
