//go:build amd64 && gc && !purego

package zmtp

// wideBytes is how much of a key stream salsa20 computes at once: here its
// assembly needs little more time for four blocks than for one.
const wideBytes = 4 * blockBytes
