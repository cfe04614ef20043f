package core

import "strconv"

// Half says which of the two connections between a pair of nodes is meant: the
// one that this node dials, or the one that the peer dials and this node
// listens for. A peer has at most one current link in each half.
type Half uint8

// The two halves. The zero Half is not legal.
const (
	Dialling  Half = iota + 1 // our dial to the peer
	Listening                 // the peer's dial to us
)

func (h Half) String() string {
	switch h {
	case Dialling:
		return "dial"
	case Listening:
		return "listen"
	}
	return "half(" + strconv.Itoa(int(h)) + ")"
}

// Link names one connection of one half. The machine numbers the links it
// dials (from 1, rising, in one count for the whole node); the driver
// numbers the links it accepts, by the order of their handshakes, rising over
// the node's life. A Link is unique in a node, whatever peer it leads to,
// and a higher number is a newer connection.
//
// PROTOCOL 2.1: "A frame of a link older than the current one of its half
// changes nothing."
type Link struct {
	Half Half   // of which it is a connection
	N    uint64 // its number; zero where there is none
}

// String returns for example "dial#3".
func (l Link) String() string {
	return l.Half.String() + "#" + strconv.FormatUint(l.N, 10)
}
