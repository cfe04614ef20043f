package core

import "encoding/binary"

// The head of a CALL, CAST or BACK is two or three small gob messages that this
// file reads and writes itself: encoding/gob takes microseconds and dozens of
// allocations for them. The rest behind the head is opaque here.
//
// A gob message of a basic type is: length, type id (a signed number), a zero
// byte, the value (https://pkg.go.dev/encoding/gob, "Encoding Details").

const (
	gobTypeUint   = 0x06 // type id 3, as gob writes a signed 3
	gobTypeString = 0x0c // type id 6
)

// Payload is the parsed head of a CALL, CAST or BACK and the rest behind it.
// Its slices alias the payload it was parsed from.
type Payload struct {
	ID     uint32 // call id
	Method []byte // empty in a VOID
	// HasErr says that a BACK carries an error text, be it empty (success).
	HasErr bool
	Err    []byte // the error text of a BACK
	Rest   []byte // arguments, or the reply value
}

// AppendPayload appends the payload frame of an ActSend to dst and returns the
// extended slice. The command that goes before it is that of Action.OnWire.
func AppendPayload(dst []byte, a *Action) []byte {
	if a.OnWire() == WITH {
		dst = appendWith(dst, a)
	}
	switch a.Command {
	case CALL, CAST:
		dst = appendGobUint32(dst, a.ID)
		dst = appendGobString(dst, a.Method)
		return append(dst, a.Body...)
	case BACK:
		dst = appendGobUint32(dst, a.ID)
		dst = appendGobString(dst, a.Method)
		dst = appendGobString(dst, a.Err)
		// DEVIATION D9: an original sends the reply value behind an error text too.
		if len(a.Err) > 0 {
			return dst // PROTOCOL 7.6: an error BACK carries no reply value
		}
		return append(dst, a.Body...)
	case VOID:
		return appendGobUint32(dst, a.ID)
	}
	return append(dst, a.Body...)
}

// ParsePayload reads the head of a CALL, CAST, BACK or VOID payload. idOK says
// that a call id could be read, ok that the whole head that the command needs
// is there. It neither allocates nor panics.
func ParsePayload(command Command, payload []byte) (p Payload, idOK, ok bool) {
	idOK, ok = p.parse(command, payload)
	return p, idOK, ok
}

// parse is ParsePayload into p, which must be zero.
func (p *Payload) parse(command Command, payload []byte) (idOK, ok bool) {
	id, rest, ok := parseGobUint32(payload)
	if !ok {
		return false, false
	}
	p.ID = id
	if command == VOID {
		p.Rest = rest
		return true, true
	}
	method, rest, ok := parseGobString(rest)
	if !ok {
		return true, false
	}
	p.Method = method
	if command == BACK && len(rest) > 0 {
		if p.Err, rest, p.HasErr = parseGobString(rest); !p.HasErr {
			return true, false
		}
	}
	p.Rest = rest
	return true, true
}

// outcome returns what a BACK says.
//
// PROTOCOL 7.7: "A BACK without an error text: the peer could not run it."
func (p *Payload) outcome() Outcome {
	switch {
	case !p.HasErr:
		return Unserved
	case len(p.Err) > 0:
		return Failed
	}
	return Replied
}

// appendGobUint32 appends a gob message with one unsigned number.
func appendGobUint32(dst []byte, v uint32) []byte {
	if v < 128 {
		return append(dst, 3, gobTypeUint, 0, byte(v))
	}
	n := gobUintLen(uint64(v))
	dst = append(dst, byte(n+2), gobTypeUint, 0)
	return appendGobUint(dst, uint64(v))
}

// appendGobString appends a gob message with one string.
func appendGobString(dst, s []byte) []byte {
	n := uint64(len(s))
	dst = appendGobUint(dst, uint64(2+gobUintLen(n))+n)
	dst = append(dst, gobTypeString, 0)
	dst = appendGobUint(dst, n)
	return append(dst, s...)
}

// appendGobUint appends a gob unsigned number: one byte below 128, else the
// negated count of the bytes that follow, and these, big-endian and minimal.
func appendGobUint(dst []byte, v uint64) []byte {
	if v < 128 {
		return append(dst, byte(v))
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], v)
	n := gobUintLen(v) - 1
	dst = append(dst, byte(-n))
	return append(dst, b[8-n:]...)
}

// gobUintLen returns how many bytes appendGobUint appends for v.
func gobUintLen(v uint64) int {
	if v < 128 {
		return 1
	}
	n := 1
	for ; v > 0; v >>= 8 {
		n++
	}
	return n
}

// parseGobUint reads a gob unsigned number; like encoding/gob it accepts longer
// forms than the minimal one, up to eight bytes.
func parseGobUint(b []byte) (v uint64, rest []byte, ok bool) {
	if len(b) == 0 {
		return 0, nil, false
	}
	if b[0] < 128 {
		return uint64(b[0]), b[1:], true
	}
	n := -int(int8(b[0]))
	if n > 8 || len(b) < 1+n {
		return 0, nil, false
	}
	for _, c := range b[1 : 1+n] {
		v = v<<8 | uint64(c)
	}
	return v, b[1+n:], true
}

// parseGobMessage returns the value bytes of a gob message of the given basic
// type, and what follows the message.
func parseGobMessage(b []byte, gobType byte) (value, rest []byte, ok bool) {
	n, b, ok := parseGobUint(b)
	if !ok || n < 3 || n > uint64(len(b)) || b[0] != gobType || b[1] != 0 {
		return nil, nil, false
	}
	return b[2:n], b[n:], true
}

// parseGobUint32 reads what appendGobUint32 wrote, and returns what is behind it.
func parseGobUint32(b []byte) (v uint32, rest []byte, ok bool) {
	value, rest, ok := parseGobMessage(b, gobTypeUint)
	if !ok {
		return 0, nil, false
	}
	n, extra, ok := parseGobUint(value)
	if !ok || len(extra) > 0 || n > 1<<32-1 {
		return 0, nil, false
	}
	return uint32(n), rest, true
}

// parseGobString reads what appendGobString wrote, and returns what is behind it.
func parseGobString(b []byte) (s, rest []byte, ok bool) {
	value, rest, ok := parseGobMessage(b, gobTypeString)
	if !ok {
		return nil, nil, false
	}
	n, s, ok := parseGobUint(value)
	if !ok || n != uint64(len(s)) {
		return nil, nil, false
	}
	return s, rest, true
}
