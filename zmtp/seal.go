package zmtp

import "encoding/binary"

// Overhead of a CURVE MESSAGE: its name, a counter,
// the tag, and the frame's flags.
const (
	messageHeadBytes = 1 + len(cmdMessage) + counterBytes
	messageBytesMin  = messageHeadBytes + tagBytes + 1

	// The flags inside the box are not those of frames.
	boxMore    = 1 << 0
	boxCommand = 1 << 1

	prefixFromClient = "CurveZMQMESSAGEC"
	prefixFromServer = "CurveZMQMESSAGES"
)

// Sealer is the sending side of a connection that is up: it turns plain frames
// into what goes on the wire. There is one a connection, because no counter
// may be used twice; it is not safe for concurrent use.
type Sealer struct {
	curve bool
	box   box
	nonce uint64 // the last one used
}

// Plain says whether plain frames are what goes on the wire (NULL), so that
// Seal can be left out.
func (s *Sealer) Plain() bool { return !s.curve }

// Seal appends whole plain frames, as AppendMessage, Conn.Receive and
// Conn.Timeout give them, in the form in which they go on the wire. The last
// frame is completed by rest, which may be nil.
func (s *Sealer) Seal(dst, frames, rest []byte) []byte {
	if !s.curve {
		dst = append(dst, frames...)
		return append(dst, rest...)
	}
	for len(frames) > 0 {
		f := cutFrame(frames, rest)
		dst = s.sealFrame(dst, boxFlags(f.flags), f.content, f.tail)
		frames = frames[f.bytes:]
	}
	return dst
}

// SealSome seals from the start of frames as many as fit behind dst without growing
// it, and says how many bytes of frames that were. When these are all, the last frame
// was completed by rest.
func (s *Sealer) SealSome(dst, frames, rest []byte) (sealed []byte, used int) {
	for used < len(frames) {
		f := cutFrame(frames[used:], rest)
		if len(f.content)+len(f.tail)+SealBytesMax > cap(dst)-len(dst) {
			break
		}
		dst = s.sealFrame(dst, boxFlags(f.flags), f.content, f.tail)
		used += f.bytes
	}
	return dst, used
}

// SealBytesMax is how much longer a sealed frame is, at most, than the plain one
// without its header.
const SealBytesMax = longHeaderBytes + messageBytesMin

// openFrame is a plain frame that is to be sealed.
type openFrame struct {
	flags         byte
	content, tail []byte // its body, in two parts
	bytes         int    // that it has of frames
}

// cutFrame returns the first of frames, of which the last is completed by rest.
func cutFrame(frames, rest []byte) openFrame {
	h, err := parseHeader(frames)
	end := h.size + int(h.length)
	if err != nil || h.size == 0 || end > len(frames)+len(rest) {
		panic("zmtp: Seal wants whole frames")
	}
	f := openFrame{flags: h.flags, bytes: min(end, len(frames))}
	f.content, f.tail = frames[h.size:f.bytes], rest[:end-f.bytes]
	return f
}

// boxFlags returns the flags of a frame as they stand in its box.
func boxFlags(flags byte) byte {
	if flags&flagCommand != 0 {
		return boxCommand
	}
	return flags & flagMore
}

// frameFlags is the reverse of boxFlags.
func frameFlags(flags byte) (byte, error) {
	switch flags {
	case 0, boxMore:
		return flags, nil
	case boxCommand:
		return flagCommand, nil
	}
	return 0, FaultFrame
}

// sealFrame appends one MESSAGE, with flags as they stand in the box. It is an
// ordinary frame, not a command frame: so libzmq does it, contrary to RFC 26.
func (s *Sealer) sealFrame(dst []byte, flags byte, content, tail []byte) []byte {
	s.nonce++
	dst = appendHeader(dst, 0, messageBytesMin+len(content)+len(tail))
	dst = append(dst, byte(len(cmdMessage)))
	dst = append(dst, cmdMessage...)
	dst = binary.BigEndian.AppendUint64(dst, s.nonce)
	sealed := len(dst)
	var room [tagBytes]byte
	dst = append(dst, room[:]...)
	dst = append(dst, flags)
	dst = appendPieces(dst, content)
	dst = appendPieces(dst, tail)
	s.box.seal(dst[sealed:], s.nonce)
	s.box.note(flags == boxCommand)
	return dst
}

// opener is the receiving side of a CURVE connection that is up.
type opener struct {
	box   box
	nonce uint64 // the last one seen
}

// open returns the flags and the content of a MESSAGE, opened in place.
func (o *opener) open(flags byte, body []byte) (byte, []byte, error) {
	// RFC 26 calls MESSAGE a command, libzmq sends it as an ordinary frame: both pass.
	if flags&^flagCommand != 0 {
		return 0, nil, FaultFrame
	}
	name, data, ok := cutShort(body)
	if !ok || !is(name, cmdMessage) || len(body) < messageBytesMin {
		return 0, nil, FaultCommand
	}
	nonce := binary.BigEndian.Uint64(data)
	// One above the one before, not just above it: who takes whole frames out of the
	// stream could otherwise join the command of one message to the payload of another.
	if nonce != o.nonce+1 {
		return 0, nil, FaultNonce
	}
	sealed := data[counterBytes:]
	if !o.box.open(sealed, nonce) {
		return 0, nil, FaultBox
	}
	o.nonce = nonce
	content := sealed[tagBytes:]
	o.box.note(content[0] == boxCommand)
	inner, err := frameFlags(content[0])
	return inner, content[1:], err
}
