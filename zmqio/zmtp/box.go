package zmtp

import (
	"encoding/binary"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/poly1305" //lint:ignore SA1019 half of NaCl's box, which CURVE prescribes
	"golang.org/x/crypto/salsa20/salsa"
)

// This file composes NaCl's secretbox (XSalsa20 and Poly1305) from its parts,
// so that the HSalsa20 of the nonce's first 16 bytes, which stay the same for
// all messages of a direction, is computed once a connection instead of once
// a frame. box_test.go proves it equal to nacl/box.

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
	subkey [KeyBytes]byte
}

// newBox makes the box of a shared key and the first 16 bytes of a nonce.
func newBox(shared *[KeyBytes]byte, prefix *[prefixBytes]byte) (b box) {
	salsa.HSalsa20(&b.subkey, prefix, shared, &salsa.Sigma)
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
	var block [64]byte
	var counter [16]byte
	b.firstBlock(&block, &counter, nonce)
	b.xor(content, &block, &counter)
	poly1305.Sum((*[tagBytes]byte)(sealed), content, (*[KeyBytes]byte)(block[:]))
}

// open is the reverse of seal: the content then stands behind the tag. It
// leaves sealed alone and returns false where the tag does not fit; the
// comparison takes the same time in either case.
func (b *box) open(sealed []byte, nonce uint64) bool {
	if len(sealed) < tagBytes {
		return false
	}
	content := sealed[tagBytes:]
	var block [64]byte
	var counter [16]byte
	b.firstBlock(&block, &counter, nonce)
	if !poly1305.Verify((*[tagBytes]byte)(sealed), content, (*[KeyBytes]byte)(block[:])) {
		return false
	}
	b.xor(content, &block, &counter)
	return true
}

// firstBlock fills block with the first block of the key stream: the key of
// Poly1305, and what the first 32 bytes of the content are masked with.
func (b *box) firstBlock(block *[64]byte, counter *[16]byte, nonce uint64) {
	binary.BigEndian.PutUint64(counter[:], nonce)
	salsa.XORKeyStream(block[:], block[:], counter, &b.subkey)
}

// xor masks content with the key stream from byte 32 on.
func (b *box) xor(content []byte, block *[64]byte, counter *[16]byte) {
	head := content[:min(len(content), KeyBytes)]
	for i := range head {
		head[i] ^= block[KeyBytes+i]
	}
	if rest := content[len(head):]; len(rest) > 0 {
		counter[counterBytes] = 1
		salsa.XORKeyStream(rest, rest, counter, &b.subkey)
	}
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
