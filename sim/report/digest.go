package report

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
)

// digestBatch is how many bytes are hashed at a time, to save calls.
const digestBatch = 4096

// A Digest is the SHA-256 of what a run has done. The zero Digest is off: it must
// be given nothing.
type Digest struct {
	hash    hash.Hash // nil if it is off
	pending []byte    // not yet hashed
}

// NewDigest returns a Digest that is on.
func NewDigest() Digest {
	return Digest{hash: sha256.New(), pending: make([]byte, 0, 2*digestBatch)}
}

// On says whether the digest is computed.
func (d *Digest) On() bool { return d.hash != nil }

// Buffer returns the bytes that are not hashed yet. The caller appends to them
// and hands all of them to Commit.
func (d *Digest) Buffer() []byte { return d.pending }

// Commit takes back what Buffer returned, with what was appended to it.
func (d *Digest) Commit(buffer []byte) {
	d.pending = buffer
	if len(buffer) >= digestBatch {
		d.flush()
	}
}

// Write adds bytes that are not in the buffer. It never fails.
func (d *Digest) Write(b []byte) (int, error) {
	if len(b) >= digestBatch {
		d.flush()
		return d.hash.Write(b)
	}
	d.Commit(append(d.pending, b...))
	return len(b), nil
}

func (d *Digest) flush() {
	d.hash.Write(d.pending)
	d.pending = d.pending[:0]
}

// Sum returns the digest of everything so far in hex, and "" if it is off.
func (d *Digest) Sum() string {
	if !d.On() {
		return ""
	}
	d.flush()
	return hex.EncodeToString(d.hash.Sum(nil))
}
