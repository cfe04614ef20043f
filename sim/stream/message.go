package stream

import (
	"encoding/binary"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// plainText is in all payloads and identities that are long enough, and must
// not be on the wire of a CURVE connection.
const plainText = "plain-text"

// size returns the size of the nth payload.
func (c *Conn) size(n int) int {
	if len(c.Sizes) == 0 {
		return 0
	}
	return c.Sizes[n%len(c.Sizes)]
}

// message returns the nth message of an end: a command of 0 to 15 bytes, and a
// payload in which no stretch is like another.
func (w *world) message(c *conn, side Side, n int) (command string, payload []byte) {
	key := [...]uint64{uint64(c.n), uint64(side), uint64(n)}
	var name [zmtp.CommandBytesMax]byte
	dice.Fill(name[:], w.plan.Seed, aboutPayload, append(key[:], 0)...)
	copy(name[:], plainText)
	payload = make([]byte, c.plan.size(n))
	dice.Fill(payload, w.plan.Seed, aboutPayload, append(key[:], 1)...)
	for at := 0; at+len(plainText) <= len(payload); at += 2 * len(plainText) {
		copy(payload[at:], plainText)
	}
	return string(name[:n%(zmtp.CommandBytesMax+1)]), payload
}

// frames returns the nth message of an end as it goes on the wire.
func (w *world) frames(c *conn, side Side, n int) []byte {
	command, payload := w.message(c, side, n)
	sealer := c.ends[side].engine.Sealer()
	if side == Dialler && c.plan.Peer == Scrambler {
		bad := scrambled(n, payload)
		return sealer.Seal(nil, zmtp.AppendMessage(bad, command, nil, payload), nil)
	}
	if n%2 == 0 { // the body from where it lies
		head, body := payload[:len(payload)/3], payload[len(payload)/3:]
		return sealer.Seal(nil, zmtp.AppendMessageHead(nil, command, head, len(body)), body)
	}
	return sealer.Seal(nil, zmtp.AppendMessage(nil, command, nil, payload), nil)
}

// scrambled returns a message that is not a command and a payload, as plain
// frames: one frame, three, a command too long, and three with a large one.
func scrambled(n int, payload []byte) []byte {
	const more = 1
	body := payload[:min(len(payload), 100)]
	switch n % 4 {
	case 0:
		return rawFrame(nil, 0, payload)
	case 1:
		return rawFrame(rawFrame(rawFrame(nil, more, body[:min(len(body), 9)]), more, body), 0, nil)
	case 2:
		return rawFrame(rawFrame(nil, more, make([]byte, zmtp.CommandBytesMax+1)), 0, body)
	}
	return rawFrame(rawFrame(rawFrame(nil, more, nil), more, payload), 0, body)
}

// rawFrame appends one frame.
func rawFrame(dst []byte, flags byte, body []byte) []byte {
	return append(rawHeader(dst, flags, len(body)), body...)
}

// rawHeader appends the header of a frame, whatever its length.
func rawHeader(dst []byte, flags byte, length int) []byte {
	const long = 2
	if length < 256 {
		return append(dst, flags, byte(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, flags|long), uint64(length))
}
