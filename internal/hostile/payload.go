package main

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
)

// encode returns value as gob.
func encode(value any) []byte {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(value); err != nil {
		panic(err) // the attackers' own types
	}
	return b.Bytes()
}

// forged returns a gob value of sample's type whose bytes are value, which gob
// would not write. Sample must encode as one value behind its definitions.
func forged(sample any, value []byte) []byte {
	whole := encode(sample)
	for rest := whole; ; {
		n, size := gobUint(rest)
		if size+n < len(rest) { // a definition
			rest = rest[size+n:]
			continue
		}
		id := rest[size : size+1]
		if id[0] >= 0x80 { // a longer form of the type's number: the bytes that follow
			id = rest[size : size+1+int(-int8(id[0]))]
		}
		body := append(append([]byte(nil), id...), value...)
		return append(appendGobUint(whole[:len(whole)-len(rest):len(whole)-len(rest)], len(body)), body...)
	}
}

// gobUint reads an unsigned number of gob and its size.
func gobUint(b []byte) (n, size int) {
	if b[0] < 0x80 {
		return int(b[0]), 1
	}
	size = 1 + int(-int8(b[0]))
	for _, c := range b[1:size] {
		n = n<<8 | int(c)
	}
	return n, size
}

func appendGobUint(dst []byte, n int) []byte {
	if n < 0x80 {
		return append(dst, byte(n))
	}
	dst = append(dst, 0xfc) // four bytes follow
	return binary.BigEndian.AppendUint32(dst, uint32(n))
}

// A frame's header, by RFC 37.
const (
	frameMore = 1
	frameLong = 2
	// The head of a CURVE MESSAGE: its name, and the counter.
	curveMessage = "\x07MESSAGE"
)

// frameHeader returns the header of a frame of length bytes, in its long form.
func frameHeader(flags byte, length uint64) []byte {
	return binary.BigEndian.AppendUint64([]byte{flags | frameLong}, length)
}
