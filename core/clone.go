package core

// Clone returns a machine that behaves as m does from here on, and shares
// nothing with it but what neither writes: the bytes of pending calls.
func (m *Machine) Clone() *Machine {
	c := *m
	c.peers = m.peers.clone()
	c.calls = m.calls.clone()
	c.requests = m.requests.clone()
	c.timers = m.timers.clone(&c.peers, &c.calls)
	c.out = output{stats: m.out.stats}
	return &c
}
