package core

// A handler whose reply nobody will get should end early.
//
// PROTOCOL 8.11: "The driver of a callee learns, once, that nobody gets the reply to a
// request any more, so that its handler can end early". This file finds those whose
// caller is gone; one that takes its call back says so by VOID (serve.go).

// cancel tells the driver that nobody waits for the reply to a request any more, once.
// cause is zero where the caller has said so.
func (m *Machine) cancel(slot int, cause Cause) {
	r := &m.requests.slots[slot]
	if r.canceled {
		return
	}
	r.canceled = true
	a := m.out.emit(ActCancel)
	a.Ticket, a.Cause = ticket(int32(slot), r.generation), cause
}

// cancelWhere cancels the CALLs of p that are being served and of which is holds.
func (m *Machine) cancelWhere(p *peer, cause Cause, is func(r *request) bool) {
	if p.serving == 0 {
		return
	}
	for i := range m.requests.slots {
		if r := &m.requests.slots[i]; r.live && r.wantsReply && r.peer == p.slot && is(r) {
			m.cancel(i, cause)
		}
	}
}

// cancelUnlinked cancels what a life of p has asked that has told no incarnation, by a
// link that is over: only that link could have brought the reply.
func (m *Machine) cancelUnlinked(p *peer) {
	if p.serving == 0 {
		return
	}
	m.cancelWhere(p, CauseLost, func(r *request) bool { return r.incarnation == 0 && m.over(p, r.link) })
}

// over says whether a link of p never comes back. An accepted one that was only silent may
// join again, and one that a newer one has replaced is back if the STAY there is refused.
func (m *Machine) over(p *peer, link Link) bool {
	if link.Half == Dialling {
		return link.N != p.dialling.n || !p.linked()
	}
	return link.N > 0 && p.listening.stale(link.N) && (link.N >= p.listening.n || m.undo.settled(p))
}

// settled says whether the latest JOIN of p stands: it can't be undone any more.
func (u *joinUndo) settled(p *peer) bool { return u == nil || u.slot != p.slot }

// cancelFormer cancels what another life of p has asked than the one that has told
// itself by now, unless a link still leads to it. Its calls ended with it.
func (m *Machine) cancelFormer(p *peer) {
	if p.serving == 0 {
		return
	}
	m.cancelWhere(p, CauseRestarted, func(r *request) bool {
		return r.incarnation != 0 && !p.reaches(r.incarnation, p.diallingLink()) && !p.reaches(r.incarnation, p.listeningLink())
	})
}

// reaches says whether link is up and leads to that incarnation of p.
func (p *peer) reaches(incarnation uint64, link Link) bool {
	told, is := p.toldOn(link)
	return is && told == incarnation && p.carries(link)
}

// cancelLeft cancels what came by link, whose other end has said that it leaves: it has
// ended its calls.
func (m *Machine) cancelLeft(p *peer, link Link) {
	m.cancelWhere(p, CauseParted, func(r *request) bool { return r.link == link })
}

// cancelAll cancels everything that p has asked: it has been away for so long that it is
// given up.
func (m *Machine) cancelAll(p *peer) {
	m.cancelWhere(p, CauseUnreachable, func(*request) bool { return true })
}
