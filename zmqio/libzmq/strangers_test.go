//go:build cgo && libzmq && linux

package libzmq

import (
	"testing"
)

// Connections that say nothing are bounded in number: the oldest ends.
func TestStrangersAreBounded(t *testing.T) {
	a, b := start(t, "a", false), start(t, "b", false)
	address := a.listen()
	a.Lock()
	a.carrier().listener.accepts.strangerMax = 10
	a.UnlockAndDispatch()
	_, bAtA := b.Join(a.Node)
	first := rawPeer(t, address, "first")
	for range 20 {
		rawPeer(t, address, "s")
	}
	for range 11 {
		a.WantTurnedAway()
	}
	eventually(t, "the oldest has ended", func() bool { _, err := first.Write([]byte{0}); return err != nil })
	if err := a.TrySend(bAtA, 1, ""); err != nil {
		t.Errorf("the link that has said something: %v", err)
	}
}
