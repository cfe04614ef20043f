package core

import "slices"

// Clone returns a machine that behaves as m does from here on, and shares
// nothing with it but what neither writes: the bytes of pending calls.
func (m *Machine) Clone() *Machine {
	c := *m
	c.out, c.scratch, c.last = nil, nil, nil
	c.byName = make(map[string]*peer, len(m.byName))
	c.peers = make([]*peer, len(m.peers))
	for slot, p := range m.peers {
		if p == nil {
			continue
		}
		q := *p
		q.seen = [2]*window{p.seen[0].clone(), p.seen[1].clone()}
		q.early = p.early.clone()
		c.peers[slot] = &q
		c.byName[q.name] = &q
	}
	c.freePeers = slices.Clone(m.freePeers)
	c.calls = slices.Clone(m.calls)
	for i := range c.calls {
		c.calls[i].rows = slices.Clone(c.calls[i].rows)
	}
	c.freeCalls = slices.Clone(m.freeCalls)
	c.byID, c.byCall = m.byID.clone(), m.byCall.clone()
	c.requests, c.freeRequests = slices.Clone(m.requests), slices.Clone(m.freeRequests)
	c.timers = slices.Clone(m.timers)
	return &c
}

func (w *window) clone() *window {
	if w == nil {
		return nil
	}
	c := *w
	return &c
}
