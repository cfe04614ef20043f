package transporttest

import (
	"crypto/ecdh"
	"crypto/rand"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Keys are a pair of CURVE keys.
type Keys struct{ Public, Secret [32]byte }

// NewKeys makes a pair.
func NewKeys(tb testing.TB) *Keys {
	tb.Helper()
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return &Keys{[32]byte(key.PublicKey().Bytes()), [32]byte(key.Bytes())}
}

// Name is the name of the node that has the keys: its public key in Z85.
func (k *Keys) Name() string {
	name, _ := z85.Encode(k.Public[:]) // fails only for lengths that are not a multiple of 4
	return name
}

// NewConfig is the configuration of a plaintext node called name, or, with keys, of
// one for CURVE. It is generous, so that a busy machine meets none of the timeouts,
// and has no heartbeats, so that nothing is on a connection but what a test sends.
func NewConfig(name string, keys *Keys) zmqio.TransportConfig {
	c := zmqio.TransportConfig{
		Name:             name,
		PayloadBytesMax:  4 << 20,
		SendQueueMax:     1000,
		HandshakeTimeout: Patience / 2,
		Linger:           Patience,
		BusyPoll:         100 * time.Microsecond,
		Clock:            zmqio.SystemClock(),
	}
	if keys != nil {
		c.Curve, c.PublicKey, c.SecretKey, c.Name = true, keys.Public, keys.Secret, keys.Name()
	}
	return c
}

// Bytes returns n bytes that seed decides.
func Bytes(seed, n int) string {
	b := make([]byte, n)
	x := uint32(seed)*2654435761 + 1
	for i := range b {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
		b[i] = byte(x)
	}
	return string(b)
}

// Lengths returns the lengths of payloads at which something may change: the form of
// a frame's header, the buffers, what changes hands.
func Lengths() []int {
	return []int{0, 1, 254, 255, 256, 4096, 32<<10 - 40, 32<<10 - 1, 32 << 10, 65535, 65536, 1 << 20}
}

// LengthOf is the length of the i-th of many messages: mostly small, and each of
// Lengths in turn.
func LengthOf(i int) int {
	if lengths := Lengths(); i%10 == 0 {
		return lengths[i/10%len(lengths)]
	}
	return i % 300
}
