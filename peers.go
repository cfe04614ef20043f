package bilateralrpc

import (
	"context"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Stats is what a node has counted since it was made.
type Stats = zmqio.Stats

// PeerStatus is what a node knows of one peer.
type PeerStatus = core.PeerStatus

// ActiveConnections returns the names of the peers that can be called now.
func (b *Bilateral) ActiveConnections() []string {
	if b.broken != nil {
		return nil
	}
	return b.driver.Active()
}

// ConnectionCount returns how many peers can be called now.
func (b *Bilateral) ConnectionCount() int {
	if b.broken != nil {
		return 0
	}
	return b.driver.ActiveCount()
}

// Peers returns the state of every peer, active or not, for a look inside.
func (b *Bilateral) Peers() []PeerStatus {
	if b.broken != nil {
		return nil
	}
	return b.driver.Status()
}

// Stats returns the node's counters.
func (b *Bilateral) Stats() Stats {
	if b.broken != nil {
		return Stats{}
	}
	return b.driver.Stats()
}

// WaitPeers waits until at least n peers are active. It returns ctx's error if
// that is done first, and ErrClosed if the node is closed.
func (b *Bilateral) WaitPeers(ctx context.Context, n int) error {
	if b.broken != nil {
		return b.broken
	}
	for {
		changed := b.driver.Changed()
		if b.driver.ActiveCount() >= n {
			return nil
		}
		if err := b.driver.Err(); err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
