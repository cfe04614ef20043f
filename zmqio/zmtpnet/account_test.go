package zmtpnet

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// wantHeld waits until so many bytes are counted.
func wantHeld(t *testing.T, budget *zmqio.Budget, want int64) {
	t.Helper()
	for deadline := time.Now().Add(patience); budget.Held() != want; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d bytes are counted, want %d", budget.Held(), want)
		}
	}
}

func withBudget(b *zmqio.Budget) func(*zmqio.TransportConfig) {
	return func(c *zmqio.TransportConfig) { c.Budget = b }
}

// Partial messages on many links are held only as far as the budget goes: the others
// lose their link, whose reason says so. All is given back in the end.
func TestPartialMessagesAreCounted(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		const links, peerMax, nodeMax = 200, 4 << 20, 16 << 20
		budget := zmqio.NewBudget(peerMax, nodeMax)
		b := start(t, "b", curve, withBudget(budget)).listen()
		var all []*node
		var at []core.Link
		for i := range links {
			a := start(t, fmt.Sprint("a", i), curve)
			ab, _ := a.join(b)
			all, at = append(all, a), append(at, ab)
		}
		for i, a := range all {
			cutShort(a, at[i], 1<<20)
		}
		for range links / 2 {
			r := b.Next()
			if r.Kind != transporttest.Lost || r.Why == nil || !errors.Is(r.Why, errPartial) {
				t.Fatalf("reported %v, why %v; want the loss of a link that had no room", r, r.Why)
			}
			if held := budget.Held(); held > nodeMax {
				t.Errorf("%d bytes are counted, limit %d", held, nodeMax)
			}
		}
		for _, a := range all {
			a.Close(0)
		}
		b.Close(0)
		wantHeld(t, budget, 0)
	})
}

// cutShort writes a message with so large a payload on a link, without its end, if the
// link has no other writer.
func cutShort(n *node, id core.Link, size int) {
	n.TB.Helper()
	var l *link
	n.Locked(func() { l, _ = n.carrier().links.Find(id) })
	if l == nil {
		return // it has ended already
	}
	o := &l.out
	o.mu.Lock()
	busy := o.writing || o.first != nil || o.broken
	o.writing = o.writing || !busy
	o.mu.Unlock()
	if busy {
		return // what is queued comes first
	}
	message := l.conn.Sealer().Seal(nil, []byte("\x01\x04CALL"), nil)
	payload := binary.BigEndian.AppendUint64([]byte{2}, uint64(size))
	payload = append(payload, make([]byte, size)...)
	payload = l.conn.Sealer().Seal(nil, payload, nil)
	go func() { // fails when the link is ended at the other end
		_, _ = l.socket.Write(append(message, payload[:len(payload)-1]...))
		o.mu.Lock()
		defer o.mu.Unlock()
		o.rest()
	}()
}

// Peers that stop in the middle of large messages keep nobody else from sending one.
func TestHalfALargeMessageHoldsUpNobody(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		const size = 1 << 20
		b := start(t, "b", curve).listen()
		for i := range 2 * runtime.GOMAXPROCS(0) {
			a := start(t, fmt.Sprint("a", i), curve)
			ab, _ := a.join(b)
			cutShort(a, ab, size)
		}
		c := start(t, "c", curve)
		cb, _ := c.join(b)
		large := strings.Repeat("x", size)
		for range 10 {
			c.Send(cb, core.CALL, large)
			b.wantFrame(c.Name, core.CALL, large)
		}
	})
}

// A peer for whose link there is no room is turned away, and can come back.
func TestNoRoomForALink(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		budget := zmqio.NewBudget(1<<20, 4<<20)
		b := start(t, "b", curve, withBudget(budget)).listen()
		other := budget.Open("other")
		defer other.Close()
		taken := int64(0)
		for n := int64(1 << 20); n > 0; n /= 2 {
			for other.Take(n) {
				taken += n
			}
		}
		for i := range 200 { // the rest of what is free
			more := budget.Open(fmt.Sprint(i))
			defer more.Close()
			for n := int64(1 << 20); n > 0; n /= 2 {
				for more.Take(n) {
					taken += n
					defer more.Give(n)
				}
			}
		}
		a := start(t, "a", curve)
		link := a.Dial(b.Name, b.Bound)
		a.WantLost(link, core.CauseHandshake)
		b.WantTurnedAway()
		if d := start(t, "d", curve, withBudget(budget)); !curve {
			c := start(t, "c", curve).listen()
			d.WantLost(d.Dial("c", c.Bound), core.CauseHandshake)
		}
		other.Give(1 << 20)
		a.Dial(b.Name, b.Bound)
		a.wantUp(b.Name)
	})
}

// Whatever befalls a link, in the end nothing is counted any more.
func TestEverythingIsGivenBack(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		for round := range 30 {
			seed := uint64(round)
			dice := rand.New(rand.NewPCG(seed, 0))
			budgets := [2]*zmqio.Budget{zmqio.NewBudget(2<<20, 6<<20), zmqio.NewBudget(2<<20, 6<<20)}
			linger := time.Duration(dice.IntN(2)) * 20 * time.Millisecond
			short := func(c *zmqio.TransportConfig) { c.Linger = linger }
			b := start(t, "b", curve, withBudget(budgets[0]), short).listen()
			a := start(t, "a", curve, withBudget(budgets[1]), short)
			deaf := dice.IntN(3) == 0
			ab, ba := a.join(b)
			if deaf {
				b.Lock()
			}
			for range dice.IntN(60) {
				size := 1 << dice.IntN(19)
				_ = a.TrySend(ab, core.CALL, strings.Repeat("x", size))
				if !deaf {
					_ = b.TrySend(ba, core.CALL, strings.Repeat("x", size))
				}
			}
			if dice.IntN(2) == 0 {
				cutShort(a, ab, 1<<dice.IntN(21))
			}
			if deaf {
				b.UnlockAndDispatch()
			}
			switch dice.IntN(4) {
			case 0:
				a.HangUp(ab)
			case 1:
				b.HangUp(ba)
			case 2:
				a.Locked(func() {
					if l, ok := a.carrier().links.Find(ab); ok {
						_ = l.socket.Close() // the writer finds out
					}
				})
			}
			a.Close(linger)
			b.Close(linger)
			for i, budget := range budgets {
				if held := budget.Held(); held != 0 {
					t.Fatalf("seed %d: %d bytes of node %d are still counted", seed, held, i)
				}
			}
		}
	})
}
