package core

// machine is the whole state: all but the Config, what the last Step has said, and what
// is only there to find other things.
func (s *snapshot) machine(m *Machine) {
	integer(s, &m.now)
	s.random(&m.rng)
	integer(s, &m.dialSeq)
	s.flag(&m.stopped)
	s.stats(&m.out.stats)
	s.text(&m.replacing.peer)
	integer(s, &m.replacing.n)
	s.peers(&m.peers, m.cfg.Limits.PeersMax)
	s.calls(m)
	s.requests(m)
	s.timers(m)
	s.undo(&m.undo)
}

// peers are the peers, by slot, with the order in which slots are given out and peers are
// forgotten.
func (s *snapshot) peers(t *peerTable, most int) {
	integer(s, &t.made)
	integer(s, &t.active)
	n := s.count(len(t.slots), 1)
	s.need(n <= most)
	for slot := range n {
		if s.broken {
			return
		}
		if s.reading {
			t.slots = append(t.slots, nil)
		}
		there := t.slots[slot] != nil
		s.flag(&there)
		if !there {
			continue
		}
		p := t.slots[slot]
		if s.reading {
			p = newPeer(int32(slot))
		}
		s.peer(p)
		if s.reading {
			s.need(t.named(p.name) == nil)
			t.slots[slot] = p
			t.index(p)
		}
	}
	s.freeSlots(&t.freeSlots, n, func(slot int32) bool { return t.slots[slot] == nil })
	s.forgettable(t)
}

// freeSlots are the slots of a table of n that are free, in the order in which they are
// given out from the end.
func (s *snapshot) freeSlots(v *[]int32, n int, free func(int32) bool) {
	count := s.count(len(*v), 1)
	used := make([]bool, n)
	if s.reading {
		*v = make([]int32, count)
	}
	for i := range count {
		slot := (*v)[i]
		integer(s, &slot)
		s.need(slot >= 0 && int(slot) < n && free(slot) && !used[slot])
		if s.broken {
			return
		}
		(*v)[i], used[slot] = slot, true
	}
}

// forgettable is the list of forgettable peers.
func (s *snapshot) forgettable(t *peerTable) {
	n := 0
	if !s.reading {
		for slot := t.idleFirst; slot != noSlot; slot = t.slots[slot].next {
			n++
		}
	}
	n = s.count(n, 1)
	for slot, i := t.idleFirst, 0; i < n; i++ {
		integer(s, &slot)
		s.need(t.has(slot) && !t.slots[slot].idle)
		if s.broken {
			return
		}
		if s.reading {
			t.list(t.slots[slot])
		}
		slot = t.slots[slot].next
	}
}

// has says whether a slot is that of a peer.
func (t *peerTable) has(slot int32) bool {
	return slot >= 0 && int(slot) < len(t.slots) && t.slots[slot] != nil
}

// peer is a peer, but for its slot, its timers and its place among the forgettable ones.
func (s *snapshot) peer(p *peer) {
	s.text(&p.name)
	s.text(&p.address)
	s.flags(&p.up, &p.ours, &p.parted)
	integer(s, &p.self)
	integer(s, &p.roundTrip)
	integer(s, &p.pending)
	integer(s, &p.serving)
	integer(s, &p.partAt)
	integer(s, &p.partN)
	s.dialling(&p.dialling)
	s.listening(&p.listening)
	for i := range p.seen {
		s.window(&p.seen[i])
	}
	s.window(&p.early)
	s.window(&p.unrun)
}

// dialling is a dialling half.
func (s *snapshot) dialling(d *diallingHalf) {
	d.snapshot(s)
	integer(s, &d.stage)
	s.need(d.stage <= stageMetResumed)
	integer(s, &d.n)
	s.meet(&d.told)
	integer(s, &d.doubt)
	s.flags(&d.answered, &d.resumable, &d.overdue)
	integer(s, &d.failures)
	s.need(d.failures <= backoffLimit)
	integer(s, &d.joins)
	integer(s, &d.nextJoin)
	integer(s, &d.tick)
	integer(s, &d.tickBase)
	integer(s, &d.tickAt)
	integer(s, &d.heard)
	integer(s, &d.since)
	integer(s, &d.pause)
	integer(s, &d.uses)
}

