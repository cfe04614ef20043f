package core

// The calls of a program mostly have one timeout, so that they fall due in the
// order in which they begin. Such a call goes to the end of a list, and leaves it
// without touching more than its two neighbours; in the heap, to begin and end it
// would move the timers of half a dozen others. A call that is due before the last
// of the list has its timer in the heap.

// dueList is the list of those calls, by slot, the one that is due first first.
type dueList struct {
	first, last int32
	n           int
}

// inList is the heap position of the timer of a call that is in the list.
const inList = -2

// armCall sets the timer of a call, replacing the deadline it had.
func (m *Machine) armCall(slot int32, at Instant) {
	c, l := &m.calls[slot], &m.due
	m.disarmCall(c)
	if at == Never || l.last != noSlot && at < m.calls[l.last].due {
		m.arm(&c.timer, slot, timerCall, at)
		return
	}
	m.timerSeq++
	c.timer, c.due, c.seq = inList, at, m.timerSeq
	c.prev, c.next = l.last, noSlot
	if c.prev == noSlot {
		l.first = slot
	} else {
		m.calls[c.prev].next = slot
	}
	l.last = slot
	l.n++
}

// disarmCall stops the timer of a call, wherever it is, if it has one.
func (m *Machine) disarmCall(c *call) {
	if c.timer != inList {
		m.disarm(&c.timer)
		return
	}
	l := &m.due
	c.timer = notArmed
	if c.prev == noSlot {
		l.first = c.next
	} else {
		m.calls[c.prev].next = c.next
	}
	if c.next == noSlot {
		l.last = c.prev
	} else {
		m.calls[c.next].prev = c.prev
	}
	l.n--
}

// earliest returns the timer that is due first, of all that there are; false if
// there is none.
func (m *Machine) earliest() (t timerItem, ok bool) {
	if slot := m.due.first; slot != noSlot {
		c := &m.calls[slot]
		t, ok = timerItem{c.due, c.seq, slot, timerCall}, true
	}
	if len(m.timers) > 0 && (!ok || m.timers[0].before(&t)) {
		t, ok = m.timers[0], true
	}
	return t, ok
}
