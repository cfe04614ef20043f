//go:build cgo && libzmq

package libzmq

import (
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func TestThiefOfAnIdentityIsItself(t *testing.T) {
	a, victim := start(t, "", true), start(t, "", true)
	atA, _ := pair(t, a, victim)
	thief := newClient(t, a, a.Bound, victim.Name)
	thief.say("JOIN", "net")
	up := a.Want(transporttest.Up, thief.publicKey())
	a.wantFrame(thief.publicKey(), core.JOIN, "net")
	a.Send(atA, core.CALL, "for the victim")
	victim.wantFrame(a.Name, core.CALL, "for the victim")
	a.Send(up.Link, core.PART, "for the thief")
	if got := thief.hear(); got[1] != "for the thief" {
		t.Errorf("the thief received %q", got)
	}
	thief.wantSilence(50 * time.Millisecond)
}

func TestServerClaimingAnotherIdentityIsStillItsKey(t *testing.T) {
	b, k := start(t, "", true), transporttest.NewKeys(t)
	server := newForeign(t, zmq.ROUTER, transporttest.NewKeys(t).Name(), k, "")
	server.must(server.Bind("tcp://127.0.0.1:*"))
	address, err := server.GetLastEndpoint()
	server.must(err)
	link := b.Dial(k.Name(), address)
	b.Want(transporttest.Up, k.Name())
	b.Send(link, core.JOIN, "net")
	if got := server.hear(); got[0] != b.Name || got[1] != "JOIN" {
		t.Fatalf("the server received %q", got)
	}
	server.say(b.Name, "STAY", "")
	if r := b.wantFrame(k.Name(), core.STAY, ""); r.Link != link {
		t.Errorf("frame on %v, want %v", r.Link, link)
	}
}

// The driver hangs up on a key that is struck off the list. Its connection ends, and
// the next one is refused, until it is back on the list.
func TestRevokedKeyIsCutOff(t *testing.T) {
	var revoked atomic.Bool
	a := start(t, "", true, func(c *zmqio.TransportConfig) {
		c.Admit = func(string, string) bool { return !revoked.Load() }
	})
	b := start(t, "", true)
	atA, atB := pair(t, a, b)

	revoked.Store(true)
	a.HangUp(atA)
	b.WantLost(atB, core.CauseLost)
	if err := a.TrySend(atA, core.CAST, ""); err == nil {
		t.Error("a message to a revoked key was accepted")
	}
	b.WantLost(b.Dial(a.Name, a.Bound), core.CauseHandshake)
	a.WantTurnedAway()
	a.WantNothing()

	revoked.Store(false)
	if _, up := b.Join(a.Node); up.N <= atA.N {
		t.Errorf("the key is back on %v, which has been lost", up)
	}
}

func TestMessagesOfWrongShapeAreDrained(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a := start(t, "a", curve)
		f := newClient(t, a, a.listen(), "f")
		name := "f"
		if curve {
			name = f.publicKey()
		}
		f.say("TICK", "")
		a.Want(transporttest.Up, name)
		a.wantFrame(name, core.TICK, "")
		for _, frames := range []int{1, 3, 4, 40, 3 * skipMax} {
			f.say(strings.Split(strings.Repeat("CALL,", frames-1)+"CALL", ",")...)
			f.say("TICK", fmt.Sprint("after ", frames))
			a.Want(transporttest.Malformed, name)
			a.wantFrame(name, core.TICK, fmt.Sprint("after ", frames))
		}
	})
}

func TestDialledPeerOfWrongShapeIsDrained(t *testing.T) {
	b := start(t, "b", false)
	server := newForeign(t, zmq.ROUTER, "s", nil, "")
	server.must(server.Bind("tcp://127.0.0.1:*"))
	address, err := server.GetLastEndpoint()
	server.must(err)
	link := b.Dial("s", address)
	b.Want(transporttest.Up, "s")
	b.Send(link, core.JOIN, "")
	server.hear()
	for _, frames := range []int{1, 3, 40, 3 * skipMax} {
		server.say(append([]string{"b"}, strings.Split(strings.Repeat("x,", frames-1)+"x", ",")...)...)
		server.say("b", "STAY", "")
		b.Want(transporttest.Malformed, "s")
		b.wantFrame("s", core.STAY, "")
	}
}

