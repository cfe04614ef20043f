//go:build cgo && libzmq && linux

package libzmq

import (
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

const mib = 1 << 20

// within returns a budget of peerMax bytes for each peer, and of twice that for all, and what puts
// it into a configuration, with a linger that the test does not wait for.
func within(peerMax int64) (*zmqio.Budget, func(*zmqio.TransportConfig)) {
	b := zmqio.NewBudget(peerMax, 2*peerMax)
	return b, func(c *zmqio.TransportConfig) { c.Budget, c.Linger = b, 50*time.Millisecond }
}

// eventually waits until done, and fails the test if that takes too long.
func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !done(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not for %v: %s", patience, what)
		}
	}
}

// deaf connects a client that takes nothing, and says TICK.
func deaf(t *testing.T, a *node) (f *foreign, link core.Link) {
	t.Helper()
	var own *transporttest.Keys
	name := "deaf"
	if a.Keys != nil {
		own = transporttest.NewKeys(t)
		name = own.Name()
	}
	f = newForeign(t, zmq.DEALER, name, own, a.Name)
	f.must(f.SetRcvhwm(1))
	f.must(f.SetReconnectIvl(-1))
	f.must(f.Connect(a.Bound))
	f.say("TICK", "")
	link = a.wantUp(name)
	a.wantFrame(name, core.TICK, "")
	return f, link
}

// What waits for a peer that takes nothing is bounded, and given back when the node
// hangs up.
func TestWhatAPeerDoesNotTakeIsBounded(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		budget, config := within(16 * mib)
		a := start(t, "a", curve, config)
		a.listen()
		_, link := deaf(t, a)
		payload, sent := string(make([]byte, mib)), 0
		for ; sent < 200; sent++ {
			if err := a.TrySend(link, core.CAST, payload); errors.Is(err, zmqio.ErrWouldBlock) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if sent < 8 || sent > 100 { // the system takes some, too
			t.Errorf("%d messages of 1 MiB were taken, with room for 16", sent)
		}
		if held := budget.Held(); held < 8*mib || held > 16*mib {
			t.Errorf("%d bytes are counted", held)
		}
		taken, allocated := 0, uint64(0)
		head, body := []byte("head"), make([]byte, mib)
		a.Locked(func() {
			for range 100 { // nothing is copied for an answer of no
				var before, after runtime.MemStats
				runtime.ReadMemStats(&before)
				err := a.carrier().Send(link, core.CAST, head, body)
				runtime.ReadMemStats(&after)
				switch {
				case err == nil:
					taken++
				case errors.Is(err, zmqio.ErrWouldBlock):
					allocated += after.TotalAlloc - before.TotalAlloc
				default:
					t.Fatal(err)
				}
			}
		})
		if taken > 40 { // the system moves some into its own buffers meanwhile
			t.Errorf("%d of 100 messages that are too many were taken", taken)
		}
		if refused := 100 - taken; allocated > uint64(refused)*mib/5 {
			t.Errorf("%d bytes were allocated to refuse %d messages of 1 MiB", allocated, refused)
		}
		b := start(t, "b", curve)
		atB, bAtA := b.Join(a.Node)
		a.Send(bAtA, core.CAST, payload)
		b.wantFrame(a.Name, core.CAST, payload)
		b.HangUp(atB)
		a.HangUp(link)
		eventually(t, "the budget is free again", func() bool { return budget.Held() == 0 })
	})
}

// A link that the budget has no room for is refused.
func TestLinkWithoutRoomIsTurnedAway(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		_, config := within(zmqio.LinkBytes - 1)
		a, b := start(t, "a", curve, config), start(t, "b", curve)
		a.listen()
		link := b.DialUp(a.Node)
		b.Send(link, core.JOIN, "")
		b.WantLost(link, core.CauseLost)
		a.WantTurnedAway()
		a.WantNothing()
		a.WantLost(a.Dial(b.Name, b.listen()), core.CauseLost)
	})
}

// rawPeer is a client of ZMTP without CURVE, down to the bytes.
func rawPeer(t *testing.T, address, name string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(address, "tcp://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	greeting := make([]byte, 64)
	copy(greeting, "\xff\x00\x00\x00\x00\x00\x00\x00\x01\x7f\x03\x00NULL")
	ready := "\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER\x08Identity\x00\x00\x00" + string(rune(len(name))) + name
	_, err = c.Write(append(append(greeting, 4, byte(len(ready))), ready...))
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 64+2))
	}
	if err != nil {
		t.Fatal(err)
	}
	go io.Copy(io.Discard, c)
	return c
}

