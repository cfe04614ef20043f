//go:build gc && !purego

package zmtp

import "golang.org/x/sys/cpu"

// libraryBytes is how much of a key stream package salsa computes at once: here
// its assembly needs little more time for four blocks than for one.
const libraryBytes = 4 * blockBytes

// wide says whether this processor computes several blocks in the time of one.
func wide() bool { return cpu.X86.HasAVX2 }

// salsaBlocks makes each 64 bytes into the output of Salsa20 for the input that
// they are. The time it takes does not depend on them.
func salsaBlocks(blocks *[lanes * blockBytes]byte) {
	if wide() {
		salsaBlocksAVX2(blocks)
	} else {
		salsaBlocksLibrary(blocks)
	}
}

//go:noescape
func salsaBlocksAVX2(blocks *[lanes * blockBytes]byte)
