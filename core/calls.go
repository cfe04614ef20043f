package core

// call is a pending call of our user, and the machine's memory of which peers it
// asked.
type call struct {
	live       bool // in use: pending, or borrowed for a cast
	idempotent bool // it may run more than once at a peer
	// tellDeadline says that the peers are told of the deadline.
	tellDeadline bool
	handle       CallID    // the driver's name for it
	id           uint32    // its id on the wire
	slot         int32     // in the table of calls
	pending      int32     // rows without an outcome
	timer        callTimer // when it ends without the replies that are missing
	deadline     Instant   // the same
	method       []byte    // the user's, until ActDone
	body         []byte    // the user's, until ActDone
	head         []byte    // the user's, until ActDone
	rows         []row     // by the slots of the peers, which rise
}

// row is one addressed peer of a call.
type row struct {
	peer       int32 // slot
	pending    bool  // it was asked, and has no outcome yet
	atMostOnce bool  // the peer runs a request of link at most once
	resent     bool  // the CALL went out more than once
	unrun      bool  // the peer has said that it did not run the only CALL that went out
	link       Link  // the CALL went by it; zero where no link can bring the reply
	// incarnation of the callee that was asked; zero while it has not been told.
	incarnation uint64
}

// row returns the row of a peer, nil if it was not asked.
func (c *call) row(peer int32) *row {
	from, to := 0, len(c.rows)
	for from < to {
		if mid := (from + to) / 2; c.rows[mid].peer < peer {
			from = mid + 1
		} else {
			to = mid
		}
	}
	if from == len(c.rows) || c.rows[from].peer != peer {
		return nil
	}
	return &c.rows[from]
}

// callTable holds the pending calls of a machine, by slot, by the id on the wire
// and by the driver's name.
type callTable struct {
	slots     []*call // those in use have live set
	freeSlots []int32 // free slots
	byID      index   // slots by call.id
	byHandle  index   // slots by call.handle
	lastID    uint32  // the call id that was given out last
}

// rowsKept bounds the memory that a finished call leaves to the next one.
const rowsKept = 1024

// pending returns how many calls are pending.
func (t *callTable) pending() int { return t.byHandle.n }

// alloc returns a call that is in use from here on, with nothing in it.
func (t *callTable) alloc() *call {
	if n := len(t.freeSlots); n > 0 {
		c := t.slots[t.freeSlots[n-1]]
		t.freeSlots = t.freeSlots[:n-1]
		c.live = true
		return c
	}
	c := newCall(int32(len(t.slots)))
	c.live = true
	t.slots = append(t.slots, c)
	return c
}

// newCall returns a call of that slot with nothing in it.
func newCall(slot int32) *call {
	return &call{slot: slot, timer: callTimer{pos: notArmed, slot: slot}}
}

// free gives back a call that no index knows and whose timer is stopped.
func (t *callTable) free(c *call) {
	rows := c.rows
	if cap(rows) > rowsKept {
		rows = nil
	}
	slot := c.slot
	*c = call{} // and no copy of a whole one
	c.slot, c.rows = slot, rows[:0]
	c.timer.pos, c.timer.slot = notArmed, slot
	t.freeSlots = append(t.freeSlots, c.slot)
}

// nextID returns a call id that no pending call has.
//
// PROTOCOL 7.2: "Call ids rise by one from a random start; zero is never used."
func (t *callTable) nextID() uint32 {
	for {
		t.lastID++
		if _, taken := t.byID.get(uint64(t.lastID)); t.lastID != 0 && !taken {
			return t.lastID
		}
	}
}

// register gives a call its id on the wire, and lets it be found.
func (t *callTable) register(c *call) {
	c.id = t.nextID()
	t.byID.add(uint64(c.id), c.slot)
	t.byHandle.add(uint64(c.handle), c.slot)
}

// unregister takes a call out of the indexes.
func (t *callTable) unregister(c *call) {
	t.byID.remove(uint64(c.id))
	t.byHandle.remove(uint64(c.handle))
}

// withID returns the pending call with this id on the wire, nil if there is none.
func (t *callTable) withID(id uint32) *call {
	if slot, ok := t.byID.get(uint64(id)); ok {
		return t.slots[slot]
	}
	return nil
}

// named returns the pending call with the driver's name, nil if there is none.
func (t *callTable) named(handle CallID) *call {
	if slot, ok := t.byHandle.get(uint64(handle)); ok {
		return t.slots[slot]
	}
	return nil
}

// eachPending calls f for every row of a pending call that waits for p, in the
// order of the calls' slots. It walks all pending calls, which links lost and
// restarts can afford.
func (t *callTable) eachPending(p *peer, f func(*call, *row)) {
	if p.pending == 0 {
		return
	}
	for _, c := range t.slots {
		if !c.live {
			continue
		}
		if r := c.row(p.slot); r != nil && r.pending {
			f(c, r)
		}
	}
}
