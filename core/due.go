package core

// The calls of a program mostly have one timeout, so that they fall due in the
// order in which they begin. The timer of such a call goes to the end of a list,
// and leaves it without touching more than its two neighbours; in the heap, to
// begin and end a call would move the timers of half a dozen others. A call that
// is due before the last of the list has its timer in the heap.

// callTimer is the timer of one call.
type callTimer struct {
	pos        int32      // in the heap; inList or notArmed if it is not there
	slot       int32      // of the call
	due        Instant    // if in the list
	seq        uint64     // if in the list: the order of arming, as in timerItem
	prev, next *callTimer // neighbours in the list
}

// inList is the heap position of a timer that is in the list.
const inList = -2

// dueList is the list of the timers of calls, the one that is due first first.
type dueList struct {
	first, last *callTimer // nil in an empty list
	n           int        // its length
}

// push appends a timer that is in no list.
func (l *dueList) push(t *callTimer) {
	t.prev, t.next = l.last, nil
	if t.prev == nil {
		l.first = t
	} else {
		t.prev.next = t
	}
	l.last = t
	l.n++
}

// remove takes out a timer that is in the list.
func (l *dueList) remove(t *callTimer) {
	if t.prev == nil {
		l.first = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.last = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
	l.n--
}

// setCall arms the timer of a call, replacing the deadline it had.
func (q *timerQueue) setCall(t *callTimer, at Instant) {
	q.stopCall(t)
	if last := q.due.last; at == Never || last != nil && at < last.due {
		q.arm(&t.pos, t.slot, timerCall, at)
		return
	}
	q.seq++
	t.pos, t.due, t.seq = inList, at, q.seq
	q.due.push(t)
}

// stopCall disarms the timer of a call, wherever it is, if it is armed.
func (q *timerQueue) stopCall(t *callTimer) {
	if t.pos != inList {
		q.disarm(&t.pos)
		return
	}
	t.pos = notArmed
	q.due.remove(t)
}
