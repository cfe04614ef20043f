//go:build cgo && libzmq

package libzmq

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

func TestDialToNobodyIsUnreachable(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "tcp://" + l.Addr().String()
	l.Close()
	b := start(t, "b", false)
	b.wantLost(b.dial("a", address), core.CauseUnreachable)
	b.wantLost(b.dial("a", "tcp://no-such-host.invalid:1"), core.CauseUnreachable)
}

func TestConnectionThatIsClosedIsLost(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		_, atB := pair(t, a, b)
		a.close()
		b.wantLost(atB, core.CauseLost)
		if err := b.trySend(atB, core.TICK, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			t.Errorf("send on a lost link: %v, want %v", err, zmqio.ErrUnroutable)
		}
	})
}

func TestListenerFindsTheLinkThatWasLost(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b, c := start(t, "a", curve), start(t, "b", curve), start(t, "c", curve)
		bAtA, _ := pair(t, a, b)
		atC := c.dial(a.name, a.bound)
		c.want("up", a.name)
		c.send(atC, core.JOIN, "net")
		cAtA := a.want("up", c.name).link
		a.want("frame", c.name)

		b.close()
		a.wantLost(bAtA, core.CauseLost)
		if err := a.trySend(bAtA, core.CAST, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			t.Errorf("send on a lost link: %v, want %v", err, zmqio.ErrUnroutable)
		}
		a.send(cAtA, core.CAST, "still here")
		for c.next().payload != "still here" { // after probes, perhaps
		}
		a.wantNothing()
	})
}

func TestSendToADeadListeningLinkIsUnroutable(t *testing.T) {
	a, b := start(t, "a", true), start(t, "b", true)
	atA, _ := pair(t, a, b)
	b.close()
	for {
		err := a.trySend(atA, core.CAST, "")
		if errors.Is(err, zmqio.ErrUnroutable) {
			break
		}
		if err != nil && !errors.Is(err, zmqio.ErrWouldBlock) { // libzmq may need longer than its queue
			t.Fatal(err)
		}
	}
	a.wantLost(atA, core.CauseLost)
}

func TestReconnectIsANewLink(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		first, firstAtB := pair(t, a, b)
		b.hangUp(firstAtB)
		if !curve { // a name is one link until it is known to be lost
			a.wantLost(first, core.CauseLost)
		}
		second := b.dial(a.name, a.bound)
		b.want("up", a.name)
		b.send(second, core.JOIN, "again")
		up := a.want("up", b.name)
		if up.link.N <= first.N {
			t.Errorf("the second connection is %v, the first was %v", up.link, first)
		}
		a.wantFrame(b.name, core.JOIN, "again")
		a.send(up.link, core.STAY, "")
		b.wantFrame(a.name, core.STAY, "")
		if curve {
			a.wantLost(first, core.CauseLost)
		}
	})
}

// libzmq can't close a connection of a ROUTER, so that the peer goes on to send.
func TestHungUpListeningLinkComesBackAsANewOne(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		first, atB := pair(t, a, b)
		a.hangUp(first)
		if err := a.trySend(first, core.CAST, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			t.Errorf("send on a link that was hung up: %v, want %v", err, zmqio.ErrUnroutable)
		}
		b.send(atB, core.TICK, "1")
		if up := a.want("up", b.name); up.link.N <= first.N {
			t.Errorf("back as %v, which was hung up", up.link)
		}
		a.wantFrame(b.name, core.TICK, "1")
	})
}

func TestOlderConnectionThatWasHungUpStaysSilent(t *testing.T) {
	a, b := start(t, "", true), start(t, "", true)
	first, old := pair(t, a, b)
	current := b.dial(a.name, a.bound)
	b.want("up", a.name)
	b.send(current, core.JOIN, "net")
	a.want("up", b.name)
	a.wantFrame(b.name, core.JOIN, "net")
	a.hangUp(first)
	b.send(old, core.JOIN, "delayed")
	b.hangUp(old)
	b.send(current, core.TICK, "1")
	a.wantFrame(b.name, core.TICK, "1")
	a.wantNothing()
}

