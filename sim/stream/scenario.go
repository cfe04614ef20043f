package stream

import (
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/sim/report"
)

// A Side is one of the two ends of a connection, and the direction of the bytes
// that it sends.
type Side uint8

// The sides.
const (
	Dialler Side = iota
	Listener
)

func (s Side) String() string { return sideNames[s] }

// other returns the opposite side.
func (s Side) other() Side { return 1 - s }

var sideNames = [2]string{"dialler", "listener"}

// A Peer says what the dialling end of a connection is like.
type Peer uint8

// The kinds of dialling ends. The listening end is always honest.
const (
	Honest    Peer = iota
	Old            // honest, and of ZMTP 3.0: it says so, and sends no PING
	Mute           // connects and sends nothing
	Greeter        // sends its greeting and nothing more
	Babbler        // sends its greeting, then anything
	Overclaim      // sends its greeting, then a command of a gigabyte, as far as that goes
	Promiser       // once up, sends a PING of the shortest life, promises the largest frame there may be, sends a little of it, and hears nothing
	Boaster        // once up, promises a frame beyond the limit; if it has something to send, a message one byte too large
	Scrambler      // once up, sends malformed messages, each with a good one behind it
	Replayer       // sends what the dialling end of an earlier connection has sent
	Stranger       // honest, but holds a wrong key of the listener (with NULL: as Honest)
	Mismatch       // honest, but uses the other mechanism
	Absent         // never dials; the connection only has a number
	peerKinds
)

var peerNames = [peerKinds]string{
	Honest: "honest", Old: "old", Mute: "mute", Greeter: "greeter", Babbler: "babbler", Overclaim: "overclaim",
	Promiser: "promiser", Boaster: "boaster", Scrambler: "scrambler", Replayer: "replayer", Stranger: "stranger",
	Mismatch: "mismatch", Absent: "absent",
}

func (p Peer) String() string { return peerNames[p] }

// speaks says whether an engine stands behind the dialling end.
func (p Peer) speaks() bool {
	switch p {
	case Mute, Greeter, Babbler, Overclaim, Replayer:
		return false
	}
	return true
}

// A Scenario is one run: a listener, connections to it, and faults.
type Scenario struct {
	Seed  uint64
	Curve bool
	// PayloadMax, Handshake, Interval and Timeout are every end's
	// PayloadBytesMax, HandshakeTimeout, and heartbeats.
	PayloadMax                   int
	Handshake, Interval, Timeout time.Duration
	// HalfOpenMax is how many connections the listener has in a handshake at a
	// time; it closes those beyond at once.
	HalfOpenMax int
	Conns       []Conn
	Faults      []Fault
	Marks       []string // what has to happen, by the names of Result.Marks
	Comments    []string // at the top, without '#'
}

// A Conn is a connection of a scenario; its number is its place there.
type Conn struct {
	Peer Peer
	At   time.Duration // when it is dialled
	Like int           // Replayer: the number of the earlier connection
	// Sends and Gets are how many messages the dialling end sends and is sent.
	// Their payloads have Sizes bytes, in turns; one leaves every Every.
	Sends, Gets int
	Sizes       []int
	Every       time.Duration
	// Piece is the most bytes that arrive at a time, Window the most that are under
	// way in a direction; zero is without bound.
	Piece, Window int
	Latency       dice.Delay
	// Admit is how long the listener thinks about the knock; Refuse is its answer.
	Admit  time.Duration
	Refuse bool
	// Breaks is when the connection is cut, wherever its bytes are, counted from
	// At; zero is never.
	Breaks time.Duration
}

// A FaultKind says what befalls the bytes of a connection.
type FaultKind uint8

// The kinds of faults.
const (
	Split  FaultKind = iota // the piece ends before the byte; what follows comes For later
	Stall                   // nothing from the byte on arrives for a time For
	Sever                   // the connection breaks before the byte
	Flip                    // bit N of the byte, 0 to 7, is inverted
	Omit                    // N bytes from the byte on are left out
	Repeat                  // the N bytes before the byte come once more
	Garble                  // N random bytes come before the byte
	Replay                  // N bytes of connection Like, of this direction, from its byte Skip on, come before the byte
	Excise                  // the N frames that follow, whole ones, are left out, as far as they were sent
	faultKinds
)

var faultNames = [faultKinds]string{
	Split: "split", Stall: "stall", Sever: "cut", Flip: "flip", Omit: "omit", Repeat: "repeat", Garble: "garble", Replay: "replay",
	Excise: "excise",
}

func (k FaultKind) String() string { return faultNames[k] }

// A Fault befalls one direction of one connection, where the byte with
// number At, counted from 0, is about to arrive.
type Fault struct {
	Kind       FaultKind
	Conn       int
	From       Side // who sent the byte
	At         int
	N          int
	Like, Skip int
	For        time.Duration
}

// The properties of a connection, byte by byte.
var (
	PropPrefix    = report.Property{ID: "B1", Claim: "Within a connection no message is lost, doubled, reordered or altered: what arrives is the beginning of what was sent."}
	PropComplete  = report.Property{ID: "B2", Claim: "A connection that is let alone comes up, stays up, and everything sent arrives."}
	PropAltered   = report.Property{ID: "B3", Claim: "With CURVE, an altered or replayed byte ends the connection and never yields a message."}
	PropClear     = report.Property{ID: "B4", Claim: "With CURVE, nothing of a payload, command or identity is on the wire in clear."}
	PropHandshake = report.Property{ID: "B5", Claim: "Every handshake ends, up or failed, within its time and HandshakeBytesMax bytes."}
	PropHeld      = report.Property{ID: "B6", Claim: "Memory grows with bytes received, never with lengths promised, and stays within the configuration."}
	PropSilence   = report.Property{ID: "B7", Claim: "With heartbeats, a connection on which nothing is heard ends in time, and no other one for silence."}
	PropUnshaken  = report.Property{ID: "B8", Claim: "No bytes from outside make an engine panic."}
)

// Properties lists the properties of a connection. The first one of the
// world of messages, that the same seed gives the same digest, holds here too.
func Properties() []report.Property {
	return []report.Property{PropPrefix, PropComplete, PropAltered, PropClear, PropHandshake, PropHeld, PropSilence, PropUnshaken}
}

// A Result is what came of a run.
type Result struct {
	Scenario  *Scenario
	Violation *report.Violation // nil if nothing was found
	Digest    string            // empty if it was not asked for
	Events    uint64
	Bytes     uint64 // that arrived
	Elapsed   time.Duration
	Marks     report.Marks
}

// Options says how to run a scenario.
type Options struct {
	// Trace is called with every line of the trace.
	Trace func(line []byte)
	// NoDigest leaves the digest out, which is faster.
	NoDigest bool
}

// Run runs the scenario until everything that should happen has, or should have.
func (s *Scenario) Run(o Options) *Result {
	w := newWorld(s, o)
	w.run()
	return w.result()
}