// part is a frame of 60,000 bytes that is not the last of its message.
var part = append([]byte{1 | 2, 0, 0, 0, 0, 0, 0, 60_000 >> 8, 60_000 & 0xff}, make([]byte, 60_000)...)

// A message of endless parts ends its link when it is larger than any may be.
func TestEndlessMessageEndsTheLink(t *testing.T) {
	budget, config := within(100 * mib)
	a := start(t, "a", false, config, func(c *zmqio.TransportConfig) { c.PayloadBytesMax = mib })
	c := rawPeer(t, a.listen(), "r")
	if _, err := c.Write([]byte("\x01\x04TICK\x00\x00")); err != nil {
		t.Fatal(err)
	}
	link := a.wantUp("r")
	a.wantFrame("r", core.TICK, "")
	written := writeParts(c, 64*mib)
	a.WantLost(link, core.CauseLost)
	t.Logf("%d bytes were taken", written)
	if written >= 64*mib {
		t.Error("nothing ended it")
	}
	eventually(t, "the budget is free again", func() bool { return budget.Held() == 0 })
}

// writeParts writes parts, some each moment, until the connection ends or n bytes are
// written. It returns how many.
func writeParts(c net.Conn, n int) (written int) {
	for written < n {
		k, err := c.Write(part)
		if written += k; err != nil {
			break
		}
		time.Sleep(2 * time.Millisecond) // the rate of a good line
	}
	return written
}

// One who has said nothing has no more.
func TestEndlessMessageOfAStrangerEndsIt(t *testing.T) {
	_, config := within(100 * mib)
	a := start(t, "a", false, config, func(c *zmqio.TransportConfig) { c.PayloadBytesMax = mib })
	if written := writeParts(rawPeer(t, a.listen(), "r"), 64*mib); written >= 64*mib {
		t.Error("nothing ended it")
	}
	a.WantTurnedAway()
	a.WantNothing()
}

// A slow line is not a dead one: a message that takes longer than heartbeats may be
// silent arrives, in either direction.
func TestSlowLineIsAlive(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		often := func(c *zmqio.TransportConfig) {
			c.HeartbeatInterval, c.HeartbeatTimeout = 200*time.Millisecond, 4300*time.Millisecond
		}
		a, b := start(t, "a", curve, often), start(t, "b", curve, often)
		r := relay.New(t, a.listen())
		atB := b.Dial(a.Name, r.Address())
		b.wantUp(a.Name)
		b.Send(atB, core.JOIN, "")
		atA := a.wantUp(b.Name)
		a.wantFrame(b.Name, core.JOIN, "")
		r.Delay(100 * time.Millisecond)            // for each 64 KiB
		payload := transporttest.Bytes(1, 7*mib/2) // 5.6 s
		b.Send(atB, core.CALL, payload)
		a.Send(atA, core.CALL, payload)
		a.wantFrame(b.Name, core.CALL, payload)
		b.wantFrame(a.Name, core.CALL, payload)
	})
}

// A peer whose machine acknowledges everything, and which does not keep its promise to say
// something itself, is found by that.
func TestSilentPeerIsFound(t *testing.T) {
	a := start(t, "a", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 200*time.Millisecond, 600*time.Millisecond
	})
	c := rawPeer(t, a.listen(), "r")
	if _, err := c.Write([]byte("\x01\x04TICK\x00\x00" + "\x01\x04BEAT\x00\x02\x00\x09")); err != nil {
		t.Fatal(err)
	}
	link := a.wantUp("r")
	a.wantFrame("r", core.TICK, "")
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if err := a.TrySend(link, core.CAST, "acknowledged"); err != nil {
			break
		}
	}
	a.WantLost(link, core.CauseHeartbeat)
}

// Each end promises to say something as soon as it has said anything, not after an interval
// only: a line may break before.
func TestPromiseComesWithTheFirstMessage(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		seldom := func(c *zmqio.TransportConfig) {
			c.HeartbeatInterval, c.HeartbeatTimeout = time.Hour, time.Hour
		}
		a, b := start(t, "a", curve, seldom), start(t, "b", curve, seldom)
		atA, atB := pair(t, a, b) // b has said something
		promised := func(c *carrier, of func() *conn) func() bool {
			return func() bool {
				c.sink.Lock()
				defer c.sink.UnlockAndDispatch()
				return of().promise > 0
			}
		}
		eventually(t, "the one who dials promises", promised(a.carrier(), func() *conn { return a.carrier().listener.links.byLink[atA].conn }))
		a.Send(atA, core.STAY, "")
		b.wantFrame(a.Name, core.STAY, "")
		eventually(t, "the one who listens promises", promised(b.carrier(), func() *conn { return b.carrier().dials[atB].conn }))
	})
}

