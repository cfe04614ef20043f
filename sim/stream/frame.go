package stream

import "encoding/binary"

// The greeting's length, and the flags in the first byte of a frame (RFC 37). With
// CURVE, the first two are inside the box.
const (
	greetingBytes = 64
	flagMore      = 1
	flagLong      = 2 // the length has eight bytes, not one
	flagCommand   = 4
)

// appendFrame appends one frame.
func appendFrame(dst []byte, flags byte, body []byte) []byte {
	return append(appendHeader(dst, flags, len(body)), body...)
}

// appendHeader appends the header of a frame, whatever its length.
func appendHeader(dst []byte, flags byte, length int) []byte {
	if length < 256 {
		return append(dst, flags, byte(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, flags|flagLong), uint64(length))
}

// nextHeader returns where the first frame at or behind byte i of wire begins, or
// the end of wire. A frame that claims to be longer than wire is the last one.
func nextHeader(wire []byte, i int) int {
	at := greetingBytes
	for at < i && at+9 <= len(wire) {
		length := int(wire[at+1])
		if wire[at]&flagLong == 0 {
			at += 2 + length
			continue
		}
		for _, b := range wire[at+2 : at+9] {
			length = length<<8 | int(b)
		}
		if length < 0 || length > len(wire) {
			return len(wire)
		}
		at += 9 + length
	}
	if at < i {
		return len(wire)
	}
	return min(at, len(wire))
}

// isHeader says whether a frame of wire begins at byte i.
func isHeader(wire []byte, i int) bool { return nextHeader(wire, i) == i }
