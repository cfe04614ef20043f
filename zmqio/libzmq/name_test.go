//go:build cgo && libzmq

package libzmq

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/zmqio/internal/nametest"
)

func TestEveryAddressOfANameIsDialled(t *testing.T) {
	nametest.EveryAddressIsDialled(t, Transport, options)
}

// The time to connect is divided as package net divides it: evenly, but not into
// pieces too short to connect in.
func TestShareOfTheTimeToConnect(t *testing.T) {
	for _, c := range []struct {
		left time.Duration
		n    int
		want time.Duration
	}{
		{5 * time.Second, 1, 5 * time.Second},
		{5 * time.Second, 2, 2500 * time.Millisecond},
		{5 * time.Second, 10, connectShareMin},
		{time.Second, 3, time.Second},
		{-time.Second, 1, -time.Second},
	} {
		if got := share(c.left, c.n); got != c.want {
			t.Errorf("the first of %d in %v: %v, want %v", c.n, c.left, got, c.want)
		}
	}
}