// The promise leaves with the first message, and not only at the next look.
func TestPromiseIsSentAtOnce(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		seldom := func(c *zmqio.TransportConfig) {
			c.HeartbeatInterval, c.HeartbeatTimeout = time.Hour, time.Hour
		}
		a, b := start(t, "a", curve, seldom), start(t, "b", curve, seldom)
		a.listen()
		link := b.DialUp(a.Node)
		dialled := b.carrier()
		dialled.sink.Lock() // so that nobody looks meanwhile
		d := dialled.dials[link]
		err := d.send([]byte("JOIN"), nil, []byte("net"))
		promised := d.conn.promised
		dialled.sink.UnlockAndDispatch()
		if err != nil || !promised {
			t.Errorf("who dials sends its first message, %v, and promises %v; want that it does", err, promised)
		}
		accepted, at := a.carrier(), a.wantUp(b.Name)
		eventually(t, "the connection is found, and then the first message has its promise", func() bool {
			accepted.sink.Lock()
			defer accepted.sink.UnlockAndDispatch()
			from := accepted.listener.links.byLink[at]
			if from.conn == nil {
				return false
			}
			err, promised = accepted.listener.send(at, []byte("STAY"), nil, nil), from.conn.promised
			return true
		})
		if err != nil || !promised {
			t.Errorf("who listens sends its first message, %v, and promises %v; want that it does", err, promised)
		}
	})
}

// One that was dialled and answers nothing at all is found: the line may have broken before a promise came.
func TestDialThatHearsNothingEnds(t *testing.T) {
	b := start(t, "b", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 50*time.Millisecond, 50*time.Millisecond
	})
	mute := newForeign(t, zmq.ROUTER, "a", nil, "")
	mute.must(mute.Bind("tcp://127.0.0.1:*"))
	address, err := mute.GetLastEndpoint()
	mute.must(err)
	link := b.Dial("a", address)
	b.wantUp("a")
	b.Send(link, core.JOIN, "net")
	b.WantLost(link, core.CauseHeartbeat)
}

// That there is nothing to take is no sign of life of the other end.
func TestLookingInVainIsNoSignOfLife(t *testing.T) {
	bothModes(t, func(t *testing.T, curve bool) {
		seldom := func(c *zmqio.TransportConfig) {
			c.HeartbeatInterval, c.HeartbeatTimeout = time.Hour, time.Hour
		}
		a, b := start(t, "a", curve, seldom), start(t, "b", curve, seldom)
		atA, atB := pair(t, a, b)
		a.Send(atA, core.STAY, "")
		b.wantFrame(a.Name, core.STAY, "")
		c := b.carrier()
		locked := func(f func(d *dial)) {
			c.sink.Lock()
			defer c.sink.UnlockAndDispatch()
			f(c.dials[atB])
		}
		promised := false
		eventually(t, "all that comes has come", func() bool {
			locked(func(d *dial) { promised = d.conn.promise > 0 })
			return promised
		})
		locked(func(d *dial) {
			before := d.meter.taken
			for range 3 {
				d.receive()
			}
			if d.meter.taken != before {
				t.Errorf("%d bytes count as taken, where none were", d.meter.taken-before)
			}
		})
	})
}

// A promise that comes while its connection is not known yet counts when it is.
func TestPromiseIsKeptForItsConnection(t *testing.T) {
	a := start(t, "a", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = time.Hour, time.Hour
	})
	a.listen()
	c := a.carrier()
	c.sink.Lock()
	defer c.sink.UnlockAndDispatch()
	l, now := c.listener, time.Now()
	from := &accepted{name: "r", heard: now, meter: c.newMeter(nil, now)}
	l.deliver(from, body{command: beatFrame, payload: beatPayload(time.Minute), wellFormed: true})
	at := &conn{listener: l, since: now, meter: c.newMeter(nil, now)}
	if !l.attach(from, at) || at.promise != time.Minute {
		t.Errorf("the connection has promised %v, want a minute", at.promise)
	}
	at.meter.close()
}

// One that has promised nothing, as an original, may be silent.
func TestSilentOriginalIsLeftAlone(t *testing.T) {
	a := start(t, "a", false, func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 20*time.Millisecond, 20*time.Millisecond
	})
	c := newClient(t, a, a.listen(), "r")
	c.say("TICK", "")
	link := a.wantUp("r")
	a.wantFrame("r", core.TICK, "")
	for range 20 { // each comes after an interval in which nothing was sent
		if got := c.hear(); got[0] != zmqio.Beat {
			t.Fatalf("the peer received %q", got)
		}
	}
	a.Send(link, core.CALL, "still there")
	for got := c.hear(); got[1] != "still there"; got = c.hear() {
	}
}
