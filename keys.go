package bilateralrpc

import (
	"crypto/ecdh"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"sync/atomic"

	"github.com/bitmark-inc/bilateralrpc/internal/z85"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// keyBytes is the length of a CURVE key; 40 characters in Z85.
const keyBytes = 32

// NewKeypair makes a new pair of CURVE keys, in Z85. The public key is the name
// of a node that uses it.
func NewKeypair() (publicKey string, privateKey string, err error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return "", "", fmt.Errorf("bilateralrpc: make a key: %w", err)
	}
	if publicKey, err = z85.Encode(key.PublicKey().Bytes()); err != nil {
		return "", "", err
	}
	privateKey, err = z85.Encode(key.Bytes())
	return publicKey, privateKey, err
}

// parseKey reads a key. what names it in the error, which never shows the key.
func parseKey(what, text string) (key [keyBytes]byte, err error) {
	if len(text) != keyBytes/4*5 {
		return key, fmt.Errorf("%w: the %s has %d characters: want the 40 that NewKeypair gives", ErrBadKey, what, len(text))
	}
	b, err := z85.Decode(text)
	if err != nil {
		return key, fmt.Errorf("%w: the %s: %w", ErrBadKey, what, err)
	}
	return [keyBytes]byte(b), nil
}

// setKeys makes config that of an encrypted node.
func setKeys(config *zmqio.Config, publicKey, privateKey string) (err error) {
	node := &config.Node
	if node.PublicKey, node.SecretKey, err = parsePair(publicKey, privateKey); err != nil {
		return err
	}
	node.Curve, config.Protocol.Name = true, publicKey
	return nil
}

// parsePair reads two keys that belong together.
func parsePair(publicKey, privateKey string) (public, private [keyBytes]byte, err error) {
	if public, err = parseKey("public key", publicKey); err != nil {
		return public, private, err
	}
	if private, err = parseKey("private key", privateKey); err != nil {
		return public, private, err
	}
	secret, err := ecdh.X25519().NewPrivateKey(private[:])
	if err != nil {
		return public, private, fmt.Errorf("%w: the private key: %w", ErrBadKey, err)
	}
	if [keyBytes]byte(secret.PublicKey().Bytes()) != public {
		return public, private, fmt.Errorf("%w: the public key is not that of the private key", ErrBadKey)
	}
	return public, private, nil
}

// allowList is the set of keys that may connect. It may be replaced at any time.
type allowList struct {
	keys atomic.Pointer[map[string]bool] // nil admits everybody
}

func (l *allowList) set(keys []string) error {
	if keys == nil {
		l.keys.Store(nil)
		return nil
	}
	set := make(map[string]bool, len(keys))
	for _, key := range keys {
		if _, err := parseKey("allowed key", key); err != nil {
			return err
		}
		set[key] = true
	}
	l.keys.Store(&set)
	return nil
}

// admit is a zmqio.TransportConfig.Admit.
func (l *allowList) admit(name, _ string) bool {
	keys := l.keys.Load()
	return keys == nil || (*keys)[name]
}

func randomUint64() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // it never fails: see its documentation
	return binary.BigEndian.Uint64(b[:])
}
