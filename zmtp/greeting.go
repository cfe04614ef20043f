package zmtp

import "bytes"

// The greeting is 64 bytes: signature (10), version (2), mechanism (20),
// as-server (1), filler (31).
const (
	greetingBytes  = 64
	signatureBytes = 10
	mechanismAt    = 12
	mechanismBytes = 20

	versionMajor = 3
	versionMinor = 1
)

// appendGreeting appends our greeting. It equals that of a libzmq socket without
// identity: as-server is zero in both roles, and the signature carries, for
// peers of ZMTP 1, the length of the identity plus one.
func appendGreeting(dst []byte, mechanism string) []byte {
	dst = append(dst, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, versionMajor, versionMinor)
	dst = append(dst, mechanism...)
	return append(dst, make([]byte, greetingBytes-mechanismAt-len(mechanism))...)
}

// checkGreeting judges as much of a greeting as has arrived, so that a peer
// that speaks something else is told from a slow one at once. The length in
// the signature, the minor version, as-server and the filler may be anything.
func checkGreeting(in []byte, mechanism string) error {
	if len(in) > 0 && in[0] != 0xff {
		return FaultGreeting
	}
	if len(in) >= signatureBytes && in[signatureBytes-1]&1 == 0 {
		return FaultGreeting
	}
	if len(in) > signatureBytes && in[signatureBytes] < versionMajor {
		return FaultVersion
	}
	if len(in) < mechanismAt+mechanismBytes {
		return nil
	}
	var want [mechanismBytes]byte
	copy(want[:], mechanism)
	if !bytes.Equal(in[mechanismAt:mechanismAt+mechanismBytes], want[:]) {
		return FaultMechanism
	}
	return nil
}
