//go:build cgo && libzmq

package libzmq

import (
	"strings"
	"testing"

	zmq "github.com/pebbe/zmq4"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
	"github.com/bitmark-inc/bilateralrpc/zmqio/transporttest"
)

// A message waits while the node is asked whether to admit its sender, and is not changed
// by those that the node receives meanwhile, which come to where it came to.
func TestAMessageThatWaitsStaysAsItIs(t *testing.T) {
	for _, size := range []int{20, 200, 2 * zmqio.KeepBytes} {
		asked, answer := make(chan struct{}), make(chan struct{})
		a := start(t, "a", false, func(c *zmqio.TransportConfig) {
			c.Admit = func(string, string) bool {
				close(asked)
				<-answer
				return true
			}
		})
		b, other := start(t, "b", false), start(t, "other", false)
		a.listen()
		other.listen()
		a.Dial("other", other.Bound)
		a.wantUp("other")
		a.Send(a.dialled("other"), core.TICK, "")
		other.wantUp("a")
		atOther := other.wantFrame("a", core.TICK, "").Link

		toA := b.DialUp(a.Node)
		b.Send(toA, core.CALL, strings.Repeat("b", size))
		<-asked
		for range 10 {
			other.Send(atOther, core.CAST, strings.Repeat("o", size))
			a.wantFrame("other", core.CAST, strings.Repeat("o", size))
		}
		close(answer)
		a.wantUp("b")
		a.wantFrame("b", core.CALL, strings.Repeat("b", size))
	}
}

// dialled returns the link that n has dialled to the node called name.
func (n *node) dialled(name string) (link core.Link) {
	n.Locked(func() {
		for l, d := range n.carrier().dials {
			if d.name == name {
				link = l
			}
		}
	})
	return link
}

// A large message that is not well-formed, or has a frame too many, is not handed up, and neither
// it nor the rest of it is in the way of the next one.
func TestWhatIsNotHandedUpIsNotInTheWay(t *testing.T) {
	a := start(t, "a", false)
	peer := newForeign(t, zmq.DEALER, "peer", nil, "")
	peer.must(peer.Connect(a.listen()))
	large := strings.Repeat("x", 2*zmqio.KeepBytes)
	peer.must(sendAll(peer.Socket, "JOIN", "first"))
	a.wantUp("peer")
	a.wantFrame("peer", core.JOIN, "first")
	for _, frames := range [][]string{{large}, {"CALL", large, large}, {"CALL", large, "", large}, {large, large, large, large}} {
		peer.must(sendAll(peer.Socket, frames...))
		a.Want(transporttest.Malformed, "peer")
		peer.must(sendAll(peer.Socket, "CAST", "next"))
		a.wantFrame("peer", core.CAST, "next")
	}
	many := make([]string, 5*skipMax)
	peer.must(sendAll(peer.Socket, many...))
	a.Want(transporttest.Malformed, "peer")
	peer.must(sendAll(peer.Socket, "CAST", "next"))
	a.wantFrame("peer", core.CAST, "next")
}

// A large message that was handed up is freed at once, at both ends, and not with the next one, which
// may be long in coming.
func TestWhatWasHandedUpIsFreed(t *testing.T) {
	a, b := start(t, "a", false), start(t, "b", false)
	atA, atB := pair(t, a, b)
	large := strings.Repeat("x", zmqio.KeepBytes)
	for _, way := range []struct {
		from, to *node
		link     core.Link
	}{{b, a, atB}, {a, b, atA}} {
		way.from.Send(way.link, core.CALL, large)
		way.to.wantFrame(way.from.Name, core.CALL, large)
		way.to.Locked(func() {
			for _, n := range way.to.carrier().in.c.size { // in.body is empty once there was nothing more
				if n >= zmqio.KeepBytes {
					t.Errorf("%s: libzmq still has %d bytes", way.to.Name, n)
				}
			}
		})
	}
}

func sendAll(z *zmq.Socket, frames ...string) error {
	_, err := z.SendMessage(frames)
	return err
}

// A version of pebbe/zmq4 that keeps its sockets elsewhere would be found here.
func TestHandleIsFound(t *testing.T) {
	z, err := zmq.NewSocket(zmq.PAIR)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	if h, err := handle(z); err != nil || h == nil {
		t.Errorf("%v, %v", h, err)
	}
}
