package record

import (
	"encoding/binary"
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
//	method, body        2 bytes each: their lengths
//	at                  8 bytes
//	link, ticket, call  8 bytes: which of them the kind says
//	sum                 8 bytes, of the actions
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
	plainSum     = 24
	plainTimeout = 32
	plainSize    = 32 // without the timeout
)

// plainKinds are the kinds of events that can be plain ones.
const plainKinds = 1<<core.EvFrame | 1<<core.EvReply | 1<<core.EvTimeout | 1<<core.EvCall

// shortMax bounds each name, method and body in a plain event: all bits of a number, so that
// several are looked at in one comparison.
const shortMax = 255

// plainMax is the most bytes that a plain event takes.
const plainMax = plainSize + 8 + 2*(1+shortMax) + 2*shortMax

// isPlain says whether an event can be a plain one, and has room in the segment.
func (r *Recorder) isPlain(ev *core.Event) bool {
	if plainKinds>>ev.Kind&1 == 0 || (len(ev.Body)|len(ev.Method)|len(ev.Peer))&^shortMax|len(ev.Err)|len(ev.Head) != 0 || ev.Left != 0 {
		return false
	}
	if len(ev.To) > 0 && (len(ev.To) > 1 || len(ev.To[0]) > shortMax) {
		return false
	}
	return r.ring.fits(plainMax)
}

// plain notes an event as a plain one, when its step is done, with the sum of its actions:
// a machine leaves its events as they are.
func (r *Recorder) plain(ev *core.Event, sum uint64) {
	var flags, about uint64
	size := plainSize
	switch ev.Kind {
	case core.EvFrame:
		about = ev.Link.N
	case core.EvReply:
		about = uint64(ev.Ticket)
	case core.EvCall:
		about = uint64(ev.Call)
		size += 8
		if ev.Idempotent {
			flags |= plainIdempotent
		}
		if ev.TellDeadline {
			flags |= plainTellDeadline
		}
		if len(ev.To) > 0 {
			flags |= plainTo
			if ev.To[0] != r.to {
				flags |= plainNewTo
			}
		}
	}
	if ev.Peer != "" {
		flags |= plainPeer
		if ev.Peer != r.last.peer {
			flags |= plainNewPeer
		}
	}
	s := r.ring.current()
	from, body, method := len(s.bytes), len(ev.Body), len(ev.Method)
	b := s.bytes[from : from+plainMax]
	binary.LittleEndian.PutUint64(b, uint64(ev.Kind)|plainKind|flags<<8|uint64(ev.Command)<<16|uint64(ev.Link.Half)<<24|uint64(method)<<32|uint64(body)<<48)
	binary.LittleEndian.PutUint64(b[8:], uint64(ev.At))
	binary.LittleEndian.PutUint64(b[16:], about)
	binary.LittleEndian.PutUint64(b[plainSum:], sum)
	binary.LittleEndian.PutUint64(b[plainTimeout:], uint64(ev.Timeout)) // overwritten by what follows if there is none
	r.last.at = ev.At
	r.ring.count++
	if flags&(plainNewPeer|plainNewTo) != 0 {
		size = r.names(b, size, ev, flags)
	}
	if method > 0 {
		size += copy(b[size:], ev.Method)
	}
	size += copy(b[size:], ev.Body)
	s.bytes = s.bytes[:from+size]
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
	to []string // of the latest plain call
}

// next reads an event, and what its actions' sum was. Its bytes are all there if it is raw.
func (u *unpacker) next() (sum uint64, err error) {
	d := &u.events
	if d.bytes[0]&plainKind == 0 {
		err := u.read()
		return d.sum(), err
	}
	head := binary.LittleEndian.Uint64(d.take(8))
	u.raw = true
	u.last.at = core.Instant(binary.LittleEndian.Uint64(d.take(8)))
	u.event = core.Event{Kind: core.EventKind(head) &^ plainKind, At: u.last.at, Command: core.Command(head >> 16)}
	flags, about := head>>8, binary.LittleEndian.Uint64(d.take(8))
	sum = d.sum()
	switch u.event.Kind {
	case core.EvFrame:
		u.event.Link = core.Link{Half: core.Half(head >> 24), N: about}
	case core.EvReply:
		u.event.Ticket = core.Ticket(about)
	case core.EvCall:
		u.event.Call = core.CallID(about)
		u.event.Timeout = time.Duration(d.sum())
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
	u.event.Method = d.take(int(uint16(head >> 32)))
	u.event.Body = d.take(int(uint16(head >> 48)))
	return sum, d.err
}
