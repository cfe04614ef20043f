package core

// Stats counts what a machine did since it was made, and what it holds now.
// Arrays are indexed by the enum's values.
type Stats struct {
	FramesIn, FramesOut [commandCount]uint64 // by Command
	Drops               [dropCount]uint64    // by Drop
	Refusals            [refusalCount]uint64 // by Refusal
	Outcomes            [outcomeCount]uint64 // by Outcome, one for each addressed peer

	Calls        uint64 // calls begun
	Casts        uint64
	Dials        uint64 // links dialled
	Resends      uint64 // CALLs sent again over a new link
	SendsRefused uint64
	RepliesLost  uint64 // replies that no link took to the caller

	// What the machine holds at this moment.
	Peers, ActivePeers, CallsPending, Serving, Timers int
}

// Stats returns the counters, by value.
func (m *Machine) Stats() Stats {
	s := m.stats
	s.Peers = len(m.byName)
	s.ActivePeers = m.activeCount
	s.CallsPending = m.byCall.n
	s.Serving = m.servingCount
	s.Timers = len(m.timers) + m.due.n
	return s
}

// PeerStatus is a snapshot of what a machine knows of one peer.
type PeerStatus struct {
	Name    string
	Address string // empty: not dialled by us
	// The halves and their links; a link's number is zero if there was none yet.
	Dial, Listen         State
	DialLink, ListenLink Link
	Active               bool
	Ours                 bool // speaks our extensions
	Proven               bool // the peer's dial has been used since it joined
	Backoff              int  // failed dial phases in a row, at most Timing.BackoffMax
	Pending              int  // calls that wait for its reply
	Serving              int  // its requests being served
}

// Status returns the snapshot of one peer, false for a name that is not known.
func (m *Machine) Status(name string) (PeerStatus, bool) {
	p := m.byName[name]
	if p == nil {
		return PeerStatus{}, false
	}
	return p.status(), true
}

// AppendStatus appends the snapshots of all peers, in a deterministic order.
func (m *Machine) AppendStatus(dst []PeerStatus) []PeerStatus {
	for _, p := range m.peers {
		if p != nil {
			dst = append(dst, p.status())
		}
	}
	return dst
}

func (p *peer) status() PeerStatus {
	return PeerStatus{
		Name: p.name, Address: p.address,
		Dial: p.dial.state, Listen: p.listen.state,
		DialLink: p.dialLink(), ListenLink: p.listenLink(),
		Active: p.active(), Ours: p.ours, Proven: p.listen.proven,
		Backoff: int(p.dial.k), Pending: int(p.pending), Serving: int(p.serving),
	}
}

// Active appends the names of the active peers, in a deterministic order.
func (m *Machine) Active(dst []string) []string {
	for _, p := range m.peers {
		if p != nil && p.active() {
			dst = append(dst, p.name)
		}
	}
	return dst
}

// ActiveCount returns how many peers are active.
func (m *Machine) ActiveCount() int { return m.activeCount }
