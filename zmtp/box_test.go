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

// boxLengths is every length up to 5,000, and the neighbours of larger powers of two:
// what is below has branches at 64 and 256 bytes, and at 384.
func boxLengths() []int {
	var lengths []int
	for n := range 5001 {
		lengths = append(lengths, n)
	}
	for n := 8192; n <= 1<<17; n *= 2 {
		lengths = append(lengths, n-1, n, n+1, n+31, n+33)
	}
	return append(lengths, 1<<20, 1<<20+7)
}

const testPrefix = "CurveZMQMESSAGEC"

// The ways in which a box computes its stream. On a processor without assembly
// of ours, all of them are by package salsa.
var boxWays = []string{"library", "wide", "ahead"}

func testBox(way string, key *[KeyBytes]byte) box {
	b := newBox(key, (*[prefixBytes]byte)([]byte(testPrefix)))
	b.wide = way != "library"
	if way == "ahead" {
		b.ahead = new(ahead)
	}
	return b
}

// everyWay runs a story in each of the ways.
func everyWay(t *testing.T, story func(t *testing.T, way string)) {
	t.Helper()
	for _, way := range boxWays {
		t.Run(way, func(t *testing.T) { t.Parallel(); story(t, way) })
	}
}

// reference is what nacl/secretbox makes of content.
func reference(key *[KeyBytes]byte, nonce uint64, content []byte) []byte {
	long := [24]byte([]byte(testPrefix + "\x00\x00\x00\x00\x00\x00\x00\x00"))
	binary.BigEndian.PutUint64(long[prefixBytes:], nonce)
	return secretbox.Seal(nil, content, &long, key)
}

// sealAndOpen seals content and opens it again, and compares with the reference.
func sealAndOpen(t *testing.T, sealer, opener *box, key *[KeyBytes]byte, nonce uint64, content []byte) {
	t.Helper()
	want := reference(key, nonce, content)
	got := append(make([]byte, tagBytes), content...)
	sealer.seal(got, nonce)
	if !bytes.Equal(got, want) {
		t.Fatalf("nonce %d, %d bytes: sealed differs from nacl/secretbox", nonce, len(content))
	}
	if !opener.open(got, nonce) || !bytes.Equal(got[tagBytes:], content) {
		t.Fatalf("nonce %d, %d bytes: does not open what nacl/secretbox seals", nonce, len(content))
	}
}

// The composition with a kept subkey must give what nacl/box gives, to the
// bit, and open what nacl/box seals.
func TestBoxEqualsNaCl(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, way string) {
		alice, bob := testKeys(1), testKeys(2)
		shared, err := sharedKey(&alice.Secret, &bob.Public)
		if err != nil {
			t.Fatal(err)
		}
		var theirs [KeyBytes]byte
		naclbox.Precompute(&theirs, &bob.Public, &alice.Secret)
		if shared != theirs {
			t.Fatal("the shared key differs from nacl/box's")
		}
		sealer, opener := testBox(way, &shared), testBox(way, &shared)
		for i, n := range boxLengths() {
			sealAndOpen(t, &sealer, &opener, &shared, uint64(i)<<40+uint64(n), testBytes(uint64(n), n))
		}
	})
}

// So it must for boxes of any lengths, one after the other as on a connection: what
// was computed ahead fits, is too short, or is for other nonces.
func TestBoxesInARowEqualNaCl(t *testing.T) {
	t.Parallel()
	everyWay(t, func(t *testing.T, way string) {
		for seed := range uint64(200) {
			random := rand.New(rand.NewPCG(seed, 1))
			lengths := make([]byte, random.IntN(60))
			for i := range lengths {
				lengths[i] = byte(random.Uint32())
			}
			boxesInARow(t, way, lengths)
		}
	})
}

// boxesInARow seals and opens boxes as steps say: the length of each, and now and then
// that nonces are left out or that a box is altered. Sealer and opener are of two ways.
func boxesInARow(t *testing.T, way string, steps []byte) {
	t.Helper()
	key := [KeyBytes]byte(testBytes(uint64(len(steps)), KeyBytes))
	sealer, opener := testBox(way, &key), testBox(boxWays[len(steps)%len(boxWays)], &key)
	content := testBytes(9, 8*blockBytes+1)
	nonce := uint64(1)<<32 - 3 // so that it passes from one word of the block to the other
	for i, step := range steps {
		n := int(step)
		switch {
		case step >= 0xf0: // a long one
			n = len(content) - int(step&0xf)
		case step >= 0xe0:
			nonce += uint64(step & 0xf)
		case step >= 0xd0:
			staysShut(t, &opener, nonce, reference(&key, nonce, content[:step&0xf]), i)
		case step >= 0xc0: // the pattern of messages of ours
			n = 5 + i%2*64
		}
		sealAndOpen(t, &sealer, &opener, &key, nonce, content[:n])
		nonce++
	}
}

// staysShut alters one bit of a box.
func staysShut(t *testing.T, opener *box, nonce uint64, sealed []byte, bit int) {
	t.Helper()
	sealed[bit/8%len(sealed)] ^= 1 << (bit % 8)
	before := bytes.Clone(sealed)
	if opener.open(sealed, nonce) {
		t.Fatalf("nonce %d: opens with a bit flipped", nonce)
	}
	if !bytes.Equal(sealed, before) {
		t.Fatalf("nonce %d: a box that did not open was changed", nonce)
	}
}

// FuzzBoxes is TestBoxesInARowEqualNaCl with the steps in the hands of the fuzzer.
func FuzzBoxes(f *testing.F) {
	f.Add([]byte{0xc0, 0xc0, 0xc0, 0xc0, 0xff, 0xc0, 0xe3, 0xd2, 0, 31, 32, 95, 96})
	f.Fuzz(func(t *testing.T, steps []byte) {
		for _, way := range boxWays {
			boxesInARow(t, way, steps[:min(len(steps), 200)])
		}
	})
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
	everyWay(t, boxStaysShutWhenAltered)
}

func boxStaysShutWhenAltered(t *testing.T, way string) {
	b := testBox(way, (*[KeyBytes]byte)(testBytes(6, KeyBytes)))
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
