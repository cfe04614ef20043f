//go:build cgo && libzmq && linux

package libzmq

import (
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// Bytes are a message without an end only if they had come at one look at the connection, libzmq had
// read them, and at the next one nothing of them was handed up though the socket had been found
// empty. A look for a message that is sent is none of these two, and what libzmq has not read says nothing.
func TestWhatHasJustComeIsNoMessageWithoutAnEnd(t *testing.T) {
	a, b := start(t, "a", false), start(t, "b", false)
	atA, _ := pair(t, a, b)
	tooMuch := a.carrier().partMax() + driftMax + 1
	a.Locked(func() {
		s := &a.carrier().conns
		c := a.carrier().listener.links.byLink[atA].conn
		now, base := time.Now(), c.meter.received0+c.meter.taken
		look := func(received, unread int64) {
			c.socket().drains++
			s.judge(&target{conn: c, taken: c.meter.taken, now: flow{received: base + received, unread: unread}}, now)
		}
		look(0, 0)
		c.meter.look(flow{received: base + tooMuch}, c.meter.taken, now) // to send
		look(tooMuch, tooMuch)
		look(tooMuch, 0)
		if a.carrier().listener.links.byLink[atA] == nil {
			t.Fatal("the link is lost")
		}
		look(tooMuch, 0)
	})
	if r := a.Want(transporttest.Lost, "b"); r.Cause != core.CauseLost {
		t.Errorf("it was lost by %v", r.Cause)
	}
}
