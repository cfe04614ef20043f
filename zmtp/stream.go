package zmtp

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 half of NaCl's box, which CURVE prescribes
)

// This file makes the key streams of boxes: 32 bytes that make the key of
// Poly1305, and then what the content is masked with.
//
// Where the processor computes several blocks in the time of one (wide), a pass
// computes blocks of several nonces, since counters rise by one: those that the
// next boxes are likely to need are computed ahead. Elsewhere each box has its own
// blocks computed, by package salsa. Which blocks are computed, and when, depends on
// nonces and lengths, which are no secrets, and on nothing else.

// ahead is a stretch of the key streams of successive nonces.
type ahead struct {
	first  uint64           // the nonce whose stream is at the start of blocks
	nonces int              // how many have a place in blocks
	starts [lanes + 1]uint8 // the first block of each, and of what follows the last
	// needs is how many blocks the last box of an odd and of an even nonce needed. A
	// message of ours is two frames, so the last but one says most about the next.
	needs  [2]uint8
	blocks [lanes * blockBytes]byte
}

// take returns the start of a nonce's stream: blocks many blocks, or lanes if these
// are fewer, or more than that. It computes them with others unless it has them.
func (a *ahead) take(key *[KeyBytes]byte, nonce uint64, blocks int) []byte {
	blocks = min(blocks, lanes)
	a.needs[nonce&1] = uint8(blocks)
	at := nonce - a.first // large for one before the first, too
	if at >= uint64(a.nonces) || int(a.starts[at+1]-a.starts[at]) < blocks {
		a.fill(key, nonce)
		at = 0
	}
	return a.blocks[int(a.starts[at])*blockBytes : int(a.starts[at+1])*blockBytes]
}

// fill computes the streams of nonce and of those behind it, as long as they are
// likely to be needed.
func (a *ahead) fill(key *[KeyBytes]byte, nonce uint64) {
	a.first, a.nonces = nonce, 0
	for lane := 0; lane < lanes; a.nonces++ {
		next := nonce + uint64(a.nonces)
		for block := range min(max(1, int(a.needs[next&1])), lanes-lane) {
			salsaInput((*[blockBytes]byte)(a.blocks[lane*blockBytes:]), key, next, block)
			lane++
		}
		a.starts[a.nonces+1] = uint8(lane)
	}
	salsaBlocks(&a.blocks)
}

func (a *ahead) clone() *ahead {
	if a == nil {
		return nil
	}
	clone := *a
	return &clone
}

// busyMin is after how many messages in a row, with no command among them, a
// direction of a connection keeps what was computed ahead. Heartbeats are commands:
// connections that do little else don't hold memory for it.
const busyMin = 16

// note counts what was sealed or opened, and makes or drops the memory for streams
// ahead as busyMin says.
func (b *box) note(command bool) {
	switch {
	case command && b.messages == 0:
		b.ahead = nil
	case command:
		b.messages = 0
	case b.messages < busyMin:
		if b.messages++; b.messages == busyMin && b.wide && b.ahead == nil {
			b.ahead = new(ahead)
		}
	}
}

// stream returns the start of a nonce's stream: as much as the tag and a small
// content need, in whole blocks, and not more than there is room for. It is valid
// until room is used again.
func (b *box) stream(nonce uint64, contentBytes int, room *ahead) []byte {
	if b.wide {
		return room.take(&b.subkey, nonce, (KeyBytes+contentBytes+blockBytes-1)/blockBytes)
	}
	start := room.blocks[:blockBytes]
	if contentBytes > blockBytes-KeyBytes {
		start = room.blocks[:libraryBytes]
	}
	b.maskLibrary(start, nonce, 0) // which are zeroes
	return start
}

// mask masks content, or unmasks it, with the stream of a nonce, of which start is the
// start. The first KeyBytes of the stream are the authenticator's.
func (b *box) mask(content []byte, nonce uint64, start []byte) {
	n := subtle.XORBytes(content, content, start[KeyBytes:])
	content = content[n:]
	block := len(start) / blockBytes
	if !b.wide {
		b.maskLibrary(content, nonce, block)
		return
	}
	var blocks [lanes * blockBytes]byte
	for done := 0; len(content) > 0; {
		for i := range lanes {
			salsaInput((*[blockBytes]byte)(blocks[i*blockBytes:]), &b.subkey, nonce, block+i)
		}
		salsaBlocks(&blocks)
		n := subtle.XORBytes(content, content, blocks[:])
		content = content[n:]
		block += lanes
		done = b.worked(done + n)
	}
}

// maskLibrary masks text with the stream from a block on.
func (b *box) maskLibrary(text []byte, nonce uint64, block int) {
	whole := len(text) / libraryBytes * libraryBytes
	if len(text)-whole <= blockBytes {
		whole = len(text)
	}
	b.xor(text[:whole], nonce, block)
	if whole < len(text) { // all of the last blocks take less time than two of them
		var last [libraryBytes]byte
		b.xor(last[:], nonce, block+whole/blockBytes)
		subtle.XORBytes(text[whole:], text[whole:], last[:])
	}
}

// xor is maskLibrary, piece by piece.
func (b *box) xor(text []byte, nonce uint64, block int) {
	for done := 0; len(text) > pieceBytes; {
		b.xorPiece(text[:pieceBytes], nonce, block)
		done = b.worked(done + pieceBytes)
		text = text[pieceBytes:]
		block += pieceBytes / blockBytes
	}
	b.xorPiece(text, nonce, block)
}

func (b *box) xorPiece(text []byte, nonce uint64, block int) {
	var counter [16]byte
	binary.BigEndian.PutUint64(counter[:], nonce)
	binary.LittleEndian.PutUint64(counter[counterBytes:], uint64(block))
	salsa.XORKeyStream(text, text, &counter, &b.subkey)
}
