package inproc_test

import (
	"errors"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/inproc"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// What waits for a node that takes nothing is counted there as its sender's, who is
// refused more in the end. All is given back when it was taken, or the node is closed.
func TestWaitingMessagesAreCounted(t *testing.T) {
	for _, size := range []int{1000, zmqio.KeepBytes} {
		const peerMax = 1 << 20
		budget := zmqio.NewBudget(peerMax, 4*peerMax)
		config := transporttest.NewConfig("l", nil)
		config.SendQueueMax, config.Budget = 1<<20, budget
		l := transporttest.NewNode(t, inproc.Transport, config, options).Listen("inproc://*")
		config.Name, config.Budget = "d", nil
		d := transporttest.NewNode(t, inproc.Transport, config, options)
		atD, _ := d.Join(l)
		fill := func() (sent int) {
			for ; ; sent++ {
				if err := d.TrySend(atD, core.CAST, string(make([]byte, size))); errors.Is(err, zmqio.ErrWouldBlock) {
					return sent
				} else if err != nil {
					t.Fatal(err)
				}
			}
		}
		l.Lock()
		sent := fill()
		if held := budget.Held(); held > peerMax || held < peerMax/2 {
			t.Errorf("%d messages of %d bytes count %d, limit %d", sent, size, held, peerMax)
		}
		l.UnlockAndDispatch()
		for range sent {
			l.Want(transporttest.Frame, "d")
		}
		d.Send(atD, core.CAST, "there is room again")
		l.Want(transporttest.Frame, "d")
		l.Lock()
		fill()
		l.UnlockAndDispatch()
		l.Close(0)
		d.Close(0)
		if held := budget.Held(); held != 0 {
			t.Errorf("%d bytes are still counted", held)
		}
	}
}
