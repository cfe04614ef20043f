// Package z85 writes and reads Z85 (ZeroMQ RFC 32): five printable digits for
// each four bytes, most significant first. CURVE keys are written in it.
package z85

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"
)

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"

// Encode returns b in Z85. The length of b must be a multiple of four.
func Encode(b []byte) (string, error) {
	if len(b)%4 != 0 {
		return "", fmt.Errorf("z85: %d bytes: want a multiple of 4", len(b))
	}
	text := make([]byte, 0, len(b)/4*5)
	for ; len(b) > 0; b = b[4:] {
		v := binary.BigEndian.Uint32(b)
		text = append(text, digits[v/52200625], digits[v/614125%85], digits[v/7225%85], digits[v/85%85], digits[v%85])
	}
	return string(text), nil
}

// Decode returns the bytes that text stands for. Text that is not Z85 is an error,
// which does not repeat the text: it may be a secret.
func Decode(text string) ([]byte, error) {
	if len(text)%5 != 0 {
		return nil, fmt.Errorf("z85: %d characters: want a multiple of 5", len(text))
	}
	b := make([]byte, 0, len(text)/5*4)
	for ; len(text) > 0; text = text[5:] {
		var v uint64
		for i := range 5 {
			digit := strings.IndexByte(digits, text[i])
			if digit < 0 {
				return nil, errors.New("z85: a character that is no digit of Z85")
			}
			v = v*85 + uint64(digit)
		}
		if v > math.MaxUint32 {
			return nil, errors.New("z85: five digits above the largest four bytes")
		}
		b = binary.BigEndian.AppendUint32(b, uint32(v))
	}
	return b, nil
}
