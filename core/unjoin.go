package core

// joinUndo is a peer as it was before a JOIN, kept until the next event in case its
// STAY can't be sent.
type joinUndo struct {
	made      bool                // it made the entry of its peer
	linked    bool                // the dialling half had a link, or was opening one
	slot      int32               // of the peer
	dialling  diallingHalf        // of the peer
	listening listeningHalf       // of the peer
	early     *window             // of the peer
	due       [peerTimers]Instant // when its timers were due; Never: not armed
}

// undoOf returns what a JOIN of p is about to change.
func undoOf(p *peer, made bool, timers *timerQueue) *joinUndo {
	u := &joinUndo{
		made: made, linked: p.linked(), slot: p.slot,
		dialling: p.dialling, listening: p.listening, early: p.early,
	}
	for kind := range peerTimers {
		u.due[kind] = Never
		if p.armed(kind) {
			u.due[kind] = timers.dueAt(p, kind)
		}
	}
	return u
}

// clone returns a copy that shares nothing with u.
func (u *joinUndo) clone() *joinUndo {
	if u == nil {
		return nil
	}
	c := *u
	c.early = u.early.clone()
	return &c
}

// undoJoin takes back the JOIN of the last event, whose STAY could not be sent.
//
// PROTOCOL 3.6: "If the STAY can't be sent, the JOIN changed nothing." What has been
// sent has been sent, though: a link of our own that the JOIN ended is gone and is
// dialled again, and calls that were sent again on the new link wait on.
func (m *Machine) undoJoin(p *peer, link Link, cause Cause) {
	u := m.undo
	if u.settled(p) || link != p.listeningLink() {
		return
	}
	m.undo = nil
	m.replacing = replacing{}
	m.calls.eachPending(p, func(_ *call, r *row) {
		if r.link == link && link.N > u.listening.n {
			m.unsend(p, r)
		}
	})
	if u.listening.state != Serving {
		m.moveListening(p, inUnjoin, link, STAY)
	}
	p.listening.listeningLinks = u.listening.listeningLinks
	p.early = u.early
	if u.linked && !p.linked() {
		p.dialling.failures = u.dialling.failures
		m.listeningEnded(p, cause)
		return
	}
	// A TICK may have gone out. Its number is not used again, and its TOCK is late.
	u.dialling.tickBase += p.dialling.tick - u.dialling.tick
	u.dialling.tick, u.dialling.uses = p.dialling.tick, p.dialling.uses
	p.dialling.restore(&u.dialling)
	m.peerChanged(p, cause)
	for kind, at := range u.due {
		m.timers.stop(p, timerKind(kind))
		m.timers.set(p, timerKind(kind), at)
	}
	if u.made && p.forgettable() {
		m.forget(p)
	}
}
