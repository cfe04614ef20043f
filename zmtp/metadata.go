package zmtp

import "encoding/binary"

// The properties that we send and read; others are passed over.
const (
	propertySocketType = "Socket-Type"
	propertyIdentity   = "Identity"
)

// The socket types that speak the protocol above: every message is a command
// and a payload, in any order and in both directions.
const (
	socketRouter = "ROUTER"
	socketDealer = "DEALER"
)

// metadata is what we keep of the properties of the other end.
type metadata struct {
	socketType string
	identity   string
}

// appendMetadata appends the properties we claim.
func appendMetadata(dst []byte, socketType, identity string) []byte {
	dst = appendProperty(dst, propertySocketType, socketType)
	return appendProperty(dst, propertyIdentity, identity)
}

func appendProperty(dst []byte, name, value string) []byte {
	dst = append(dst, byte(len(name)))
	dst = append(dst, name...)
	dst = binary.BigEndian.AppendUint32(dst, uint32(len(value)))
	return append(dst, value...)
}

// parseMetadata reads the properties of the other end. A property of ours that
// comes twice is refused: two readers could disagree on which one counts.
func parseMetadata(in []byte) (metadata, error) {
	var m metadata
	if len(in) > metadataBytesMax {
		return m, FaultTooLarge
	}
	seenIdentity := false
	for len(in) > 0 {
		name, value, rest, ok := cutProperty(in)
		if !ok {
			return m, FaultMetadata
		}
		in = rest
		switch {
		case equalFold(name, propertySocketType):
			if m.socketType != "" {
				return m, FaultMetadata
			}
			if m.socketType = string(value); m.socketType != socketRouter && m.socketType != socketDealer {
				return m, FaultSocketType
			}
		case equalFold(name, propertyIdentity):
			if seenIdentity || len(value) > identityBytesMax {
				return m, FaultMetadata
			}
			seenIdentity, m.identity = true, string(value)
		}
	}
	if m.socketType == "" {
		return m, FaultMetadata
	}
	return m, nil
}

// cutProperty splits the first property off in.
func cutProperty(in []byte) (name, value, rest []byte, ok bool) {
	name, rest, ok = cutShort(in)
	if !ok || len(name) == 0 || len(rest) < 4 {
		return nil, nil, nil, false
	}
	length := binary.BigEndian.Uint32(rest)
	if rest = rest[4:]; uint64(length) > uint64(len(rest)) {
		return nil, nil, nil, false
	}
	return name, rest[:length], rest[length:], true
}

// cutShort splits a string with a length byte off in.
func cutShort(in []byte) (s, rest []byte, ok bool) {
	if len(in) == 0 || int(in[0]) > len(in)-1 {
		return nil, nil, false
	}
	n := 1 + int(in[0])
	return in[1:n], in[n:], true
}

// equalFold compares a property's name, which is ASCII and of either case
// (RFC 37, "Connection Metadata").
func equalFold(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i := range name {
		if lower(name[i]) != lower(want[i]) {
			return false
		}
	}
	return true
}

func lower(b byte) byte {
	if 'A' <= b && b <= 'Z' {
		return b + 'a' - 'A'
	}
	return b
}
