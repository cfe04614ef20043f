package zmtp

import (
	"encoding/binary"

	"golang.org/x/crypto/salsa20/salsa" //lint:ignore SA1019 half of NaCl's box, which CURVE prescribes
)

const (
	// blockBytes is the size of a block of Salsa20, input and output.
	blockBytes = 64
	// lanes is how many blocks salsaBlocks computes.
	lanes = 6

	inputCounter = 24 // where in an input the nonce and the number of the block are
)

// salsaInput writes the input of Salsa20 for one block of the key stream of a nonce.
func salsaInput(in *[blockBytes]byte, key *[KeyBytes]byte, nonce uint64, block int) {
	copy(in[0:], salsa.Sigma[:4])
	copy(in[4:], key[:16])
	copy(in[20:], salsa.Sigma[4:8])
	binary.BigEndian.PutUint64(in[inputCounter:], nonce)
	binary.LittleEndian.PutUint64(in[inputCounter+counterBytes:], uint64(block))
	copy(in[40:], salsa.Sigma[8:12])
	copy(in[44:], key[16:])
	copy(in[60:], salsa.Sigma[12:])
}

// salsaBlocksLibrary is salsaBlocks for processors that have no assembly of ours.
func salsaBlocksLibrary(blocks *[lanes * blockBytes]byte) {
	for i := range lanes {
		block := (*[blockBytes]byte)(blocks[i*blockBytes:])
		var key [KeyBytes]byte
		copy(key[copy(key[:], block[4:20]):], block[44:60])
		counter := [16]byte(block[inputCounter:])
		clear(block[:])
		salsa.XORKeyStream(block[:], block[:], &counter, &key)
	}
}
