package stream

import "time"

// A FaultKind says what befalls the bytes of a connection.
type FaultKind uint8

// The kinds of faults, each at a byte of one direction. N, For, Like and Skip are
// those of the Fault.
const (
	// Split ends the piece before the byte; what follows arrives For later.
	Split FaultKind = iota
	// Stall holds up the byte and everything behind it for the time For.
	Stall
	// Sever cuts the connection before the byte.
	Sever
	// Flip inverts bit N of the byte, 0 to 7.
	Flip
	// Omit leaves out N bytes from the byte on.
	Omit
	// Repeat puts the N bytes before the byte in once more.
	Repeat
	// Garble puts N random bytes in before the byte.
	Garble
	// Replay puts N bytes in before the byte: those that connection Like has sent in
	// this direction from its byte Skip on.
	Replay
	// Excise leaves out the N whole frames that follow, as far as they were sent.
	Excise
	faultKinds
)

var faultNames = [faultKinds]string{
	Split: "split", Stall: "stall", Sever: "cut", Flip: "flip", Omit: "omit", Repeat: "repeat", Garble: "garble", Replay: "replay",
	Excise: "excise",
}

// String returns the word that scenarios have for the kind.
func (k FaultKind) String() string { return faultNames[k] }

// disturbs says whether a connection that the fault befalls need not come up and
// stay up. A flipped bit may be one that nobody looks at; if it is not, comparing
// what arrives with what was sent shows it.
func (k FaultKind) disturbs() bool { return k != Split && k != Flip }

// A Fault befalls one direction of one connection, where the byte with number At
// is about to arrive. It happens once.
type Fault struct {
	Kind       FaultKind     // what befalls the bytes
	Conn       int           // the number of the connection
	From       Side          // the end that sent the byte
	At         int           // counted from 0, in what that end writes
	N          int           // a bit, or how many bytes or frames: see Kind
	Like, Skip int           // Replay: of which connection, from which byte on
	For        time.Duration // Split and Stall: for how long
}
