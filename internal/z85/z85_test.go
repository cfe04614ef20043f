package z85_test

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"github.com/bitmark-inc/bilateralrpc/internal/z85"
)

// The vector of RFC 32.
func TestVectorOfTheSpecification(t *testing.T) {
	b := []byte{0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B}
	if text, err := z85.Encode(b); err != nil || text != "HelloWorld" {
		t.Errorf("Encode = %q, %v, want HelloWorld", text, err)
	}
	if got, err := z85.Decode("HelloWorld"); err != nil || !bytes.Equal(got, b) {
		t.Errorf("Decode = %x, %v, want %x", got, err, b)
	}
}

func TestDecodeUndoesEncode(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 0, 64).Draw(t, "bytes")
		b = b[:len(b)/4*4]
		text, err := z85.Encode(b)
		if err != nil || len(text) != len(b)/4*5 {
			t.Fatalf("Encode(%x) = %q, %v", b, text, err)
		}
		if got, err := z85.Decode(text); err != nil || !bytes.Equal(got, b) {
			t.Fatalf("Decode(%q) = %x, %v, want %x", text, got, err, b)
		}
	})
}

func TestWhatIsNotZ85IsAnError(t *testing.T) {
	for text, why := range map[string]string{
		"Hell":       "not a multiple of five",
		"Hell ":      "a space is no digit",
		"Hell\"":     "a quote is no digit",
		"Hell\xff":   "a byte beyond ASCII",
		"#####":      "above the largest four bytes",
		"00000%nSc1": "one above the largest four bytes",
	} {
		if b, err := z85.Decode(text); err == nil {
			t.Errorf("Decode(%q) = %x, want an error: %s", text, b, why)
		}
	}
	if b, err := z85.Decode("%nSc0"); err != nil || !bytes.Equal(b, []byte{255, 255, 255, 255}) {
		t.Errorf("Decode(%%nSc0) = %x, %v, want the largest four bytes", b, err)
	}
	if _, err := z85.Encode(make([]byte, 3)); err == nil {
		t.Error("Encode of 3 bytes gave no error")
	}
}
