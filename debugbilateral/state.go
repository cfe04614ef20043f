package debugbilateral

import (
	"strings"
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// State is what /state and each event of /events tell, as JSON. Times are RFC 3339 by the
// node's clock, durations are seconds. A field of which nothing is known is left out where
// its tag says omitzero, and there only. Bytes of names and texts that are not UTF-8 are
// U+FFFD, and texts are cut at 1,024 bytes.
type State struct {
	Time  time.Time `json:"time"`
	Node  Node      `json:"node"`
	Peers []Peer    `json:"peers"`
	// Counters are those of bilateralrpc.Stats, under its names: SendsRefused is
	// "sends_refused", Drops.BadName is "bad_name" in "drops".
	Counters map[string]any `json:"counters"`
	Events   []Event        `json:"events"` // the newest first, at most 100
}

// Node is the node itself.
type Node struct {
	Name      string   `json:"name"`
	Called    string   `json:"called"` // by people: its alias, or its name
	Network   string   `json:"network"`
	Encrypted bool     `json:"encrypted"`
	Transport string   `json:"transport"`
	Addresses []string `json:"addresses"` // that it listens on
	Closed    bool     `json:"closed"`
	Recorder  bool     `json:"recorder"`       // it has one: /recording is there
	Error     string   `json:"error,omitzero"` // why it does not work
}

// Peer is one peer, as bilateralrpc.PeerStatus has it.
type Peer struct {
	Name          string    `json:"name"`
	Called        string    `json:"called"` // by people: its alias, or its name
	Active        bool      `json:"active"` // it can be called
	Since         time.Time `json:"since,omitzero"`
	State         string    `json:"state"`               // in words
	Address       string    `json:"address,omitzero"`    // that the node dials
	From          string    `json:"from,omitzero"`       // where the peer dials from
	Ours          bool      `json:"ours"`                // it is known to be of this implementation
	Dialling      string    `json:"dialling"`            // the states of both connections, see PROTOCOL, section 3,
	Listening     string    `json:"listening"`           //
	DiallingLink  uint64    `json:"dialling_link"`       // and their numbers, as in the log
	ListeningLink uint64    `json:"listening_link"`      //
	Proven        bool      `json:"proven"`              // the peer's dial has been used
	RoundTrip     float64   `json:"round_trip,omitzero"` // seconds
	Pending       int       `json:"pending"`             // calls that wait for its reply
	Serving       int       `json:"serving"`             // its requests being served
	Backoff       int       `json:"backoff"`             // failed attempts to reach it, in a row
	NextDial      time.Time `json:"next_dial,omitzero"`  // while it waits to dial
	Error         string    `json:"error,omitzero"`      // why it is not active, if the node dials it
	LastError     string    `json:"last_error,omitzero"` // what went wrong last, whoever dials
	LastErrorAt   time.Time `json:"last_error_at,omitzero"`
}

// Event is a peer that came, went or was turned away, as bilateralrpc.PeerEvent has it.
type Event struct {
	N       uint64    `json:"n"` // numbers the events, so that a reader knows which are new
	Time    time.Time `json:"time"`
	Kind    string    `json:"kind"` // up, down, refused
	Name    string    `json:"name"` // empty if the peer had not shown one
	Called  string    `json:"called"`
	Address string    `json:"address,omitzero"`
	Cause   string    `json:"cause,omitzero"`
	Error   string    `json:"error,omitzero"`
	Lost    int       `json:"lost,omitzero"` // events before it that were left out
}

// state is the node's at this moment.
func (h *handler) state() *State {
	status, stats := h.node.Status(), h.node.Stats()
	s := &State{
		Time: status.Time,
		Node: Node{
			Name: text(status.Name), Called: text(h.node.Called(status.Name)), Network: text(status.Network),
			Encrypted: status.Encrypted, Transport: text(status.Transport), Addresses: []string{},
			Recorder: h.node.Recorder() != nil,
			Closed:   status.Err != nil, Error: textOf(status.Err),
		},
		Peers:    []Peer{},
		Counters: counters(&stats),
		Events:   h.history.newest(),
	}
	for _, a := range status.Addresses {
		s.Node.Addresses = append(s.Node.Addresses, text(a))
	}
	for _, p := range h.node.Peers() {
		s.Peers = append(s.Peers, h.peer(&p))
	}
	return s
}

func (h *handler) peer(p *bilateralrpc.PeerStatus) Peer {
	return Peer{
		Name: text(p.Name), Called: text(h.node.Called(p.Name)),
		Active: p.Active, Since: p.Since, State: inWords(p), Ours: p.Ours,
		Address: text(p.Address), From: text(p.From),
		Dialling: string(p.Dialling), Listening: string(p.Listening),
		DiallingLink: p.DiallingLink, ListeningLink: p.ListeningLink,
		Proven: p.Proven, RoundTrip: p.RoundTrip.Seconds(),
		Pending: p.Pending, Serving: p.Serving, Backoff: p.Backoff, NextDial: p.NextDial,
		Error: textOf(p.Err), LastError: textOf(p.LastErr), LastErrorAt: p.LastErrAt,
	}
}

// inWords says what a peer's two states mean for somebody who asks whether it can be called.
func inWords(p *bilateralrpc.PeerStatus) string {
	if p.Active {
		switch {
		case p.Dialling == bilateralrpc.StateCheck:
			return "active, asked for a sign of life"
		case p.Listening == bilateralrpc.StateServing && p.Dialling == bilateralrpc.StateConnected:
			return "active, both have dialled"
		case p.Listening == bilateralrpc.StateServing:
			return "active, it has dialled"
		}
		return "active, we have dialled"
	}
	switch p.Dialling {
	case bilateralrpc.StateWaiting:
		return "waiting to dial"
	case bilateralrpc.StateReaching:
		return "dialling"
	case bilateralrpc.StateProbe:
		return "connected, asking who it is"
	case bilateralrpc.StateHandshake:
		return "connected, joining"
	case bilateralrpc.StateLimbo:
		return "joined, no answer yet"
	case bilateralrpc.StateDraining:
		return "ending"
	}
	if p.Address != "" {
		return "barred: not an allowed key" // the one reason not to dial a peer that has an address
	}
	return "gone, it has to dial"
}

// textMax bounds each text: what a peer can have said stands in names and in errors.
const textMax = 1024

// text is s as it can stand in JSON and on the page.
func text(s string) string {
	if len(s) > textMax {
		s = s[:textMax] + "…"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return text(err.Error())
}
