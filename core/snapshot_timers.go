package core

// timers are the armed timers: those of the heap in its order, then those of the list.
func (s *snapshot) timers(m *Machine) {
	const leastHeap, leastList = 4, 3
	q := &m.timers
	integer(s, &q.seq)
	n := s.count(len(q.heap), leastHeap)
	for i := range n {
		if s.reading {
			q.heap = append(q.heap, timerItem{})
		}
		t := &q.heap[i]
		integer(s, &t.at)
		integer(s, &t.seq)
		integer(s, &t.owner)
		integer(s, &t.kind)
		if s.reading {
			t.pos = m.positionOf(t.owner, t.kind)
			s.need(t.pos != nil && *t.pos == notArmed && (i == 0 || !t.before(&q.heap[(i-1)/heapArity])))
			if s.broken {
				return
			}
			*t.pos = int32(i)
		}
	}
	n = s.count(q.due.n, leastList)
	for t, i := q.due.first, 0; i < n; i++ {
		t = s.listed(m, t)
		if s.broken {
			return
		}
	}
}

// listed is a timer of the list: t, if it is written. It returns the next one.
func (s *snapshot) listed(m *Machine, t *callTimer) (next *callTimer) {
	slot := int32(noSlot)
	if t != nil {
		slot = t.slot
	}
	integer(s, &slot)
	if s.reading {
		if pos := m.positionOf(slot, timerCall); pos == nil || *pos != notArmed {
			s.fail()
			return nil
		}
		t = &m.calls.slots[slot].timer
	}
	integer(s, &t.due)
	integer(s, &t.seq)
	if s.reading {
		last := m.timers.due.last
		s.need(last == nil || last.due <= t.due)
		t.pos = inList
		m.timers.due.push(t)
	}
	return t.next
}

// positionOf returns where the owner of a timer keeps its position, nil if there is no
// such owner.
func (m *Machine) positionOf(owner int32, kind timerKind) *int32 {
	switch {
	case kind < peerTimers && m.peers.has(owner):
		return &m.peers.slots[owner].timers[kind]
	case kind == timerCall && owner >= 0 && int(owner) < len(m.calls.slots) && m.calls.slots[owner].live:
		return &m.calls.slots[owner].timer.pos
	}
	return nil
}
