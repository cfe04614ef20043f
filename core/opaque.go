package core

import "encoding/binary"

// Span is a part of a slice: the bytes from From up to To.
type Span struct{ From, To int }

// parseLook is more than any parser of this package reads of what it can't read: two
// numbers of at most ten bytes each, and two bytes between them.
const parseLook = 24

// OpaqueBody appends the parts of ev.Body, in order, whose bytes mean nothing to a
// machine with these limits: it passes them on as they are, or ignores them. What is
// fed with other bytes in their place is answered by the same actions, with those bytes
// in them. So are the Head and the Err of an event, from their first byte to their last;
// every other field counts.
func (ev *Event) OpaqueBody(dst []Span, limits *Limits) []Span {
	n := len(ev.Body)
	if ev.Kind != EvFrame || n > limits.BodyBytesMax {
		return appendSpan(dst, 0, n)
	}
	switch ev.Command {
	case CALL, CAST, BACK, VOID:
		return opaquePayload(dst, ev.Command, ev.Body, 0)
	case WITH:
		return opaqueWith(dst, ev.Body)
	}
	return appendSpan(dst, ev.Command.bytesRead(n, limits), n)
}

// appendSpan appends a span, unless it is empty.
func appendSpan(dst []Span, from, to int) []Span {
	if from >= to {
		return dst
	}
	return append(dst, Span{from, to})
}

// bytesRead returns how many bytes at the beginning of the payload of a command decide
// anything, if it has n.
func (c Command) bytesRead(n int, limits *Limits) int {
	switch {
	case c == STAY, c == JOIN && n <= networkBytesMax, c == TICK && n <= limits.TickBytesMax, c == TOCK && n == 8:
		return n
	case c == MEET:
		return min(n, meetBytes)
	case c == PART:
		return min(n, 2)
	}
	return 0
}

// opaquePayload is OpaqueBody for the payload of a request or reply, which stands in a
// body behind its first from bytes.
func opaquePayload(dst []Span, c Command, body []byte, from int) []Span {
	n := len(body)
	_, rest, ok := parseGobUint32(body[from:])
	if ok && c != VOID {
		from = n - len(rest)
		_, rest, ok = parseGobString(rest)
	}
	if ok && c == BACK && len(rest) > 0 {
		from = n - len(rest)
		var text []byte
		if text, rest, ok = parseGobString(rest); ok {
			to := n - len(rest)
			dst = appendSpan(dst, to-len(text), to)
		}
	}
	if !ok { // what can't be read is at from
		return appendSpan(dst, min(from+parseLook, n), n)
	}
	return appendSpan(dst, n-len(rest), n)
}

// opaqueWith is OpaqueBody for a WITH.
func opaqueWith(dst []Span, body []byte) []Span {
	n, size := binary.Uvarint(body)
	if size <= 0 || n >= uint64(len(body)-size) {
		return appendSpan(dst, min(parseLook, len(body)), len(body))
	}
	at := size + int(n) // of the command
	_, left := binary.Uvarint(body[size:at])
	if left <= 0 {
		left = min(parseLook, at-size)
	}
	dst = appendSpan(dst, size+left, at)
	inside := Event{Body: body}
	if !inside.Open() {
		return appendSpan(dst, at+1, len(body))
	}
	return opaquePayload(dst, inside.Command, body, at+1)
}
