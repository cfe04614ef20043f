package main

import (
	"encoding/binary"
	"fmt"
)

// Where a system leaves the encoding to its user, it gets the cheapest one there
// is: two integers in 16 bytes.

func encode(a, b int) []byte {
	body := make([]byte, 0, 16)
	body = binary.BigEndian.AppendUint64(body, uint64(a))
	return binary.BigEndian.AppendUint64(body, uint64(b))
}

func decode(body []byte) (a, b int, err error) {
	if len(body) != 16 {
		return 0, 0, fmt.Errorf("a body of %d bytes, want 16", len(body))
	}
	return int(binary.BigEndian.Uint64(body)), int(binary.BigEndian.Uint64(body[8:])), nil
}

// sumDiff is the job on encoded operands.
func sumDiff(body []byte) ([]byte, error) {
	a, b, err := decode(body)
	return encode(a+b, a-b), err
}

func results16(body []byte) (Results, error) {
	s, d, err := decode(body)
	return Results{S: s, D: d}, err
}
