package core

// sendRefused handles a Send that was not carried out. The commands that are
// not named here are repeated by a timer, or answered by the end of the link.
func (m *Machine) sendRefused(ev *Event) {
	m.out.stats.SendsRefused++
	p := m.peers.find(ev.Peer)
	if p == nil {
		return
	}
	switch ev.Command {
	case STAY:
		m.undoJoin(p, ev.Link, ev.Cause)
	case CALL:
		m.callRefused(p, ev)
	case BACK:
		m.out.stats.RepliesLost++
	}
}

// callRefused ends the row of a CALL that could not be sent.
//
// PROTOCOL 7.10: "A call that can't be sent ends for that peer with what refused
// it; nothing is sent later in its place." One that was sent before may have run,
// so it waits on.
func (m *Machine) callRefused(p *peer, ev *Event) {
	c := m.calls.withID(ev.ID)
	if c == nil {
		return
	}
	r := c.row(p.slot)
	switch {
	case r == nil || !r.pending || r.link != ev.Link:
	case r.resent:
		m.unsend(p, r)
	default:
		m.out.result(c.handle, p.name, Refused).Cause = ev.Cause
		m.rowOver(c, r)
	}
}

// joinUndo is what a JOIN changed in a listening half, kept until the next
// event in case its STAY can't be sent.
type joinUndo struct {
	valid     bool           // a JOIN was the last event
	slot      int32          // of the peer
	serving   bool           // the half served before the JOIN
	before    listeningLinks // of the listening half
	failures  uint8          // of the dialling half
	waiting   bool           // the dialling half was Waiting
	waitUntil Instant        // until then
}

// undoOf returns what a JOIN of p is about to change.
func undoOf(p *peer, timers *timerQueue) joinUndo {
	u := joinUndo{
		valid: true, slot: p.slot,
		serving: p.listening.state == Serving, before: p.listening.listeningLinks,
		failures: p.dialling.failures,
	}
	if p.dialling.state == Waiting {
		u.waiting, u.waitUntil = true, timers.dueAt(p, timerDial)
	}
	return u
}

// undoJoin takes back the JOIN of the last event, whose STAY could not be sent.
//
// PROTOCOL 3.6: "If the STAY can't be sent, the JOIN changed nothing." A link
// of our own that the JOIN ended is gone, though; it is dialled again.
func (m *Machine) undoJoin(p *peer, link Link, cause Cause) {
	if !m.undo.valid || m.undo.slot != p.slot || link != p.listeningLink() {
		return
	}
	m.undo.valid = false
	m.replacing = replacing{}
	p.dialling.failures = m.undo.failures
	if m.undo.serving { // and goes on to
		p.listening.listeningLinks = m.undo.before
		return
	}
	m.moveListening(p, inUnjoin, link, STAY)
	n := p.listening.n // the link is the newest, served or not
	p.listening.listeningLinks = m.undo.before
	p.listening.n = n
	if m.undo.waiting && m.moveDialling(p, inConnect, 0) {
		m.timers.set(p, timerDial, m.undo.waitUntil)
	}
	m.listeningEnded(p, cause)
}
