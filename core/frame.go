package core

// frame handles one message. Faults of the message itself are found here; whether
// it fits the state of its half is decided behind it.
func (m *Machine) frame(ev *Event) {
	if ev.Command < commandCount {
		m.out.stats.FramesIn[ev.Command]++
	}
	if why := m.cfg.unacceptable(ev); why != 0 {
		m.out.drop(ev.Peer, ev.Link, ev.Command, why)
		return
	}
	switch {
	case ev.Command == WITH:
		m.with(ev)
	case ev.Link.Half == Listening:
		m.listeningFrame(ev)
	default:
		m.diallingFrame(ev)
	}
}

// unacceptable returns why a frame is dropped without a look at its peer, zero
// if it is not.
func (c *Config) unacceptable(ev *Event) Drop {
	switch {
	case !LegalName(ev.Peer):
		return DropBadName
	case ev.Peer == c.Name: // PROTOCOL 10.3: "A frame that claims our own name is dropped."
		return DropOwnName
	case ev.Command == Unknown || ev.Command >= commandCount:
		return DropUnknown
	case ev.Link.Half != Listening && ev.Link.Half != Dialling:
		return DropStale
	case len(ev.Body) > c.Limits.BodyBytesMax:
		return DropOversize
	}
	switch ev.Command {
	case JOIN, TICK:
		if ev.Link.Half == Dialling {
			return DropDirection
		}
	case STAY, TOCK:
		if ev.Link.Half == Listening {
			return DropDirection
		}
	}
	return 0
}

// diallingFrame handles a frame on a dialling link.
func (m *Machine) diallingFrame(ev *Event) {
	p := m.peers.find(ev.Peer)
	// DEVIATION D6: PART counts from the current link only, as every frame does.
	if p == nil || p.dialling.n != ev.Link.N || !p.linked() {
		m.out.drop(ev.Peer, ev.Link, ev.Command, DropStale)
		return
	}
	switch ev.Command {
	case STAY:
		m.stay(p, ev.Body)
	case TOCK:
		m.tock(p, ev.Body)
	case PART:
		m.diallingPart(p, ev.Body)
	default:
		m.diallingRequest(p, ev)
	}
}

// diallingRequest handles the commands that either end may send on an established
// link.
func (m *Machine) diallingRequest(p *peer, ev *Event) {
	before := p.dialling.state
	if !m.moveDialling(p, inRequest, ev.Command) {
		return
	}
	p.dialling.heard = m.now
	if p.dialling.state != before { // PROTOCOL 3.4 and 4.5: the old peer has shown that it serves us
		if before == Probe {
			m.resumed(p)
		}
		m.linkEstablished(p)
		m.timers.set(p, timerTock, p.dialling.tickAt.Add(m.cfg.Timing.Live))
		m.timers.stop(p, timerTick)
		m.peerChanged(p, 0)
		m.claimRole(p)
		m.resend(p)
	}
	m.request(p, ev)
}

// listeningFrame handles a frame on a listening link.
func (m *Machine) listeningFrame(ev *Event) {
	if ev.Command == JOIN {
		m.join(ev)
		return
	}
	p := m.peers.find(ev.Peer)
	if p != nil && p.listening.stale(ev.Link.N) {
		m.out.drop(ev.Peer, ev.Link, ev.Command, DropStale)
		return
	}
	if p == nil || p.listening.state != Serving || ev.Link.N > p.listening.n {
		m.notJoined(ev)
		return
	}
	if ev.Command == PART {
		m.listeningPart(p, ev.Body)
		return
	}
	m.moveListening(p, inFrame, ev.Link, ev.Command)
	p.listening.heard = m.now
	if !p.listening.proven {
		p.listening.proven = true
		p.firstHeard(ev.Command, m.now)
		m.claimRole(p)
	}
	if ev.Command == TICK {
		m.tick(p, ev)
		return
	}
	m.request(p, ev)
}

// request handles a CALL, CAST, BACK, MEET or VOID of an established link.
func (m *Machine) request(p *peer, ev *Event) {
	if ev.Command == MEET {
		m.meet(p, ev)
		return
	}
	var payload Payload
	idOK, ok := payload.parse(ev.Command, ev.Body)
	if !idOK || payload.ID == 0 {
		// DEVIATION D4: an original answers some of these with id 0.
		m.out.drop(p.name, ev.Link, ev.Command, DropUndecodable) // PROTOCOL 10.2
		return
	}
	switch ev.Command {
	case CALL, CAST:
		m.serve(p, ev, &payload, ok)
	case BACK:
		switch {
		case !ok:
			m.out.drop(p.name, ev.Link, ev.Command, DropUndecodable)
		case len(ev.Head) > m.cfg.Limits.HeadBytesMax:
			m.out.drop(p.name, ev.Link, ev.Command, DropOversize)
		default:
			m.back(p, ev.Link, &payload, ev.Head)
		}
	case VOID:
		m.void(p, ev.Link, payload.ID)
	}
}