// listening is a listening half.
func (s *snapshot) listening(l *listeningHalf) {
	l.snapshot(s)
	integer(s, &l.n)
	integerList(s, l.gone[:])
	s.flags(&l.proven, &l.met, &l.former.met)
	s.meet(&l.told)
	integer(s, &l.former.n)
	integer(s, &l.former.incarnation)
	integer(s, &l.heard)
	integer(s, &l.sent)
	integer(s, &l.stayed)
	integer(s, &l.nudge)
}

// undo is what the JOIN that was the last event changed.
func (s *snapshot) undo(of **joinUndo) {
	valid, u := *of != nil, new(joinUndo)
	if valid {
		u = *of
	}
	s.flags(&valid, &u.made, &u.linked)
	integer(s, &u.slot)
	s.dialling(&u.dialling)
	s.listening(&u.listening)
	s.window(&u.early)
	integerList(s, u.due[:])
	if s.reading && valid {
		*of = u
	}
}

// calls are the pending calls, but for their timers.
func (s *snapshot) calls(m *Machine) {
	t := &m.calls
	integer(s, &t.lastID)
	n := s.count(len(t.slots), 1)
	s.need(n <= m.cfg.Limits.CallsMax+1) // a cast borrows one
	for slot := range n {
		if s.broken {
			return
		}
		if s.reading {
			t.slots = append(t.slots, newCall(int32(slot)))
		}
		c := t.slots[slot]
		s.flag(&c.live)
		if s.broken || !c.live {
			continue
		}
		s.call(c, &m.peers)
		if s.reading && !s.broken {
			t.byID.add(uint64(c.id), c.slot)
			t.byHandle.add(uint64(c.handle), c.slot)
		}
	}
	s.freeSlots(&t.freeSlots, n, func(slot int32) bool { return !t.slots[slot].live })
}

// call is a pending call.
func (s *snapshot) call(c *call, peers *peerTable) {
	const leastRow = 8
	s.flags(&c.idempotent, &c.tellDeadline)
	integer(s, &c.handle)
	integer(s, &c.id)
	integer(s, &c.pending)
	integer(s, &c.deadline)
	s.bytesOf(&c.method)
	s.body(&c.body)
	s.body(&c.head)
	n := s.count(len(c.rows), leastRow)
	if s.reading {
		c.rows = make([]row, n)
	}
	for i := range n {
		r := &c.rows[i]
		integer(s, &r.peer)
		s.flags(&r.pending, &r.atMostOnce, &r.resent, &r.unrun)
		s.link(&r.link)
		integer(s, &r.incarnation)
		s.need(!r.pending || peers.has(r.peer))
	}
}

// requests are those being served, and the tickets that the free slots have had.
func (s *snapshot) requests(m *Machine) {
	const leastRequest = 10
	t := &m.requests
	integer(s, &t.running)
	n := s.count(len(t.slots), leastRequest)
	s.need(n <= m.cfg.Limits.ServingMax)
	if s.reading && !s.broken {
		t.slots = make([]request, n)
	}
	for i := range t.slots {
		r := &t.slots[i]
		s.flags(&r.live, &r.wantsReply, &r.voided, &r.canceled)
		integer(s, &r.generation)
		integer(s, &r.peer)
		integer(s, &r.incarnation)
		integer(s, &r.id)
		s.link(&r.link)
		s.need(!r.live || m.stopped || m.peers.has(r.peer))
	}
	s.freeSlots(&t.freeSlots, n, func(slot int32) bool { return !t.slots[slot].live })
}
