package core

// peerNamed returns the entry of a name, making one if need be; nil where the
// table is full.
func (m *Machine) peerNamed(name string) *peer {
	if p := m.peers.find(name); p != nil {
		return p
	}
	if m.peers.len() >= m.cfg.Limits.PeersMax {
		oldest := m.peers.evictable()
		if oldest == nil {
			return nil
		}
		m.forget(oldest)
	}
	return m.peers.add(name, m.cfg.Incarnation)
}

// peerChanged follows up a change of either half: it tells the driver when the
// peer became active or stopped being so, and starts or stops the clock after
// which a peer is forgotten.
func (m *Machine) peerChanged(p *peer, cause Cause) {
	if up := p.active(); up != p.up {
		p.up = up
		if up {
			m.peers.active++
			m.out.emit(ActPeerUp).Peer = p.name
		} else {
			m.peers.active--
			a := m.out.emit(ActPeerDown)
			a.Peer, a.Cause = p.name, cause
		}
	}
	m.cancelUnlinked(p)
	forgettable := p.forgettable()
	if forgettable == p.idle {
		return
	}
	if forgettable {
		m.peers.list(p)
		m.timers.set(p, timerForget, m.now.Add(m.cfg.Timing.Serve))
	} else {
		m.peers.unlist(p)
		m.timers.stop(p, timerForget)
	}
}

// forgetDue drops what is known of a peer that was neither dialled nor served
// for SERVE_TIME: its link numbers and the ids it used. Calls and handlers that
// still name it come first, and so does one that goes on speaking and hears that it
// has not joined: which of its calls were not run is told when it joins.
func (m *Machine) forgetDue(p *peer) {
	if p.pending > 0 || p.serving > 0 {
		m.cancelAll(p)
		m.timers.set(p, timerForget, m.now.Add(m.cfg.Timing.Serve))
		return
	}
	if due := p.partAt.Add(m.cfg.Timing.Serve); p.parted && due > m.now {
		m.timers.set(p, timerForget, due)
		return
	}
	m.forget(p)
}

// forget drops the entry of a peer, whatever names it.
func (m *Machine) forget(p *peer) {
	m.timers.stopAll(p)
	m.peers.remove(p)
}
