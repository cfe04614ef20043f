//go:build !amd64 || !gc || purego

package zmtp

// wideBytes is how much of a key stream salsa20 computes at once.
const wideBytes = blockBytes
