//go:build !amd64 || !gc || purego

package zmtp

// libraryBytes is how much of a key stream package salsa computes at once.
const libraryBytes = blockBytes

// wide says whether this processor computes several blocks in the time of one.
func wide() bool { return false }

// salsaBlocks makes each 64 bytes into the output of Salsa20 for the input that
// they are. The time it takes does not depend on them.
func salsaBlocks(blocks *[lanes * blockBytes]byte) { salsaBlocksLibrary(blocks) }
