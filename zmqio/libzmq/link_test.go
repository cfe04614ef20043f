//go:build cgo && libzmq

package libzmq

import (
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
)

// bothModes runs a test without and with CURVE.
func bothModes(t *testing.T, test func(t *testing.T, curve bool)) {
	t.Run("plain", func(t *testing.T) { test(t, false) })
	t.Run("curve", func(t *testing.T) { test(t, true) })
}

// pair connects b to a, and returns both ends of the link.
func pair(t testing.TB, a, b *node) (atA, atB core.Link) {
	t.Helper()
	atB = b.dial(a.name, a.listen())
	if r := b.want("up", a.name); r.link != atB {
		t.Fatalf("link %v is up, want %v", r.link, atB)
	}
	b.send(atB, core.JOIN, "net")
	atA = a.want("up", b.name).link
	a.wantFrame(b.name, core.JOIN, "net")
	return atA, atB
}

func TestFramesTravelBothWays(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		atA, atB := pair(t, a, b)
		if atA != (core.Link{Half: core.Listening, N: 1}) {
			t.Errorf("the first accepted link is %v", atA)
		}
		a.send(atA, core.STAY, "")
		b.wantFrame(a.name, core.STAY, "")
		b.send(atB, core.TICK, "12345678")
		a.wantFrame(b.name, core.TICK, "12345678")
		a.send(atA, core.TOCK, "12345678")
		if r := b.wantFrame(a.name, core.TOCK, "12345678"); r.link != atB {
			t.Errorf("frame on %v, want %v", r.link, atB)
		}
	})
}

func TestPartsOfAPayloadAreJoined(t *testing.T) {
	a, b := start(t, "a", false), start(t, "b", false)
	_, atB := pair(t, a, b)
	b.Lock()
	err := b.transport.Send(atB, core.CALL, []byte("head,"), []byte("body"))
	b.UnlockAndDispatch()
	if err != nil {
		t.Fatal(err)
	}
	a.wantFrame("b", core.CALL, "head,body")
}
