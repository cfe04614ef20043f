package core

// request is a CALL or CAST whose handler is running.
type request struct {
	live       bool   // the handler is running; if not, the slot is free
	wantsReply bool   // a CALL
	voided     bool   // the caller has taken it back: no reply is sent
	canceled   bool   // the driver has been told that nobody waits for the reply
	generation uint32 // tells the tickets of one slot apart
	asker             // whose it is
	id         uint32 // the caller's id for it
	link       Link   // the reply goes by it
}

// asker is one life of a peer: what an id of a call means is known with it only.
type asker struct {
	peer        int32  // slot
	incarnation uint64 // zero while it has not been told on the link of the request
}

// requestTable holds the requests of all peers that are being served.
type requestTable struct {
	slots     []request // those in use have live set
	freeSlots []int32   // the others
	running   int       // requests that are live
}

// start notes that the handler of a request runs, and returns the ticket that
// ends it.
func (t *requestTable) start(by asker, id uint32, link Link, wantsReply bool) Ticket {
	var slot int32
	if n := len(t.freeSlots); n > 0 {
		slot = t.freeSlots[n-1]
		t.freeSlots = t.freeSlots[:n-1]
	} else {
		slot = int32(len(t.slots))
		t.slots = append(t.slots, request{})
	}
	r := &t.slots[slot]
	r.live, r.wantsReply, r.voided, r.canceled = true, wantsReply, false, false
	r.generation++
	r.asker, r.id, r.link = by, id, link
	t.running++
	return ticket(slot, r.generation)
}

// ticket returns the name of the request that is the slot's of that generation.
func ticket(slot int32, generation uint32) Ticket {
	return Ticket(uint64(generation)<<32 | uint64(uint32(slot)))
}

// end frees what was kept of a request and returns it; ok is false for a ticket
// that is not, or no longer, good.
func (t *requestTable) end(k Ticket) (r request, ok bool) {
	slot := uint32(k)
	if uint64(slot) >= uint64(len(t.slots)) {
		return request{}, false
	}
	r = t.slots[slot]
	if !r.live || ticket(int32(slot), r.generation) != k {
		return request{}, false
	}
	t.slots[slot].live = false
	t.freeSlots = append(t.freeSlots, int32(slot))
	t.running--
	return r, true
}

// tell notes which life of a peer has asked what came by a link before it was told, and
// calls with each id.
func (t *requestTable) tell(by asker, link Link, with func(id uint32)) {
	for i := range t.slots {
		if r := &t.slots[i]; r.live && r.peer == by.peer && r.link == link && r.incarnation == 0 {
			r.asker = by
			with(r.id)
		}
	}
}

// find returns the running request of a caller with this id, nil if there is none.
func (t *requestTable) find(by asker, id uint32) *request {
	for i := range t.slots {
		if r := &t.slots[i]; r.live && r.asker == by && r.id == id {
			return r
		}
	}
	return nil
}

// void takes back the running CALLs of a caller with this id, and calls with each slot. It
// is more than one where copies of the CALL were run before the caller had told its life.
func (t *requestTable) void(by asker, id uint32, with func(slot int)) {
	for i := range t.slots {
		r := &t.slots[i]
		if r.live && r.asker == by && r.id == id && r.wantsReply && !r.voided {
			r.voided = true
			with(i)
		}
	}
}
