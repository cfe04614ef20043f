package campaign

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/bits"
)

// A Digest is that of a set of seeds: the sum, modulo 2^256, of the SHA-256 of each line
// "INDEX DIGEST\n". A sum has no order and can be put together from parts, which a hash of
// the lines can't; unlike an exclusive or it also changes with a seed that counts twice.
// It tells runs apart, and is no defence against somebody who makes up digests. The zero
// Digest is that of no seeds.
type Digest struct{ words [4]uint64 } // the lowest first

// Add takes in what the run of an index gave.
func (d *Digest) Add(index uint64, digest string) {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d %s\n", index, digest))
	d.Merge(digestOf(sum[:]))
}

// Merge takes in the seeds of another digest.
func (d *Digest) Merge(e Digest) {
	var carry uint64
	for i := range d.words {
		d.words[i], carry = bits.Add64(d.words[i], e.words[i], carry)
	}
}

// digestOf reads the 32 bytes of a number, the highest first.
func digestOf(b []byte) (d Digest) {
	for i := range d.words {
		d.words[3-i] = binary.BigEndian.Uint64(b[8*i:])
	}
	return d
}

// String returns the digest in hex.
func (d Digest) String() string {
	var b []byte
	for i := range d.words {
		b = binary.BigEndian.AppendUint64(b, d.words[3-i])
	}
	return hex.EncodeToString(b)
}

// MarshalText returns the digest in hex.
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText returned.
func (d *Digest) UnmarshalText(text []byte) error {
	b, err := hex.DecodeString(string(text))
	if err != nil || len(b) != sha256.Size {
		return errors.New("a digest is 64 digits in hex")
	}
	*d = digestOf(b)
	return nil
}
