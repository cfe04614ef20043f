package record

import (
	"encoding/binary"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// An event in a file is a number that says which fields it has, and these, in this order:
//
//	kind                1 byte; 0x80 is added if the bytes of users are in it
//	fields              unsigned varint
//	at                  varint, since the event before
//	peer, link, command, body, ticket, method, call, to, timeout, id, cause, err, head,
//	left, address       each if it is there
//
// Numbers are varints, and bytes have their length before them. Behind it is the sum of
// the actions, four bytes: it is missing behind the last event if the machine did not
// come back from it.

// The fields that an event may have.
const (
	hasSamePeer = 1 << iota // that of the event before
	hasLink
	hasCommand
	hasBody
	hasPeer
	hasTicket
	hasMethod
	hasCall
	hasTo
	hasTimeout
	hasID
	hasCause
	hasErr
	hasHead
	hasLeft
	hasAddress
	hasIdempotent
	hasTellDeadline
	hasAll = 1<<iota - 1
)

// rawKind is added to the kind of an event that has all bytes of users in it.
const rawKind = 0x80

// context is what an event is written relative to: the event before it.
type context struct {
	at   core.Instant
	peer string
}

// eventBytesMax returns how many bytes an event takes at most, its sum included, if so
// many of its body, error text and head are kept.
func eventBytesMax(ev *core.Event, kept int) int {
	const numbers, parts = 16 * binary.MaxVarintLen64, 5 * (2*binary.MaxVarintLen64 + hashSize)
	n := numbers + parts + len(ev.Peer) + len(ev.Address) + len(ev.Method) + kept
	for _, name := range ev.To {
		n += binary.MaxVarintLen64 + len(name)
	}
	return n
}

// fieldsOf returns which fields an event has.
func (c *context) fieldsOf(ev *core.Event) (fields uint64) {
	switch {
	case ev.Peer == "":
	case ev.Peer == c.peer:
		fields |= hasSamePeer
	default:
		fields |= hasPeer
	}
	if ev.Link != (core.Link{}) {
		fields |= hasLink
	}
	if ev.Command != 0 {
		fields |= hasCommand
	}
	if len(ev.Body) > 0 {
		fields |= hasBody
	}
	if ev.Ticket != 0 {
		fields |= hasTicket
	}
	if len(ev.Method) > 0 {
		fields |= hasMethod
	}
	set := func(field uint64, there bool) {
		if there {
			fields |= field
		}
	}
	set(hasErr, len(ev.Err) > 0)
	set(hasHead, len(ev.Head) > 0)
	set(hasLeft, ev.Left != 0)
	if ev.Kind == core.EvFrame || ev.Kind == core.EvReply {
		return fields // as most events
	}
	set(hasCall, ev.Call != 0)
	set(hasTo, len(ev.To) > 0)
	set(hasTimeout, ev.Timeout != 0)
	set(hasID, ev.ID != 0)
	set(hasCause, ev.Cause != 0)
	set(hasAddress, ev.Address != "")
	set(hasIdempotent, ev.Idempotent)
	set(hasTellDeadline, ev.TellDeadline)
	return fields
}

// append appends an event of which these parts are not kept; spans says where those of
// the body are. With nil everything is.
func (c *context) append(dst []byte, ev *core.Event, p *parts, spans []core.Span) []byte {
	fields := c.fieldsOf(ev)
	kind := byte(ev.Kind)
	if p == nil {
		kind |= rawKind
	}
	dst = append(dst, kind)
	dst = binary.AppendUvarint(dst, fields)
	dst = binary.AppendVarint(dst, int64(ev.At-c.at))
	c.at = ev.At
	if fields&hasPeer != 0 {
		dst = appendString(dst, ev.Peer)
		c.peer = ev.Peer
	}
	if fields&hasLink != 0 {
		dst = append(dst, byte(ev.Link.Half))
		dst = binary.AppendUvarint(dst, ev.Link.N)
	}
	if fields&hasCommand != 0 {
		dst = append(dst, byte(ev.Command))
	}
	if fields&hasBody != 0 {
		dst = appendBody(dst, ev.Body, p, spans)
	}
	if fields&hasTicket != 0 {
		dst = binary.AppendUvarint(dst, uint64(ev.Ticket))
	}
	if fields&hasMethod != 0 {
		dst = appendBytes(dst, ev.Method)
	}
	if fields&^(hasMethod<<1-1) == 0 {
		return dst // as most events
	}
	return appendRare(dst, ev, fields, p)
}

// appendRare appends the fields that few events have.
func appendRare(dst []byte, ev *core.Event, fields uint64, p *parts) []byte {
	if fields&hasCall != 0 {
		dst = binary.AppendUvarint(dst, uint64(ev.Call))
	}
	if fields&hasTo != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(ev.To)))
		for _, name := range ev.To {
			dst = appendString(dst, name)
		}
	}
	if fields&hasTimeout != 0 {
		dst = binary.AppendVarint(dst, int64(ev.Timeout))
	}
	if fields&hasID != 0 {
		dst = binary.AppendUvarint(dst, uint64(ev.ID))
	}
	if fields&hasCause != 0 {
		dst = append(dst, byte(ev.Cause))
	}
	for _, b := range [...][]byte{ev.Err, ev.Head} {
		if len(b) == 0 {
			continue
		}
		if p == nil {
			dst = appendBytes(dst, b)
		} else {
			dst = appendOpaque(dst, len(b), p.sumOf(b))
		}
	}
	if fields&hasLeft != 0 {
		dst = binary.AppendUvarint(dst, uint64(ev.Left))
	}
	if fields&hasAddress != 0 {
		dst = appendString(dst, ev.Address)
	}
	return dst
}

// appendBody appends a body: its length, how many parts are not kept, where each is and
// its hash, and the bytes between.
func appendBody(dst, body []byte, p *parts, spans []core.Span) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(body)))
	dst = append(dst, byte(len(spans)))
	if len(spans) == 0 {
		return append(dst, body...)
	}
	at := 0
	for i, s := range spans {
		dst = binary.AppendUvarint(dst, uint64(s.From-at))
		dst = appendOpaque(dst, s.To-s.From, p.all[i].sum)
		at = s.To
	}
	at = 0
	for _, s := range spans {
		dst = append(dst, body[at:s.From]...)
		at = s.To
	}
	return append(dst, body[at:]...)
}

// appendBytes appends bytes and their length.
func appendBytes(dst, b []byte) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// appendString is appendBytes for a string.
func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// appendOpaque appends the length and the hash of bytes that are not kept.
func appendOpaque(dst []byte, size int, hash uint64) []byte {
	dst = binary.AppendUvarint(dst, uint64(size))
	return binary.LittleEndian.AppendUint64(dst, hash)
}
