package bilateralrpc

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// PeerState is the state of one of the two connections that a node and a peer may
// have: the one that the node dials, and the one that the peer dials.
// docs/PROTOCOL.md, section 3, draws the states.
type PeerState string

// The states. In Connected, Check and Serving the peer is active.
const (
	StateIdle      PeerState = "Idle"      // no connection, and none is wanted
	StateWaiting   PeerState = "Waiting"   // dialling: between two attempts
	StateReaching  PeerState = "Reaching"  // dialling: no connection is up yet
	StateProbe     PeerState = "Probe"     // dialling: up, and a peer that is not known as ours is asked whether it serves already
	StateHandshake PeerState = "Handshake" // dialling: up, and JOIN is on its way
	StateLimbo     PeerState = "Limbo"     // dialling: an old peer has accepted but does not answer yet
	StateConnected PeerState = "Connected" // dialling: accepted
	StateCheck     PeerState = "Check"     // dialling: accepted, and asked for a sign of life
	StateDraining  PeerState = "Draining"  // dialling: accepted, but the peer's own dial has taken over
	StateServing   PeerState = "Serving"   // the peer's dial is accepted
)

// PeerStatus is what a node knows of one peer at one moment.
type PeerStatus struct {
	Name    string
	Address string    // that the node dials; empty if it does not
	From    string    // where the peer dials from, its IP address for example; empty if it does not, or that is not known
	Active  bool      // it can be called
	Since   time.Time // when it became active, by Config.Clock; zero if it is not
	Ours    bool      // it speaks the extensions of this implementation
	// Dialling is the state of the connection that the node dials, Listening of the
	// one that it listens for, which the peer dials. DiallingLink and ListeningLink
	// number the newest ones, 0 if there was none; log lines show these numbers.
	Dialling, Listening         PeerState
	DiallingLink, ListeningLink uint64
	Proven                      bool // the peer's dial has been used since it joined
	Backoff                     int  // failed dial phases in a row, at most Timing.BackoffMax
	Pending                     int  // calls that wait for its reply
	Serving                     int  // its requests being served
	// RoundTrip is how long the peer took to answer the latest message that is answered at
	// once. A peer that the node dials is asked once in LIVE_TIME, one that dials the node
	// when it joins, if it is Ours. Zero: not measured yet.
	RoundTrip time.Duration
	// NextDial is when the node dials the peer again, by Config.Clock, while Dialling is
	// StateWaiting; else zero. Redial does not wait for it.
	NextDial time.Time
	// Err is why the last connection failed, or the last attempt at one, of a peer that
	// this node dials; nil once the peer is active. Its text is for people.
	Err error
	// LastErr is what went wrong last, with this peer and whoever dials, and LastErrAt when
	// that was. They stay when the peer is active again; nil if nothing has gone wrong.
	LastErr   error
	LastErrAt time.Time
}

func peerStatusOf(s *zmqio.PeerStatus) PeerStatus {
	return PeerStatus{
		Name: s.Name, Address: s.Address, Active: s.Active, Ours: s.Ours,
		Dialling: PeerState(s.Dialling.String()), Listening: PeerState(s.Listening.String()),
		DiallingLink: s.DiallingLink.N, ListeningLink: s.ListeningLink.N,
		Proven: s.Proven, Backoff: s.Backoff, Pending: s.Pending, Serving: s.Serving,
		From: s.From, Since: s.Since, RoundTrip: s.RoundTrip, NextDial: s.NextDial,
		Err: s.Err, LastErr: s.LastErr, LastErrAt: s.LastErrAt,
	}
}

// ActiveConnections returns the names of the peers that can be called now.
func (b *Bilateral) ActiveConnections() []string {
	if b.broken != nil {
		return nil
	}
	return b.driver.Active()
}

// ConnectionCount returns how many peers can be called now.
func (b *Bilateral) ConnectionCount() int {
	if b.broken != nil {
		return 0
	}
	return b.driver.ActiveCount()
}

// Peers returns the state of every peer, active or not, for a look inside.
func (b *Bilateral) Peers() []PeerStatus {
	if b.broken != nil {
		return nil
	}
	var peers []PeerStatus
	for _, s := range b.driver.Status() {
		peers = append(peers, peerStatusOf(&s))
	}
	return peers
}

// Stats returns the node's counters.
func (b *Bilateral) Stats() Stats {
	if b.broken != nil {
		return Stats{}
	}
	s := b.driver.Stats()
	return statsOf(&s)
}

// WaitPeers waits until at least n peers are active. If ctx is done first, the error
// wraps that of ctx, and tells which of the peers that this node dials are not active,
// and why. It is ErrClosed if the node is closed.
func (b *Bilateral) WaitPeers(ctx context.Context, n int) error {
	if b.broken != nil {
		return b.broken
	}
	for {
		changed := b.driver.Changed()
		if b.driver.ActiveCount() >= n {
			return nil
		}
		if err := b.driver.Err(); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return b.tooFew(ctx.Err(), n, b.Peers())
		}
	}
}

// missingMax bounds the peers that an error names.
const missingMax = 16

// tooFew is the error of a wait for n peers that has ended with err.
func (b *Bilateral) tooFew(err error, n int, peers []PeerStatus) error {
	var text strings.Builder
	active, absent := 0, 0
	for i := range peers {
		p := &peers[i]
		switch {
		case p.Active:
			active++
		case p.Address == "": // it may come, or not
		case absent < missingMax:
			fmt.Fprintf(&text, "; %s at %s: %s", b.names.called(p.Name), p.Address, p.reason())
			absent++
		default:
			absent++
		}
	}
	if absent > missingMax {
		fmt.Fprintf(&text, "; and %d more", absent-missingMax)
	}
	return fmt.Errorf("bilateralrpc: %d of %d peers: %w%s", active, n, err, text.String())
}

// reason says why a peer that is dialled is not active.
func (p *PeerStatus) reason() string {
	if p.Err != nil {
		return p.Err.Error()
	}
	return "no answer yet (" + string(p.Dialling) + ")"
}