func TestHangUpDeliversWhatWasSent(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		_, atB := pair(t, a, b)
		b.send(atB, core.CAST, "last words")
		b.hangUp(atB)
		a.wantFrame(b.name, core.CAST, "last words")
		b.wantNothing()
	})
}

// Were IMMEDIATE 1 or RECONNECT_IVL -1, libzmq would lose some of them.
func TestLastWordsArriveBeforeTheLoss(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		for range 20 {
			a, b := start(t, "a", curve), start(t, "b", curve)
			atA, atB := pair(t, a, b)
			const words = 20
			for i := range words {
				a.send(atA, core.CAST, fmt.Sprint(i))
			}
			a.close()
			for i := range words {
				b.wantFrame(a.name, core.CAST, fmt.Sprint(i))
			}
			b.wantLost(atB, core.CauseLost)
			b.close()
		}
	})
}

func TestFullQueueIsWouldBlock(t *testing.T) {
	cfg := testConfig("b", keys{})
	cfg.SendQueueMax = 10
	b := startNode(t, cfg)
	deaf := newForeign(t, zmq.ROUTER, "deaf", keys{}, "")
	deaf.must(deaf.SetRcvhwm(10))
	deaf.must(deaf.Bind("tcp://127.0.0.1:*"))
	address, err := deaf.GetLastEndpoint()
	deaf.must(err)
	link := b.dial("deaf", address)
	b.want("up", "deaf")
	fill(t, b, link)
	for range 10 {
		deaf.hear()
	}
	b.wantNothing()
}

func TestFullQueueOfAListeningLinkIsWouldBlock(t *testing.T) {
	cfg := testConfig("a", keys{})
	cfg.SendQueueMax = 10
	a := startNode(t, cfg)
	address := a.listen()
	deaf, b := newClient(t, a, address, "deaf"), start(t, "b", false)
	deaf.say("JOIN", "")
	link := a.want("up", "deaf").link
	a.want("frame", "deaf")
	fill(t, a, link)
	b.send(b.dialUp(a), core.JOIN, "") // others are served
	other := a.want("up", "b").link
	a.want("frame", "b")
	a.send(other, core.STAY, "")
	b.wantFrame("a", core.STAY, "")
}

// fill sends to a peer that does not receive until the queue is full.
func fill(t *testing.T, n *node, link core.Link) {
	t.Helper()
	payload := strings.Repeat("x", 1<<20)
	for range 1000 {
		err := n.trySend(link, core.CAST, payload)
		if errors.Is(err, zmqio.ErrWouldBlock) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("1000 messages of 1 MiB were queued for a peer that does not receive")
}

func TestTooLargeIsRefused(t *testing.T) {
	a, b := start(t, "a", true), start(t, "b", true)
	_, atB := pair(t, a, b)
	if err := b.trySend(atB, core.CAST, strings.Repeat("x", 1<<20+1)); !errors.Is(err, zmqio.ErrTooLarge) {
		t.Errorf("%v, want %v", err, zmqio.ErrTooLarge)
	}
	largest := strings.Repeat("x", 1<<20)
	b.send(atB, core.CAST, largest)
	a.wantFrame(b.name, core.CAST, largest)
}

func TestUnknownLinkIsUnroutable(t *testing.T) {
	a := start(t, "a", false)
	for _, link := range []core.Link{{Half: core.Dialling, N: 7}, {Half: core.Listening, N: 7}} {
		if err := a.trySend(link, core.TICK, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			t.Errorf("%v: %v, want %v", link, err, zmqio.ErrUnroutable)
		}
		a.hangUp(link) // changes nothing
	}
	link := a.dial("b", "tcp://127.0.0.1:1")
	if err := a.trySend(link, core.JOIN, ""); !errors.Is(err, zmqio.ErrUnroutable) {
		t.Errorf("before the link is up: %v, want %v", err, zmqio.ErrUnroutable)
	}
}
