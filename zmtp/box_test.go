package zmtp

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"testing"

	naclbox "golang.org/x/crypto/nacl/box"
	"golang.org/x/crypto/nacl/secretbox"
)

// testBytes returns n bytes that seed decides.
func testBytes(seed uint64, n int) []byte {
	random := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8), 1})
	b := make([]byte, n)
	_, _ = random.Read(b) // never fails
	return b
}

func testKeys(seed uint64) *Keys {
	k := &Keys{Secret: [KeyBytes]byte(testBytes(seed, KeyBytes))}
	k.Public = PublicKey(&k.Secret)
	return k
}

// boxLengths is every length up to 1,100, and the neighbours of larger powers of
// two: the assembly below has branches at 64 and 256 bytes.
func boxLengths() []int {
	var lengths []int
	for n := 0; n <= 1100; n++ {
		lengths = append(lengths, n)
	}
	for n := 2048; n <= 1<<17; n *= 2 {
		lengths = append(lengths, n-1, n, n+1, n+31, n+33)
	}
	return append(lengths, 1<<20, 1<<20+7)
}

// The composition with a kept subkey must give what nacl/box gives, to the
// bit, and open what nacl/box seals.
func TestBoxEqualsNaCl(t *testing.T) {
	t.Parallel()
	alice, bob := testKeys(1), testKeys(2)
	shared, err := sharedKey(&alice.Secret, &bob.Public)
	if err != nil {
		t.Fatal(err)
	}
	prefix := [prefixBytes]byte([]byte("CurveZMQMESSAGEC"))
	b := newBox(&shared, &prefix)
	for i, n := range boxLengths() {
		counter := uint64(i)<<40 + uint64(n)
		var nonce [24]byte
		copy(nonce[:], prefix[:])
		binary.BigEndian.PutUint64(nonce[prefixBytes:], counter)
		content := testBytes(uint64(n), n)

		want := naclbox.Seal(nil, content, &nonce, &bob.Public, &alice.Secret)
		got := append(make([]byte, tagBytes), content...)
		b.seal(got, counter)
		if !bytes.Equal(got, want) {
			t.Fatalf("%d bytes: sealed differs from nacl/box", n)
		}
		if !b.open(got, counter) || !bytes.Equal(got[tagBytes:], content) {
			t.Fatalf("%d bytes: does not open what nacl/box seals", n)
		}
	}
}

// The handshake's boxes, with random nonces, are the same composition.
func TestBoxOnceEqualsNaCl(t *testing.T) {
	t.Parallel()
	key := [KeyBytes]byte(testBytes(3, KeyBytes))
	tail := [longNonceBytes]byte(testBytes(4, longNonceBytes))
	nonce := [24]byte(append([]byte("COOKIE--"), tail[:]...))
	content := testBytes(5, 64)
	want := secretbox.Seal(nil, content, &nonce, &key)
	got := append(make([]byte, tagBytes), content...)
	sealOnce(&key, "COOKIE--", &tail, got)
	if !bytes.Equal(got, want) {
		t.Fatal("sealed differs from nacl/secretbox")
	}
	if !openOnce(&key, "COOKIE--", &tail, got) || !bytes.Equal(got[tagBytes:], content) {
		t.Fatal("does not open again")
	}
}

// Any single bit that changes, and any byte that is missing, keeps a box shut
// and its bytes untouched.
func TestBoxStaysShutWhenAltered(t *testing.T) {
	t.Parallel()
	b := newBox((*[KeyBytes]byte)(testBytes(6, KeyBytes)), (*[prefixBytes]byte)(testBytes(7, prefixBytes)))
	sealed := make([]byte, tagBytes+40)
	b.seal(sealed, 9)
	for bit := range len(sealed) * 8 {
		altered := bytes.Clone(sealed)
		altered[bit/8] ^= 1 << (bit % 8)
		before := bytes.Clone(altered)
		if b.open(altered, 9) {
			t.Fatalf("opens with bit %d flipped", bit)
		}
		if !bytes.Equal(altered, before) {
			t.Fatalf("a box that did not open was changed (bit %d)", bit)
		}
	}
	for n := range len(sealed) {
		if b.open(bytes.Clone(sealed[:n]), 9) {
			t.Fatalf("opens when cut to %d bytes", n)
		}
	}
	if b.open(bytes.Clone(sealed), 10) {
		t.Fatal("opens under another nonce")
	}
}

// A public key of low order gives the same shared secret with everybody.
func TestSharedKeyRefusesLowOrder(t *testing.T) {
	t.Parallel()
	keys := testKeys(8)
	for _, low := range [][KeyBytes]byte{{}, {1}} {
		if _, err := sharedKey(&keys.Secret, &low); err != FaultBox {
			t.Errorf("low-order key %x: got error %v, want %v", low[:2], err, FaultBox)
		}
	}
}
