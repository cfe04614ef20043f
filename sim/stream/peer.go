package stream

// A Side is one of the two ends of a connection, and the direction of the bytes
// that it sends.
type Side uint8

// The sides.
const (
	Dialling Side = iota
	Listening
)

var sideNames = [2]string{Dialling: "dialler", Listening: "listener"}

// String returns the word that scenarios and traces have for the end.
func (s Side) String() string { return sideNames[s] }

// other returns the opposite side.
func (s Side) other() Side { return 1 - s }

// A Peer says what the dialling end of a connection is like. The listening end is
// always honest.
type Peer uint8

// The kinds of dialling ends.
const (
	// Honest does what the protocol says.
	Honest Peer = iota
	// Old is honest and speaks ZMTP 3.0: its greeting says so, and it sends no PING.
	Old
	// Mute connects and sends nothing.
	Mute
	// Greeter sends its greeting and nothing more.
	Greeter
	// Babbler sends its greeting, then random bytes.
	Babbler
	// Overclaim sends its greeting, then a command that claims to have a gigabyte, as
	// far as the connection lets it.
	Overclaim
	// Promiser sends, once up, a PING of the shortest life, then the header of the
	// largest frame allowed and a little of that frame. It ignores what it is sent.
	Promiser
	// Boaster sends, once up, the header of a frame beyond the limit, or, if it has
	// messages to send, one whose payload is a byte too large.
	Boaster
	// Scrambler sends, once up, malformed messages, each followed by a good one.
	Scrambler
	// Replayer sends what the dialling end of an earlier connection has sent.
	Replayer
	// Stranger is honest and holds a wrong key of the listening node. With NULL it is
	// as Honest.
	Stranger
	// Mismatch is honest and uses the other mechanism.
	Mismatch
	// Absent never dials. Its connection takes up a number, so that those behind it
	// keep theirs.
	Absent
	peerKinds
)

var peerNames = [peerKinds]string{
	Honest: "honest", Old: "old", Mute: "mute", Greeter: "greeter", Babbler: "babbler", Overclaim: "overclaim",
	Promiser: "promiser", Boaster: "boaster", Scrambler: "scrambler", Replayer: "replayer", Stranger: "stranger",
	Mismatch: "mismatch", Absent: "absent",
}

// String returns the word that scenarios have for the kind.
func (p Peer) String() string { return peerNames[p] }

// hasEngine says whether an engine stands behind the dialling end. The others send
// bytes and read none.
func (p Peer) hasEngine() bool {
	switch p {
	case Mute, Greeter, Babbler, Overclaim, Replayer:
		return false
	}
	return true
}

// converses says whether the dialling end means to exchange messages, and can.
func (p Peer) converses() bool {
	return p == Honest || p == Old || p == Scrambler
}
