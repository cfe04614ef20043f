package zmtpnet

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

func beating(interval time.Duration) func(*zmqio.TransportConfig) {
	return func(c *zmqio.TransportConfig) { c.HeartbeatInterval, c.HeartbeatTimeout = interval, patience }
}

// A link on which there are heartbeats only is not read by the goroutine that made it, whose
// stack the handshake has made large.
func TestAQuietLinkHasAFreshGoroutine(t *testing.T) {
	a, b := start(t, "a", false, beating(20*time.Millisecond)), start(t, "b", false).listen()
	ab, ba := a.join(b)
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		stacks := make([]byte, 1<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		if !bytes.Contains(stacks, []byte("(*link).dial(")) && !bytes.Contains(stacks, []byte("(*link).read(")) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the goroutines that made the link still read it")
		}
	}
	a.Send(ab, core.CALL, "x")
	b.WantFrame(ba, core.CALL, "x")
	b.Send(ba, core.BACK, "y")
	a.WantFrame(ab, core.BACK, "y")
}

// The answer to a PING comes soon, but nothing behind it: an idle link does not poll for that.
func TestALinkOfHeartbeatsDoesNotPoll(t *testing.T) {
	t.Parallel()
	b := start(t, "b", false, beating(10*time.Millisecond), func(c *zmqio.TransportConfig) { c.BusyPoll = 8 * time.Millisecond }).listen()
	p := rawJoin(t, b, "raw")
	for range 30 { // PINGs, but for the first ones
		p.step()
	}
	b.Lock()
	l, _ := b.carrier().links.Find(p.link)
	b.UnlockAndDispatch()
	p.conn.Close()
	b.Want(transporttest.Lost, "raw")
	b.Close(0)                                  // and nobody reads the link any more
	if misses := l.in.busy.misses; misses > 1 { // one behind the handshake
		t.Errorf("the link has polled %d times in vain", misses)
	}
}

// While nothing is unread, a link that waits has no buffer.
func TestABufferIsGivenBack(t *testing.T) {
	var in inbox
	if n := len(in.room()); n != readStart {
		t.Fatalf("there is room for %d bytes, want %d", n, readStart)
	}
	in.end = 5
	if in.release(); in.buffer == nil {
		t.Error("the buffer went with unread bytes in it")
	}
	in.start = 5
	if in.release(); in.buffer != nil || in.start != 0 || in.end != 0 {
		t.Errorf("an empty buffer of %d bytes is kept, at %d to %d", len(in.buffer), in.start, in.end)
	}
	in.room()
	in.resize(2 * readStart)
	if in.release(); len(in.buffer) != 2*readStart {
		t.Error("a larger buffer went before it has long been roomy")
	}
}

// Between heartbeats, as the goroutines change, no message is lost or overtaken.
func TestMessagesBetweenHeartbeats(t *testing.T) {
	t.Parallel()
	bothMechanisms(t, func(t *testing.T, curve bool) {
		every := beating(time.Millisecond)
		a, b := start(t, "a", curve, every), start(t, "b", curve, every).listen()
		ab, ba := a.join(b)
		r := rand.New(rand.NewPCG(1, 2))
		for i := range 300 {
			time.Sleep(time.Duration(r.IntN(3000)) * time.Microsecond)
			n := 1 + r.IntN(3)
			for j := range n {
				a.Send(ab, core.CALL, fmt.Sprint(i, j))
			}
			for j := range n {
				b.WantFrame(ba, core.CALL, fmt.Sprint(i, j))
			}
			b.Send(ba, core.BACK, fmt.Sprint(i))
			a.WantFrame(ab, core.BACK, fmt.Sprint(i))
		}
	})
}
