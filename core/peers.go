package core

import (
	"cmp"
	"slices"
)

// peerTable holds what a machine knows of other nodes, by slot and by name. The
// map is only ever indexed; every walk is over the slots, so that it has an order.
type peerTable struct {
	slots     []*peer          // nil where free
	freeSlots []int32          // free slots
	byName    map[string]*peer // those of the slots, once there are more than slotsFew of these
	last      *peer            // the one that find returned last, if it is still in the table
	made      uint64           // entries made so far
	active    int              // peers that the driver has been told are up
	// The list of forgettable peers, by slot, the one that has been so for longest
	// first; noSlot where there is none.
	idleFirst, idleLast int32
}

// noSlot is no peer.
const noSlot = -1

// slotsFew is how many slots are searched for a name one by one.
const slotsFew = 8

// newPeerTable returns an empty table.
func newPeerTable() peerTable {
	return peerTable{idleFirst: noSlot, idleLast: noSlot}
}

// len returns how many peers are in the table.
func (t *peerTable) len() int { return len(t.slots) - len(t.freeSlots) }

// named returns the entry of a name, nil if there is none. It changes nothing.
func (t *peerTable) named(name string) *peer {
	if t.byName != nil {
		return t.byName[name]
	}
	for _, p := range t.slots {
		if p != nil && p.name == name {
			return p
		}
	}
	return nil
}

// index has p, which is in its slot, found by its name.
func (t *peerTable) index(p *peer) {
	switch {
	case t.byName != nil:
		t.byName[p.name] = p
	case len(t.slots) > slotsFew:
		t.byName = make(map[string]*peer, len(t.slots))
		for _, p := range t.slots {
			if p != nil {
				t.byName[p.name] = p
			}
		}
	}
}

// find returns the entry of a name, nil if there is none. Much of what comes is
// about the same peer as what came before it.
func (t *peerTable) find(name string) *peer {
	if t.last != nil && t.last.name == name {
		return t.last
	}
	p := t.named(name)
	t.last = p
	return p
}

// appendAddressed appends a row for each addressed peer in the table, in the order
// of their slots, each once: for all that are active, if to is empty, else for
// those of these names. The node's own name is in no table. The rows must be empty.
func (t *peerTable) appendAddressed(rows []row, to []string) []row {
	if len(to) == 0 {
		for slot, p := range t.slots {
			if p != nil && p.active() {
				rows = append(rows, row{peer: int32(slot)})
			}
		}
		return rows
	}
	for _, name := range to {
		if p := t.find(name); p != nil {
			rows = append(rows, row{})
			rows[len(rows)-1].peer = p.slot
		}
	}
	if len(rows) > 1 {
		slices.SortFunc(rows, func(a, b row) int { return cmp.Compare(a.peer, b.peer) })
		rows = slices.CompactFunc(rows, func(a, b row) bool { return a.peer == b.peer })
	}
	return rows
}

// newPeer returns an entry of that slot with nothing in it.
func newPeer(slot int32) *peer {
	p := &peer{slot: slot, prev: noSlot, next: noSlot}
	for i := range p.timers {
		p.timers[i] = notArmed
	}
	return p
}

// add makes the entry of a name that has none, on a node of that incarnation.
func (t *peerTable) add(name string, incarnation uint64) *peer {
	p := newPeer(0)
	p.name = name
	t.made++
	p.self = mix(incarnation, t.made)
	if n := len(t.freeSlots); n > 0 {
		p.slot = t.freeSlots[n-1]
		t.freeSlots = t.freeSlots[:n-1]
		t.slots[p.slot] = p
	} else {
		p.slot = int32(len(t.slots))
		t.slots = append(t.slots, p)
	}
	t.index(p)
	return p
}

// mix spreads (incarnation, count) over 64 bits, never zero, so that two
// entries or two lives of a node don't share a value (the finaliser of
// splitmix64, Steele, Lea and Flood, OOPSLA 2014).
func mix(incarnation, count uint64) uint64 {
	z := incarnation + count*0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31 | 1
}

// remove takes p out of the table. Its timers must have been stopped.
func (t *peerTable) remove(p *peer) {
	t.unlist(p)
	delete(t.byName, p.name)
	t.last = nil
	t.slots[p.slot] = nil
	t.freeSlots = append(t.freeSlots, p.slot)
}

// evictable returns the peer that has been forgettable for longest and that no
// call or handler names, nil if there is none.
func (t *peerTable) evictable() *peer {
	for slot := t.idleFirst; slot != noSlot; slot = t.slots[slot].next {
		if p := t.slots[slot]; p.pending == 0 && p.serving == 0 {
			return p
		}
	}
	return nil
}

// list appends p, which is not in it, to the list of forgettable peers.
func (t *peerTable) list(p *peer) {
	p.idle, p.prev, p.next = true, t.idleLast, noSlot
	if p.prev == noSlot {
		t.idleFirst = p.slot
	} else {
		t.slots[p.prev].next = p.slot
	}
	t.idleLast = p.slot
}

// unlist takes p out of the list of forgettable peers, if it is in it.
func (t *peerTable) unlist(p *peer) {
	if !p.idle {
		return
	}
	p.idle = false
	if p.prev == noSlot {
		t.idleFirst = p.next
	} else {
		t.slots[p.prev].next = p.next
	}
	if p.next == noSlot {
		t.idleLast = p.prev
	} else {
		t.slots[p.next].prev = p.prev
	}
}

// appendActive appends the names of the active peers, in the order of their slots.
func (t *peerTable) appendActive(dst []string) []string {
	for _, p := range t.slots {
		if p != nil && p.active() {
			dst = append(dst, p.name)
		}
	}
	return dst
}

// appendStatus appends the snapshots of all peers, in the order of their slots.
func (t *peerTable) appendStatus(dst []PeerStatus, timers *timerQueue) []PeerStatus {
	for _, p := range t.slots {
		if p != nil {
			dst = append(dst, p.status(timers))
		}
	}
	return dst
}
