//go:build cgo && libzmq && linux

package libzmq

import (
	"errors"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// garbage allocates a little more than n bytes that nobody needs, while Go collects
// nothing by itself. What tests before have left, which may be more than a gigabyte, is
// given back first: it would count as well, and a collection that is under way would take
// what is allocated meanwhile for in use. The little more is for what has been swept since,
// which the heap's figures tell late.
func garbage(t *testing.T, n int) {
	t.Helper()
	before := debug.SetGCPercent(-1)
	t.Cleanup(func() { debug.SetGCPercent(before) })
	debug.FreeOSMemory()
	for range n/mib + 1 {
		runtime.KeepAlive(make([]byte, mib))
	}
	if _, spare := heap(); spare < int64(n) {
		t.Fatalf("%d bytes can be given back, of %d that are garbage", spare, n)
	}
}

// queue sends on a link until libzmq has 20 messages of 1 MiB, as meters say.
func queue(t *testing.T, a *node, link core.Link) {
	t.Helper()
	payload := string(make([]byte, mib))
	for sent := 0; a.libzmqHolds() < 20*mib; sent++ {
		if err := a.TrySend(link, core.CAST, payload); errors.Is(err, zmqio.ErrWouldBlock) || sent == 200 {
			t.Fatalf("%d messages of 1 MiB: %v", sent, err)
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func (n *node) libzmqHolds() (held int64) {
	n.Locked(func() { held = n.carrier().pressure.held })
	return held
}

// While libzmq's heap grows Go's gives back what it does not need, if both are large for
// the budget.
func TestGoGivesBackWhatLibzmqTakes(t *testing.T) {
	budget, config := within(32 * mib)
	a := start(t, "a", false, config)
	a.listen()
	_, link := deaf(t, a)
	garbage(t, 64*mib)
	queue(t, a, link)
	eventually(t, "Go's heap gives back what it does not need", func() bool {
		_, spare := heap()
		return spare < 64*mib
	})
	a.HangUp(link)
	eventually(t, "the budget is free again", func() bool { return budget.Held() == 0 })
	if held := a.libzmqHolds(); held != 0 {
		t.Errorf("libzmq holds %d bytes of nobody", held)
	}
}

// Where the budget is large enough for both, nothing is collected.
func TestGoKeepsWhatThereIsRoomFor(t *testing.T) {
	_, config := within(1 << 30)
	a := start(t, "a", false, config)
	a.listen()
	_, link := deaf(t, a)
	garbage(t, 64*mib)
	queue(t, a, link)
	a.Close(0) // waits for a collection, if there is one
	if _, spare := heap(); spare < 64*mib {
		t.Errorf("there was a collection: %d bytes of 64 MiB are left", spare)
	}
}

// Large messages are handed up one by one, and others may lock the node in between.
func TestLargeMessagesAreHandedUpOneByOne(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		atA, atB := pair(t, a, b)
		const messages = 10
		for _, way := range []struct {
			from, to *node
			link     core.Link
			at       func() *conn
			receive  func()
		}{
			{b, a, atB, func() *conn { return a.carrier().listener.links.byLink[atA].conn },
				func() { _, _ = a.carrier().listener.receive(nil) }},
			{a, b, atA, func() *conn { return b.carrier().dials[atB].conn },
				func() { b.carrier().dials[atB].receive() }},
		} {
			way.to.Locked(func() {
				for range messages {
					way.from.Send(way.link, core.CAST, string(make([]byte, mib)))
				}
				eventually(t, "everything arrives", func() bool {
					f, err := way.to.carrier().wires.flow(&way.at().wire)
					return err == nil && f.received >= messages*mib
				})
				n := 0
				way.to.Frames = func(core.Link, []byte) { n++ }
				eventually(t, "libzmq has read the first", func() bool {
					way.receive()
					return n > 0
				})
				way.to.Frames = nil
				if n != 1 {
					t.Errorf("%d messages of 1 MiB at once", n)
				}
			})
			for range messages - 1 {
				way.to.Want(transporttest.Frame, way.from.Name)
			}
		}
	})
}
