//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"
	"net"
	"testing"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestDialToNobodyIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + l.Addr().String()
	l.Close()
	b := start(t, "b", false)
	b.WantLost(b.Dial("a", address), core.CauseUnreachable)
	b.WantLost(b.Dial("a", "tcp://no-such-host.invalid:1"), core.CauseUnreachable)
}

func TestSendToADeadListeningLinkIsUnroutable(t *testing.T) {
	a, b := start(t, "a", true), start(t, "b", true)
	atA, _ := pair(t, a, b)
	b.Close(0)
	for {
		err := a.TrySend(atA, core.CAST, "")
		if errors.Is(err, zmqio.ErrUnroutable) {
			break
		}
		if err != nil && !errors.Is(err, zmqio.ErrWouldBlock) { // libzmq may need longer than its queue
			t.Fatal(err)
		}
	}
	a.WantLost(atA, core.CauseLost)
}

// What a peer sends after it was hung up is dropped, and it may connect again.
func TestHungUpListeningLinkEnds(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		first, atB := pair(t, a, b)
		a.HangUp(first)
		if err := a.TrySend(first, core.CAST, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			t.Errorf("send on a link that was hung up: %v, want %v", err, zmqio.ErrUnroutable)
		}
		_ = b.TrySend(atB, core.TICK, "1")
		b.WantLost(atB, core.CauseLost)
		if _, again := b.Join(a.Node); again.N <= first.N {
			t.Errorf("back as %v, which was hung up", again)
		}
	})
}

func TestOlderConnectionThatWasHungUpStaysSilent(t *testing.T) {
	a, b := start(t, "", true), start(t, "", true)
	first, old := pair(t, a, b)
	current := b.Dial(a.Name, a.Bound)
	b.Want(transporttest.Up, a.Name)
	b.Send(current, core.JOIN, "net")
	a.Want(transporttest.Up, b.Name)
	a.wantFrame(b.Name, core.JOIN, "net")
	a.HangUp(first)
	_ = b.TrySend(old, core.JOIN, "delayed")
	b.WantLost(old, core.CauseLost)
	b.Send(current, core.TICK, "1")
	a.wantFrame(b.Name, core.TICK, "1")
	a.WantNothing()
}

// Were IMMEDIATE 1 or RECONNECT_IVL -1, libzmq would lose some of them.
func TestLastWordsArriveBeforeTheLoss(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		for range 20 {
			a, b := start(t, "a", curve), start(t, "b", curve)
			atA, atB := pair(t, a, b)
			const words = 20
			for i := range words {
				a.Send(atA, core.CAST, fmt.Sprint(i))
			}
			a.Close(patience)
			for i := range words {
				b.wantFrame(a.Name, core.CAST, fmt.Sprint(i))
			}
			b.WantLost(atB, core.CauseLost)
			b.Close(0)
		}
	})
}

// A name that connects again at once goes on, even if the descriptor is that of the
// connection before.
func TestNameThatComesBackAtOnceIsNotLost(t *testing.T) {
	a := start(t, "a", false)
	address := a.listen()
	for i := range 200 {
		f := newClient(t, a, address, "f")
		f.say("TICK", fmt.Sprint(i))
		f.say("TICK", "more")
		for want := []string{fmt.Sprint(i), "more"}; len(want) > 0; {
			switch r := a.Next(); r.Kind {
			case transporttest.Frame:
				if r.Payload != want[0] {
					t.Fatalf("%q came, want %q", r.Payload, want[0])
				}
				want = want[1:]
				if err := a.TrySend(r.Link, core.TOCK, "answer"); err != nil {
					t.Fatalf("round %d: the link that a message came on: %v", i, err)
				}
			}
		}
		for f.hear()[1] != "answer" { // a probe
		}
		f.close()
	}
}
