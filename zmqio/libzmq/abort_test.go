//go:build cgo && libzmq && linux

package libzmq

import (
	"errors"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// inChild says that this process is one that inChildProcess has started.
const inChild = "LIBZMQ_TEST_IN_CHILD"

// inChildProcess runs story in a process of its own, because libzmq ends the process
// where an assertion of its own fails.
func inChildProcess(t *testing.T, story func(t *testing.T)) {
	t.Helper()
	if os.Getenv(inChild) != "" {
		story(t)
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.Command(self, "-test.run=^"+t.Name()+"$", "-test.count=1")
	child.Env = append(os.Environ(), inChild+"=1")
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

const (
	beatOften = 5 * time.Millisecond
	// manyBeats is long enough for an assertion of a heartbeat's to fail.
	manyBeats = 20 * beatOften
)

// oftenBeating is a node with a short queue whose heartbeats come often.
func oftenBeating(c *zmqio.TransportConfig) {
	c.SendQueueMax, c.Linger = 16, manyBeats
	c.HeartbeatInterval, c.HeartbeatTimeout = beatOften, patience
}

// fill sends on a link until nothing has been taken for a while: then libzmq has
// stopped to read at the other end, which is locked.
func fill(t *testing.T, from *transporttest.Node, link core.Link) {
	t.Helper()
	payload := string(make([]byte, 32<<10))
	for full := 0; full < 50; {
		switch err := from.TrySend(link, core.CAST, payload); {
		case err == nil:
			full = 0
		case errors.Is(err, zmqio.ErrWouldBlock):
			full++
			time.Sleep(time.Millisecond)
		default:
			t.Fatal(err)
		}
	}
}

// untilLost takes reports until the loss of link.
func untilLost(n *transporttest.Node, link core.Link) {
	n.TB.Helper()
	for r := n.Next(); r.Kind != transporttest.Lost || r.Link != link; r = n.Next() {
	}
}

// A connection that breaks while its messages have no room, as the node is busy, does
// not end the process.
func TestBreakOfAFullConnectionOfAListener(t *testing.T) {
	for _, curve := range []bool{false, true} {
		t.Run(map[bool]string{false: "null", true: "curve"}[curve], func(t *testing.T) {
			inChildProcess(t, func(t *testing.T) {
				a, b := start(t, "a", curve, oftenBeating), start(t, "b", curve)
				a.listen()
				for range 3 {
					r := relay.New(t, a.Bound)
					link := b.Dial(a.Name, r.Address())
					b.Want(transporttest.Up, a.Name)
					b.Send(link, core.JOIN, "")
					up := a.wantUp(b.Name)
					a.Locked(func() {
						fill(t, b.Node, link)
						r.Cut()
						time.Sleep(manyBeats)
					})
					untilLost(a.Node, up)
					b.WantLost(link)
				}
			})
		})
	}
}

// The same, of a connection that the node has dialled.
func TestBreakOfAFullConnectionOfADialler(t *testing.T) {
	for _, curve := range []bool{false, true} {
		t.Run(map[bool]string{false: "null", true: "curve"}[curve], func(t *testing.T) {
			inChildProcess(t, func(t *testing.T) {
				a, b := start(t, "a", curve, oftenBeating), start(t, "b", curve)
				b.listen()
				for range 3 {
					r := relay.New(t, b.Bound)
					link := a.Dial(b.Name, r.Address())
					a.wantUp(b.Name)
					a.Send(link, core.JOIN, "")
					atB := b.Want(transporttest.Up, a.Name).Link
					b.WantFrame(atB, core.JOIN, "")
					a.Locked(func() {
						fill(t, b.Node, atB)
						r.Cut()
						time.Sleep(manyBeats)
					})
					untilLost(a.Node, link)
					b.WantLost(atB)
				}
			})
		})
	}
}

// A connection whose name another has taken over, and that goes on to send, does not
// end the process when it ends.
func TestEndOfAReplacedConnection(t *testing.T) {
	inChildProcess(t, func(t *testing.T) {
		a := start(t, "a", false, oftenBeating)
		address := a.listen()
		tick := []byte("\x01\x04TICK\x00\x00")
		say := func(c net.Conn) {
			for range 3 {
				_, _ = c.Write(tick)
			}
		}
		last := rawPeer(t, address, "r")
		say(last)
		a.wantUp("r")
		for range 5 {
			next := rawPeer(t, address, "r")
			a.Locked(func() { // it is not known yet that there is another
				say(next)
				time.Sleep(manyBeats)
				say(last)
				time.Sleep(beatOften)
				_ = last.(*net.TCPConn).SetLinger(0)
			})
			time.Sleep(manyBeats)
			_ = last.Close()
			time.Sleep(manyBeats)
			last = next
		}
	})
}
