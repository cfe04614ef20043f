package core

import (
	"encoding/binary"
	"math"
	"time"
)

// Extensions: what goes with a CALL, CAST or BACK beside its arguments or reply is its
// head: bytes that mean nothing to this package, and the time that the caller still
// waits. WITH carries a head and the message that it belongs to, to peers that offer to
// read it; to others the message goes without.

// Left is the time that a caller still waits, as WITH carries it: in whole milliseconds,
// plus one. Zero says that it is not told.
type Left uint64

// leftMax is the longest wait that a Duration can say.
const leftMax = 1 + Left(math.MaxInt64/time.Millisecond)

// LeftUntil returns what is left at now of a wait that ends at deadline. What is said is
// never more, and less than a millisecond less.
func LeftUntil(deadline, now Instant) Left {
	if deadline == Never {
		return 0
	}
	return min(1+Left(max(deadline.Sub(now), 0)/time.Millisecond), leftMax)
}

// Deadline returns when the caller stops waiting, if what is left was told at now, and
// Never if it was not told.
func (l Left) Deadline(now Instant) Instant {
	if l == 0 || l > leftMax {
		return Never
	}
	return now.Add(time.Duration(l-1) * time.Millisecond)
}

// The commands that WITH carries, as it names them.
const (
	withCALL = 1 + iota
	withCAST
	withBACK
)

// withBytesMax bounds what WITH adds to a message beside the opaque part of its head:
// the length of the head, the time left, the command.
const withBytesMax = 2*binary.MaxVarintLen64 + 1

// OnWire returns the command of the message that an ActSend asks for: WITH, where it has
// a head, and else its Command.
func (a *Action) OnWire() Command {
	if len(a.Head) > 0 || a.Left != 0 {
		return WITH
	}
	return a.Command
}

// appendWith appends what stands in a WITH before the payload of the message in it.
//
// PROTOCOL 8.7: "The payload of WITH is the length of the head (an unsigned varint), the
// head, one byte for the command (1 CALL, 2 CAST, 3 BACK), and the payload of that command."
func appendWith(dst []byte, a *Action) []byte {
	var left [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(left[:], uint64(a.Left))
	dst = binary.AppendUvarint(dst, uint64(n+len(a.Head)))
	dst = append(dst, left[:n]...)
	dst = append(dst, a.Head...)
	switch a.Command {
	case CALL:
		return append(dst, withCALL)
	case CAST:
		return append(dst, withCAST)
	}
	return append(dst, withBACK)
}

// Open makes of a WITH the message that is in it: Command, Head, Left and Body of ev are
// those of a CALL, CAST or BACK then. It reports false, and changes nothing, if there is
// none. A machine does so by itself; it takes what a driver has opened as well.
func (ev *Event) Open() bool {
	n, size := binary.Uvarint(ev.Body)
	if size <= 0 || n >= uint64(len(ev.Body)-size) {
		return false
	}
	head, rest := ev.Body[size:size+int(n)], ev.Body[size+int(n):]
	left, size := binary.Uvarint(head)
	if size <= 0 {
		return false
	}
	switch rest[0] {
	case withCALL:
		ev.Command = CALL
	case withCAST:
		ev.Command = CAST
	case withBACK:
		ev.Command = BACK
	default:
		return false
	}
	ev.Head, ev.Left, ev.Body = head[size:], Left(left), rest[1:]
	return true
}

// with handles a WITH that came in.
//
// PROTOCOL 8.10: "In all else a message in a WITH is what it is without one".
func (m *Machine) with(ev *Event) {
	opened := *ev
	if !opened.Open() {
		m.out.drop(ev.Peer, ev.Link, WITH, DropUndecodable)
		return
	}
	m.frame(&opened)
}

// understands says whether p has offered on link an extension that needs nothing of the
// memory of either end.
//
// PROTOCOL 8.8: "WITH and VOID go to a peer that has offered them on that link, by STAY or
// MEET": the first call on a new dial has its head, and can be taken back.
func (p *peer) understands(link Link, extension uint32) bool {
	switch {
	case link == p.listeningLink() && p.listening.met:
		return p.listening.told.Extensions&extension != 0
	case link == p.diallingLink() && p.dialling.stage.told():
		return p.dialling.told.Extensions&extension != 0
	}
	return false
}

// addHead gives a message to p its head, if p reads one there.
func (m *Machine) addHead(p *peer, a *Action, head []byte, left Left) {
	if len(head) == 0 && left == 0 || !p.understands(a.Link, extHeads) {
		return
	}
	a.Head, a.Left = head, left
	m.out.stats.FramesOut[WITH]++
}

// leftOf returns what is told of the time left to a call.
//
// PROTOCOL 8.9: "It is what is left when the CALL goes out, also when that is sent again."
func (m *Machine) leftOf(c *call) Left {
	if !c.tellDeadline {
		return 0
	}
	return LeftUntil(c.deadline, m.now)
}
