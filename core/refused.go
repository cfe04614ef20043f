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
	case PART:
		p.partRefused(ev.Link, m.now.Add(-m.cfg.Timing.Join))
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
