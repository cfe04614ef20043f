package zmtp

import (
	"encoding/binary"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/poly1305"      //lint:ignore SA1019 half of NaCl's box, which CURVE prescribes
	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 the other half
)

// This file composes NaCl's secretbox (XSalsa20 and Poly1305) from its parts,
// so that the HSalsa20 of the nonce's first 16 bytes, which stay the same for
// all messages of a direction, is computed once a connection instead of once
// a frame, and that stream.go can compute key streams of several boxes in one
// pass. box_test.go proves it equal to nacl/box.

const (
	// KeyBytes is the size of a CURVE key.
	KeyBytes = 32
	// tagBytes is what a box adds to its content, before it.
	tagBytes = poly1305.TagSize

	prefixBytes    = 16 // of a nonce that ends in a counter
	counterBytes   = 8
	longNonceBytes = 16 // of a nonce that is drawn at random
)

// box seals and opens under one key and one nonce prefix.
type box struct {
	subkey   [KeyBytes]byte
	wide     bool   // salsaBlocks is used
	messages uint8  // since the last command, up to busyMin
	ahead    *ahead // nil unless the connection is busy
	pause    func() // Config.Pause
}

// newBox makes the box of a shared key and the first 16 bytes of a nonce.
func newBox(shared *[KeyBytes]byte, prefix *[prefixBytes]byte) (b box) {
	salsa.HSalsa20(&b.subkey, prefix, shared, &salsa.Sigma)
	b.wide = wide()
	return b
}

// sharedKey is NaCl's crypto_box_beforenm. It fails for the few public keys
// of low order, which would make a secret that everybody knows.
func sharedKey(secret, public *[KeyBytes]byte) (shared [KeyBytes]byte, err error) {
	product, err := curve25519.X25519(secret[:], public[:])
	if err != nil {
		return shared, FaultBox
	}
	salsa.HSalsa20(&shared, new([prefixBytes]byte), (*[KeyBytes]byte)(product), &salsa.Sigma)
	return shared, nil
}

// PublicKey returns the public half of a secret key.
func PublicKey(secret *[KeyBytes]byte) (public [KeyBytes]byte) {
	product, err := curve25519.X25519(secret[:], curve25519.Basepoint)
	if err != nil {
		panic("zmtp: the base point is of low order")
	}
	return [KeyBytes]byte(product)
}

// seal turns sealed, which is room for the tag followed by the content, into
// a box in place. A nonce must not be used twice.
func (b *box) seal(sealed []byte, nonce uint64) {
	content := sealed[tagBytes:]
	room := b.ahead
	if room == nil {
		room = new(ahead) // on the stack
	}
	start := b.stream(nonce, len(content), room)
	b.mask(content, nonce, start)
	b.authenticate((*[tagBytes]byte)(sealed), content, (*[KeyBytes]byte)(start))
}

// open is the reverse of seal: the content then stands behind the tag. It
// leaves sealed alone and returns false where the tag does not fit; the
// comparison takes the same time in either case.
func (b *box) open(sealed []byte, nonce uint64) bool {
	if len(sealed) < tagBytes {
		return false
	}
	content := sealed[tagBytes:]
	room := b.ahead
	if room == nil {
		room = new(ahead) // on the stack
	}
	start := b.stream(nonce, len(content), room)
	if !b.isAuthentic((*[tagBytes]byte)(sealed), content, (*[KeyBytes]byte)(start)) {
		return false
	}
	b.mask(content, nonce, start)
	return true
}

// authenticate sets the tag of content.
func (b *box) authenticate(tag *[tagBytes]byte, content []byte, key *[KeyBytes]byte) {
	if len(content) <= pieceBytes {
		poly1305.Sum(tag, content, key)
		return
	}
	b.authenticator(content, key).Sum(tag[:0])
}

// isAuthentic says whether tag is that of content.
func (b *box) isAuthentic(tag *[tagBytes]byte, content []byte, key *[KeyBytes]byte) bool {
	if len(content) <= pieceBytes {
		return poly1305.Verify(tag, content, key)
	}
	return b.authenticator(content, key).Verify(tag[:])
}

// authenticator has seen content, piece by piece.
func (b *box) authenticator(content []byte, key *[KeyBytes]byte) *poly1305.MAC {
	a := poly1305.New(key)
	for done := 0; len(content) > 0; {
		n := min(len(content), pieceBytes)
		_, _ = a.Write(content[:n]) // never fails
		content = content[n:]
		done = b.worked(done + n)
	}
	return a
}

// sealOnce and openOnce are seal and open under the nonce prefix || tail.
func sealOnce(key *[KeyBytes]byte, prefix string, tail *[longNonceBytes]byte, sealed []byte) {
	b, nonce := onceBox(key, prefix, tail)
	b.seal(sealed, nonce)
}

func openOnce(key *[KeyBytes]byte, prefix string, tail *[longNonceBytes]byte, sealed []byte) bool {
	b, nonce := onceBox(key, prefix, tail)
	return b.open(sealed, nonce)
}

// onceBox splits a nonce of an 8-byte prefix and a random tail into the 16
// bytes that make the box and the 8 that are its counter.
func onceBox(key *[KeyBytes]byte, prefix string, tail *[longNonceBytes]byte) (box, uint64) {
	var head [prefixBytes]byte
	copy(head[:counterBytes], prefix)
	copy(head[counterBytes:], tail[:])
	return newBox(key, &head), binary.BigEndian.Uint64(tail[counterBytes:])
}
