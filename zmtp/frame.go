package zmtp

import "encoding/binary"

// The flags of a frame (RFC 37, "Framing").
const (
	flagMore    = 1 << 0
	flagLong    = 1 << 1
	flagCommand = 1 << 2
	flagsKnown  = flagMore | flagLong | flagCommand
)

const (
	shortHeaderBytes = 2
	longHeaderBytes  = 9
	shortLengthMax   = 255
)

// header is the head of a frame: its flags without flagLong, the length of its
// body, and its own size in bytes.
type header struct {
	flags  byte
	length uint64
	size   int
}

// parseHeader reads the header at the start of in. It returns a header of size
// zero while there are too few bytes.
func parseHeader(in []byte) (header, error) {
	if len(in) < shortHeaderBytes {
		return header{}, nil
	}
	flags := in[0]
	if flags&^flagsKnown != 0 || flags&(flagMore|flagCommand) == flagMore|flagCommand {
		return header{}, FaultFrame
	}
	if flags&flagLong == 0 {
		return header{flags: flags, length: uint64(in[1]), size: shortHeaderBytes}, nil
	}
	if len(in) < longHeaderBytes {
		return header{}, nil
	}
	return header{flags: flags &^ flagLong, length: binary.BigEndian.Uint64(in[1:]), size: longHeaderBytes}, nil
}

// appendHeader appends the header of a frame whose body has length bytes.
func appendHeader(dst []byte, flags byte, length int) []byte {
	if length <= shortLengthMax {
		return append(dst, flags, byte(length))
	}
	dst = append(dst, flags|flagLong)
	return binary.BigEndian.AppendUint64(dst, uint64(length))
}

// AppendMessage appends a message of two plain frames: command, and a payload
// that is head followed by body.
func AppendMessage(dst []byte, command string, head, body []byte) []byte {
	dst = AppendMessageHead(dst, command, head, len(body))
	return append(dst, body...)
}

// AppendMessageHead appends what stands before the body in AppendMessage, for
// a body of bodyBytes that is not to be copied.
func AppendMessageHead(dst []byte, command string, head []byte, bodyBytes int) []byte {
	dst = appendHeader(dst, flagMore, len(command))
	dst = append(dst, command...)
	dst = appendHeader(dst, 0, len(head)+bodyBytes)
	return append(dst, head...)
}

// MessageBytes returns how many bytes AppendMessage, or AppendMessageHead without the
// body, appends at most.
func MessageBytes(command string, payloadBytes int) int {
	return 2*longHeaderBytes + len(command) + payloadBytes
}
