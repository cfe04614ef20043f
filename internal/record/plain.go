package record

import (
	"encoding/binary"
	"errors"
	"hash/maphash"
	"math"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// A ring holds events as plain ones where it can: fields at fixed places, written without
// looking at what there is. To write an event as a file has it took longer than the step.
// Nothing here is in a file.
//
//	kind | plainKind    1 byte
//	flags               1 byte
//	command, half       1 byte each
//	method, body, kept  1 byte each: their lengths, and that of the part of the body that
//	                    is here; the rest are bytes of users, to the end
//	nothing             1 byte
//	link, ticket, call  8 bytes: which of them the kind says
//	at                  4 bytes: since the event before
//	sum                 4 bytes, of the actions
//	hash                8 bytes, of the rest of the body, if not all of it is kept
//	timeout             8 bytes, of a call only
//	peer, to            1 byte and the name, if it is another than that of the event before
//	method, body
//
// Numbers have their least byte first. Any other event stands as in a file, with all bytes
// of users in it unless they are large, and its sum behind it.

// plainKind is added to the kind of a plain event.
const plainKind = 0x40

// The flags of a plain event.
const (
	plainPeer    = 1 << iota // it is about a peer
	plainNewPeer             // which is another than that of the event before
	plainTo                  // a call is to one peer
	plainNewTo               // which is another than that of the call before
	plainIdempotent
	plainTellDeadline
)

// Where the fields of a plain event are.
const (
	plainAbout = 8
	plainAt    = 16
	plainSum   = 20
	plainSize  = 24 // of those that all have
)

// plainKinds are the kinds of events that can be plain ones.
const plainKinds = 1<<core.EvFrame | 1<<core.EvReply | 1<<core.EvTimeout | 1<<core.EvCall

// shortMax bounds each name, method and body in a plain event: all bits of a number, so that
// several are looked at in one comparison.
const shortMax = 255

// plainMax is the most bytes that a plain event takes.
const plainMax = plainSize + 2*8 + 2*(1+shortMax) + 2*shortMax

// isPlain says whether an event can be a plain one, and has room in the segment.
func (r *Recorder) isPlain(ev *core.Event) bool {
	if plainKinds>>ev.Kind&1 == 0 || (len(ev.Body)|len(ev.Method)|len(ev.Peer))&^shortMax|len(ev.Err)|len(ev.Head) != 0 || ev.Left != 0 {
		return false
	}
	if len(ev.To) > 0 && (len(ev.To) > 1 || len(ev.To[0]) > shortMax) {
		return false
	}
	return uint64(ev.At-r.last.at) <= math.MaxUint32 && r.fits(plainMax)
}

// plain notes an event as a plain one, when its step is done, with the sum of its actions:
// a machine leaves its events as they are.
func (r *Recorder) plain(ev *core.Event, actions []core.Action) {
	sum, kept := r.sum(ev, actions)
	b := (*[plainMax]byte)(r.memory[r.at:])
	binary.LittleEndian.PutUint32(b[plainSum:], sum)
	size := plainSize
	if r.options.Bodies {
		kept = len(ev.Body)
	} else if rest := ev.Body[kept:]; len(rest) > 0 {
		binary.LittleEndian.PutUint64(b[size:], maphash.Bytes(r.key, rest))
		size += 8
	}
	head := uint64(ev.Kind) | plainKind | uint64(ev.Command)<<16 | uint64(ev.Link.Half)<<24 |
		uint64(len(ev.Method))<<32 | uint64(len(ev.Body))<<40 | uint64(kept)<<48
	about := ev.Link.N
	switch ev.Kind {
	case core.EvReply:
		about = uint64(ev.Ticket)
	case core.EvCall:
		about = uint64(ev.Call)
		binary.LittleEndian.PutUint64(b[size:], uint64(ev.Timeout))
		size += 8
		head |= r.flagsOfCall(ev)
	}
	binary.LittleEndian.PutUint64(b[plainAbout:], about)
	if ev.Peer != "" {
		head |= plainPeer << 8
		if !same(ev.Peer, r.last.peer) {
			head |= plainNewPeer << 8
		}
	}
	if head&((plainNewPeer|plainNewTo)<<8) != 0 {
		size = r.names(b[:], size, ev, head>>8)
	}
	binary.LittleEndian.PutUint64(b[:], head)
	binary.LittleEndian.PutUint32(b[plainAt:], uint32(ev.At-r.last.at))
	r.last.at = ev.At
	r.count++
	if len(ev.Method) > 0 {
		size += copy(b[size:], ev.Method)
	}
	if kept > 0 {
		size += copy(b[size:], ev.Body[:kept])
	}
	r.at += int32(size)
}

// flagsOfCall returns the flags that only a call has, where they are in the head.
func (r *Recorder) flagsOfCall(ev *core.Event) (head uint64) {
	if ev.Idempotent {
		head |= plainIdempotent << 8
	}
	if ev.TellDeadline {
		head |= plainTellDeadline << 8
	}
	if len(ev.To) > 0 {
		head |= plainTo << 8
		if !same(ev.To[0], r.to) {
			head |= plainNewTo << 8
		}
	}
	return head
}

// names writes the names of a plain event at a place, and returns where they end.
func (r *Recorder) names(b []byte, at int, ev *core.Event, flags uint64) int {
	name := func(s string) {
		b[at] = byte(len(s))
		at += 1 + copy(b[at+1:], s)
	}
	if flags&plainNewPeer != 0 {
		name(ev.Peer)
		r.last.peer = ev.Peer
	}
	if flags&plainNewTo != 0 {
		name(ev.To[0])
		r.to = ev.To[0]
	}
	return at
}

// unpacker reads the events of a ring.
type unpacker struct {
	Player
	to   []string // of the latest plain call
	kept int      // how many bytes of the body of the present event are there
	hash uint64   // of the others
}

// next reads an event, and what its actions' sum was. Its bytes are all there if it is raw,
// but for those behind the kept ones.
func (u *unpacker) next() (sum uint32, err error) {
	d := &u.events
	if d.bytes[0]&plainKind == 0 {
		err := u.read()
		u.kept = len(u.event.Body)
		return d.sum(), err
	}
	head, about := binary.LittleEndian.Uint64(d.take(8)), binary.LittleEndian.Uint64(d.take(8))
	u.raw = true
	u.last.at += core.Instant(binary.LittleEndian.Uint32(d.take(4)))
	u.event = core.Event{Kind: core.EventKind(head) &^ plainKind, At: u.last.at, Command: core.Command(head >> 16)}
	flags := head >> 8
	sum = d.sum()
	method, body := int(uint8(head>>32)), int(uint8(head>>40))
	if u.kept = int(uint8(head >> 48)); u.kept < body {
		u.hash = d.hash()
	}
	switch u.event.Kind {
	case core.EvFrame:
		u.event.Link = core.Link{Half: core.Half(head >> 24), N: about}
	case core.EvReply:
		u.event.Ticket = core.Ticket(about)
	case core.EvCall:
		u.event.Call = core.CallID(about)
		u.event.Timeout = time.Duration(binary.LittleEndian.Uint64(d.take(8)))
		u.event.Idempotent, u.event.TellDeadline = flags&plainIdempotent != 0, flags&plainTellDeadline != 0
	}
	if flags&plainNewPeer != 0 {
		u.last.peer = string(d.take(int(d.byte())))
	}
	if flags&plainPeer != 0 {
		u.event.Peer = u.last.peer
	}
	if flags&plainNewTo != 0 {
		u.to = []string{string(d.take(int(d.byte())))}
	}
	if flags&plainTo != 0 {
		u.event.To = u.to
	}
	u.event.Method = d.take(method)
	u.event.Body = d.take(u.kept)
	if u.kept < body {
		u.frame = append(append(u.frame[:0], u.event.Body...), make([]byte, body-u.kept)...)
		u.event.Body = u.frame
	}
	return sum, d.err
}

// errHidden says that a recorder has kept less of a frame than a file has to have.
var errHidden = errors.New("the recorder has kept less than a recording needs")

// hide puts the hash of the bytes that are not in the ring in the place of what hider took
// for them.
func (u *unpacker) hide(hider *Recorder) error {
	if u.kept == len(u.event.Body) {
		return nil
	}
	last := len(hider.spans) - 1
	if last < 0 || hider.spans[last] != (core.Span{From: u.kept, To: len(u.event.Body)}) {
		return errHidden
	}
	hider.parts.all[last].sum = u.hash
	return nil
}
