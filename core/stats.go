package core

import "time"

// Stats counts what a machine did since it was made, and what it holds now.
// Arrays are indexed by the enum's values.
type Stats struct {
	FramesIn, FramesOut [commandCount]uint64 // by Command
	Drops               [dropCount]uint64    // by Drop
	Refusals            [refusalCount]uint64 // by Refusal
	Outcomes            [outcomeCount]uint64 // by Outcome, one for each addressed peer

	Calls        uint64 // calls begun
	Casts        uint64 // casts begun
	Dials        uint64 // links dialled
	Resends      uint64 // CALLs sent again over a new link
	SendsRefused uint64 // EvSendRefused fed
	RepliesLost  uint64 // replies that no link took to the caller

	// Counts of what the machine holds at this moment.
	Peers, ActivePeers, CallsPending, Serving, Timers int
}

// Stats returns the counters, by value.
func (m *Machine) Stats() Stats {
	s := m.out.stats
	s.Peers = m.peers.len()
	s.ActivePeers = m.peers.active
	s.CallsPending = m.calls.pending()
	s.Serving = m.requests.running
	s.Timers = m.timers.armed()
	return s
}

// PeerStatus is a snapshot of what a machine knows of one peer.
type PeerStatus struct {
	Name                        string // of the peer
	Address                     string // empty: not dialled by us
	Dialling, Listening         State  // of the two halves
	DiallingLink, ListeningLink Link   // their current links; a number is zero if there was none yet
	Active                      bool   // requests are offered to it
	Ours                        bool   // it has shown to speak our extensions
	Proven                      bool   // the peer's dial has been used since it joined
	Backoff                     int    // failed dial phases in a row, at most Timing.BackoffMax
	Pending                     int    // calls that wait for its reply
	Serving                     int    // its requests being served
	// RoundTrip is how long it took the peer to answer the latest message that is answered
	// at once: a TICK of ours, or the STAY to its latest JOIN. Zero: none has been answered.
	RoundTrip time.Duration
	// NextDial is when it is dialled next, in the state Waiting; else zero.
	NextDial Instant
}

// Status returns the snapshot of one peer, false for a name that is not known.
func (m *Machine) Status(name string) (PeerStatus, bool) {
	p := m.peers.named(name) // not by find, which writes: a query changes nothing
	if p == nil {
		return PeerStatus{}, false
	}
	return p.status(&m.timers), true
}

// AppendStatus appends the snapshots of all peers, in a deterministic order.
func (m *Machine) AppendStatus(dst []PeerStatus) []PeerStatus {
	return m.peers.appendStatus(dst, &m.timers)
}

// Active appends the names of the active peers, in a deterministic order.
func (m *Machine) Active(dst []string) []string { return m.peers.appendActive(dst) }

// ActiveCount returns how many peers are active.
func (m *Machine) ActiveCount() int { return m.peers.active }