func TestNameThatIsNoneOrOurOwnIsDropped(t *testing.T) {
	a := start(t, "a", false)
	address := a.listen()
	for name, why := range map[string]error{"": zmqio.ErrRefusedName, "a": zmqio.ErrRefusedOwnName} {
		newClient(t, a, address, name).say("JOIN", "net")
		if got := a.WantTurnedAway(); got.Why != why || got.Name != name {
			t.Errorf("%q was turned away as %q: %v", name, got.Name, got.Why)
		}
	}
	honest := newClient(t, a, address, "h")
	honest.say("JOIN", "net")
	a.Want(transporttest.Up, "h")
	a.wantFrame("h", core.JOIN, "net")
	a.WantNothing()
}

func TestOwnKeyIsRefused(t *testing.T) {
	a := start(t, "", true)
	f := newForeign(t, zmq.DEALER, "x", a.Keys, a.Name)
	f.must(f.Connect(a.listen()))
	f.say("JOIN", "net")
	if got := a.WantTurnedAway(); got.Why != zmqio.ErrRefusedOwnName || got.Name != a.Name {
		t.Errorf("%q was turned away: %v", got.Name, got.Why)
	}
	a.WantNothing()
}

func TestOversizeMessageEndsTheConnection(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a := start(t, "a", curve, func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 1000 })
		f := newClient(t, a, a.listen(), "f")
		name := "f"
		if curve {
			name = f.publicKey()
		}
		f.say("CALL", strings.Repeat("x", 1000))
		up := a.Want(transporttest.Up, name)
		a.Want(transporttest.Frame, name)
		if !curve {
			f.say("CALL", strings.Repeat("x", 1033)) // libzmq's limit leaves room for CURVE
			a.Want(transporttest.Malformed, name)
		}
		f.say("CALL", strings.Repeat("x", 1034))
		// A foreign socket connects again by itself. What it says until it has seen the
		// end of its connection is lost.
		for again := false; !again; {
			f.say("CALL", "after")
			r, ok := a.TryNext(10 * time.Millisecond)
			if !ok {
				continue // say it again
			}
			if len(r.Payload) > 1000 {
				t.Fatalf("reported %v", r)
			}
			again = r.Payload == "after"
			if curve && r.Link.N < up.Link.N {
				t.Errorf("the new connection is %v", r.Link)
			}
		}
	})
}

// An answer without a fence loses some of the races for the routing id in libzmq
// 4.3. Such a connection must be useless, and nothing else.
func TestLostRaceOfTheResponderMisdeliversNothing(t *testing.T) {
	a, victim := start(t, "", true), start(t, "", true)
	atA, _ := pair(t, a, victim)
	a.Lock()
	a.carrier().listener.responder.fence.patience = -1
	a.UnlockAndDispatch()
	const clients = 100
	known := make(map[string]bool)
	var thieves []*foreign
	for range clients {
		f := newClient(t, a, a.Bound, "claimed by all")
		thieves = append(thieves, f)
		known[f.publicKey()] = true
		f.say("JOIN", f.publicKey())
	}
	up := 0
	for {
		r, ok := a.TryNext(500 * time.Millisecond)
		switch {
		case !ok: // losers are silent: there is no event to wait for
		case !known[r.Name]:
			t.Fatalf("reported %v: nobody has that key", r)
		case r.Kind == transporttest.Up:
			up++
		case r.Payload != r.Name:
			t.Fatalf("%q spoke as %q", r.Payload, r.Name)
		}
		if !ok {
			break
		}
	}
	t.Logf("%d of %d connections won the race", up, clients)
	a.Send(atA, core.CALL, "for the victim")
	victim.wantFrame(a.Name, core.CALL, "for the victim")
	for _, f := range thieves[:10] {
		f.wantSilence(time.Millisecond)
	}
}

// The answer waits for the I/O thread, not for the fence's patience.
func TestFenceComesDownByItself(t *testing.T) {
	a, b, c := start(t, "", true), start(t, "", true), start(t, "", true)
	a.listen()
	a.Lock()
	a.carrier().listener.responder.fence.patience = time.Hour
	a.UnlockAndDispatch()
	pair(t, a, b)
	c.DialUp(a.Node)
}

func TestHalfOpenConnectionsDoNoHarm(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		a, b := start(t, "a", curve), start(t, "b", curve)
		address := a.listen()
		for range 300 {
			c, err := net.Dial("tcp", strings.TrimPrefix(address, "tcp://"))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
		}
		b.Join(a.Node)
	})
}
