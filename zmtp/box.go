package zmtp

import (
	"crypto/subtle"
	"encoding/binary"

	"golang.org/x/crypto/curve25519"
	"golang.org/x/crypto/poly1305"      //lint:ignore SA1019 half of NaCl's box, which CURVE prescribes
	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 the other half
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
	var k keyStream
	k.start(b, nonce, len(content))
	k.mask(content)
	poly1305.Sum((*[tagBytes]byte)(sealed), content, k.authenticator())
}

// open is the reverse of seal: the content then stands behind the tag. It
// leaves sealed alone and returns false where the tag does not fit; the
// comparison takes the same time in either case.
func (b *box) open(sealed []byte, nonce uint64) bool {
	if len(sealed) < tagBytes {
		return false
	}
	content := sealed[tagBytes:]
	var k keyStream
	k.start(b, nonce, len(content))
	if !poly1305.Verify((*[tagBytes]byte)(sealed), content, k.authenticator()) {
		return false
	}
	k.mask(content)
	return true
}

// keyStream is the stream of one box: 32 bytes that make the key of Poly1305,
// and then what the content is masked with.
type keyStream struct {
	box     *box
	counter [16]byte
	first   [wideBytes]byte
	ready   int // bytes of first that are computed
}

const blockBytes = 64

// start computes as much of the stream as the tag and a small content need.
func (k *keyStream) start(b *box, nonce uint64, contentBytes int) {
	k.box = b
	binary.BigEndian.PutUint64(k.counter[:], nonce)
	if k.ready = blockBytes; contentBytes > blockBytes-KeyBytes {
		k.ready = wideBytes
	}
	k.from(0, k.first[:k.ready])
}

func (k *keyStream) authenticator() *[KeyBytes]byte { return (*[KeyBytes]byte)(k.first[:]) }

// mask masks the content, or unmasks it. It is called once.
func (k *keyStream) mask(content []byte) {
	n := subtle.XORBytes(content, content, k.first[KeyBytes:k.ready])
	content = content[n:]
	block := k.ready / blockBytes
	whole := len(content) / wideBytes * wideBytes
	if tail := len(content) - whole; tail <= blockBytes {
		k.from(block, content)
		return
	}
	k.from(block, content[:whole])
	var last [wideBytes]byte
	k.from(block+whole/blockBytes, last[:])
	subtle.XORBytes(content[whole:], content[whole:], last[:])
}

// from masks text with the stream from a block on.
func (k *keyStream) from(block int, text []byte) {
	if len(text) > 0 {
		binary.LittleEndian.PutUint64(k.counter[counterBytes:], uint64(block))
		salsa.XORKeyStream(text, text, &k.counter, &k.box.subkey)
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
