package reality

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc"
)

// setup is the first line that a process reads: what its node is made from.
type setup struct {
	Name, Network     string
	Called            string // as the scenario calls it on the wire; handlers answer with it
	Public, Secret    string // keys; empty for plaintext
	Transport         string
	Old               bool
	Seed              uint64
	Timing            bilateralrpc.Timing
	Limits            bilateralrpc.Limits
	HandshakeTimeout  time.Duration
	HeartbeatInterval time.Duration
	HeartbeatTimeout  time.Duration
	Queue             int
	Handler           time.Duration // how long handlers take
}

// verb says what a process is to do.
type verb string

const (
	doConnect    verb = "connect"
	doDisconnect verb = "disconnect"
	doRedial     verb = "redial"
	doCall       verb = "call"
	doCast       verb = "cast"
	doCancel     verb = "cancel"
	doSlow       verb = "slow" // handlers begun from now on take For at least
	doStop       verb = "stop"
	doLook       verb = "look" // tell what the node knows of its peers
)

// order is one line of those that follow.
type order struct {
	Do            verb
	Peer, Address string        `json:",omitempty"`
	Call          uint64        `json:",omitempty"` // which call, or look
	To            []string      `json:",omitempty"`
	Method        string        `json:",omitempty"`
	Size, Head    int           `json:",omitempty"`
	For           time.Duration `json:",omitempty"`
	Idempotent    bool          `json:",omitempty"`
}

// word says what a process tells.
type word string

const (
	isReady   word = "ready"   // it listens at Address
	isUp      word = "up"      // Peer can be called
	isDown    word = "down"    // it can't any more
	hasRow    word = "row"     // Call has come to Class at Peer
	isDone    word = "done"    // Call is over; Class, if any, is why it was not made
	hasRun    word = "run"     // the handler of Call has begun
	looked    word = "looked"  // Peers and Drops, for look number Call
	isStopped word = "stopped" // the node has been closed
	isRefused word = "refused" // an order was not carried out; Text says why
)

// report is one line that a process writes.
type report struct {
	At      int64 // unix time in ns
	Is      word
	Address string            `json:",omitempty"`
	Peer    string            `json:",omitempty"` // on the wire
	Call    uint64            `json:",omitempty"`
	Class   string            `json:",omitempty"` // of an outcome, as scenarios call it
	Reply   []byte            `json:",omitempty"`
	Text    string            `json:",omitempty"`
	Peers   []view            `json:",omitempty"`
	Drops   map[string]uint64 `json:",omitempty"`
}

// view is what a node knows of a peer.
type view struct {
	Name                string // on the wire
	Active              bool
	Dialling, Listening bilateralrpc.PeerState // empty with an original
	Backoff             int
}
