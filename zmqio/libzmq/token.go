//go:build cgo && libzmq

package libzmq

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
)

// A token is the routing id that the ZAP responder gives to a connection it has
// admitted:
//
//	0x01 | client's public key (32) | nonce (12) | MAC (16)
//
// The nonce is the link's number, big-endian, and four random bytes. The MAC is
// HMAC-SHA256 over all that precedes it, cut to 16 bytes, under a secret that
// lives as long as the node. A token is never on the wire, and it can't be
// guessed: libzmq lets a client that wins a race claim an id of its own choice,
// but not a valid token.
const (
	tokenMark     = 0x01
	tokenKeyBytes = 32
	nonceBytes    = 12
	macBytes      = 16
	tokenBytes    = 1 + tokenKeyBytes + nonceBytes + macBytes
)

// minter makes and verifies the tokens of one node.
type minter struct{ secret [32]byte }

func newMinter() *minter {
	m := new(minter)
	rand.Read(m.secret[:]) // never fails
	return m
}

// mint returns a token for link number n of the client with that key, which
// must have 32 bytes.
func (m *minter) mint(key []byte, n uint64) []byte {
	token := make([]byte, 0, tokenBytes)
	token = append(token, tokenMark)
	token = append(token, key...)
	token = binary.BigEndian.AppendUint64(token, n)
	token = token[:1+tokenKeyBytes+nonceBytes]
	rand.Read(token[1+tokenKeyBytes+8:])
	return append(token, m.mac(token)...)
}

// verify returns what token was minted for, and false if it was not minted here.
func (m *minter) verify(token []byte) (key []byte, n uint64, ok bool) {
	if len(token) != tokenBytes || token[0] != tokenMark {
		return nil, 0, false
	}
	signed, mac := token[:tokenBytes-macBytes], token[tokenBytes-macBytes:]
	if !hmac.Equal(mac, m.mac(signed)) {
		return nil, 0, false
	}
	key = signed[1 : 1+tokenKeyBytes]
	return key, binary.BigEndian.Uint64(signed[1+tokenKeyBytes:]), true
}

func (m *minter) mac(signed []byte) []byte {
	h := hmac.New(sha256.New, m.secret[:])
	h.Write(signed)
	return h.Sum(nil)[:macBytes]
}
