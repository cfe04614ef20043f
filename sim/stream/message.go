package stream

import (
	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// plainText is in all payloads, commands and identities that are long enough, and
// must not be on the wire of a CURVE connection.
const plainText = "plain-text"

// message returns the nth message of the end: a command of 0 to 15 bytes, and a
// payload in which no stretch is like another.
func (e *end) message(n int) (command string, payload []byte) {
	c := e.conn
	seed := c.world.plan.Seed
	key := [...]uint64{uint64(c.n), uint64(e.side), uint64(n)}
	var name [zmtp.CommandBytesMax]byte
	dice.Fill(name[:], seed, aboutPayload, append(key[:], 0)...)
	copy(name[:], plainText)
	payload = make([]byte, c.plan.size(n))
	dice.Fill(payload, seed, aboutPayload, append(key[:], 1)...)
	for at := 0; at+len(plainText) <= len(payload); at += 2 * len(plainText) {
		copy(payload[at:], plainText)
	}
	return string(name[:n%(zmtp.CommandBytesMax+1)]), payload
}

// frames returns the nth message of the end as it goes on the wire, in each of the
// ways that an owner can have it made.
func (e *end) frames(n int) []byte {
	command, payload := e.message(n)
	sealer := e.engine.Sealer()
	if e.side == Dialling && e.conn.plan.Peer == Scrambler {
		bad := appendMalformed(nil, n, payload)
		return sealer.Seal(nil, zmtp.AppendMessage(bad, command, nil, payload), nil)
	}
	if n%2 == 0 { // the rest of the body from where it lies
		head, body := payload[:len(payload)/3], payload[len(payload)/3:]
		return sealer.Seal(nil, zmtp.AppendMessageHead(nil, command, head, len(body)), body)
	}
	return sealer.Seal(nil, zmtp.AppendMessage(nil, command, nil, payload), nil)
}

// appendMalformed appends a message that is not a command and a payload, as plain
// frames: by n in turns one frame, three, a command too long, and three with a
// large one.
func appendMalformed(dst []byte, n int, payload []byte) []byte {
	body := payload[:min(len(payload), 100)]
	switch n % 4 {
	case 0:
		return appendFrame(dst, 0, payload)
	case 1:
		dst = appendFrame(dst, flagMore, body[:min(len(body), 9)])
		return appendFrame(appendFrame(dst, flagMore, body), 0, nil)
	case 2:
		return appendFrame(appendFrame(dst, flagMore, make([]byte, zmtp.CommandBytesMax+1)), 0, body)
	}
	return appendFrame(appendFrame(appendFrame(dst, flagMore, nil), flagMore, payload), 0, body)
}
