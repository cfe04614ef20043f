package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// A Scenario is one run: a node that listens, connections to it, and faults. What
// can't be written in the language of scenarios must not be in one.
type Scenario struct {
	Seed  uint64 // of keys, delays and contents
	Curve bool   // the listening node's mechanism: CURVE, or else NULL
	// PayloadMax, Handshake, Interval and Timeout are the PayloadBytesMax, the
	// HandshakeTimeout and the heartbeats in the configuration of every end.
	PayloadMax                   int
	Handshake, Interval, Timeout time.Duration
	// HalfOpenMax is how many connections the listening node has in a handshake at a
	// time; it closes those beyond at once.
	HalfOpenMax int
	Conns       []Conn // by their numbers
	Faults      []Fault
	Marks       []string // what has to happen, by the names in Result.Marks
	Comments    []string // above the first line, without '#'
}

// A Conn is a connection of a scenario. Its number is its place there.
type Conn struct {
	Peer Peer          // what dials, and how it behaves
	At   time.Duration // when it is dialled
	Like int           // Replayer: the number of the earlier connection
	// Sends and Gets are how many messages the dialling end sends and is sent. The
	// nth has a payload of Sizes[n] bytes, from the front again behind the last; no
	// Sizes are zero bytes. One leaves every Every; zero is all at once.
	Sends, Gets int
	Sizes       []int
	Every       time.Duration
	// Piece is the most bytes that arrive at a time, Window the most that are under
	// way or unread in a direction; zero is without bound.
	Piece, Window int
	Latency       dice.Delay
	// Admit is how long the listening node thinks about admitting the peer; Refuse
	// says that its answer is no.
	Admit  time.Duration
	Refuse bool
	// Breaks is when the connection is cut, wherever its bytes are, counted from
	// At; zero is never.
	Breaks time.Duration
}

// horizon is when everything planned has happened, were every wait as long as it
// may be.
func (s *Scenario) horizon() time.Duration {
	var end time.Duration
	for i := range s.Conns {
		c := &s.Conns[i]
		end = max(end, c.At+c.Admit+time.Duration(c.messages())*c.Every+16*c.Latency.Max+c.crawl())
	}
	for i := range s.Faults {
		end += s.Faults[i].For
	}
	return end + s.Handshake + 2*(s.Interval+s.Timeout) + time.Second
}

// drip is how much longer an end may wait for a frame whose altered length is
// the largest there may be, when only heartbeats fill it. The shortest of them
// is a PONG of two bytes of header and five of content.
func (s *Scenario) drip() time.Duration {
	return time.Duration(s.PayloadMax/7+64) * s.Interval
}

// messages is how many the end that sends more of them sends.
func (c *Conn) messages() int { return max(c.Sends, c.Gets) }

// size returns the size of the nth payload.
func (c *Conn) size(n int) int {
	if len(c.Sizes) == 0 {
		return 0
	}
	return c.Sizes[n%len(c.Sizes)]
}

// largest returns the size of the largest payload.
func (c *Conn) largest() int { return slices.Max(append(slices.Clone(c.Sizes), 0)) }

// pieceMax returns the most bytes of a piece.
func (c *Conn) pieceMax() int {
	if c.Piece == 0 {
		return 1 << 30
	}
	return c.Piece
}

// atOnce returns the most bytes that arrive at a time through the window. There
// must be one.
func (c *Conn) atOnce() int { return min(c.Window, c.pieceMax()) }

// crawl is how long all bytes take when only a window of them is under way.
func (c *Conn) crawl() time.Duration {
	if c.Window == 0 {
		return 0
	}
	const frameBytes = 128 // what a message may have beside its payload, and more
	bytes := zmtp.HandshakeBytesMax
	for i := range c.messages() {
		bytes += c.size(i) + frameBytes
	}
	return time.Duration(bytes/c.atOnce()+1) * (c.Latency.Max + 1)
}
