package transporttest

import (
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/internal/relay"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Close lets leave what was sent, flushed or not, and the other end hears of the
// end behind it, whichever end closes.
func endBehindWhatWasSent(s *story) {
	const messages = 50
	for round := range 10 {
		l, d, atL, atD := s.pair()
		far, near, atFar, atNear := l, d, atL, atD
		if round%2 == 1 {
			far, near, atFar, atNear = d, l, atD, atL
		}
		near.Locked(func() {
			near.sendManyLocked(atNear, messages)
			near.unsent = near.unsent && round%4 < 2 // else it is Close that has to flush
		})
		near.Close(Patience)
		for i := range messages {
			far.WantFrame(atFar, core.CALL, Bytes(i, 20_000))
		}
		far.WantLost(atFar, core.CauseLost)
		if err := far.TrySend(atFar, core.TICK, ""); !errors.Is(err, zmqio.ErrUnroutable) {
			s.Errorf("send on a lost link: %v, want ErrUnroutable", err)
		}
		near.WantNothing()
		far.Close(0)
	}
}

// sendManyLocked sends count messages at once, the i-th of which is Bytes(i, 20_000).
// It requires the lock.
func (n *Node) sendManyLocked(link core.Link, count int) {
	n.TB.Helper()
	for i := range count {
		if err := n.SendLocked(link, core.CALL, nil, []byte(Bytes(i, 20_000))); err != nil {
			n.TB.Errorf("%q: send message %d of %d: %v", n.Name, i, count, err)
		}
	}
}

// When a connection breaks, both ends hear of it, once, and what arrived is what
// was sent up to some message.
func cutConnection(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	if !tcp(l.Bound) {
		return
	}
	r, atD, atL := s.joinByRelay(l, d)
	r.CutAfter(100_001)
	var wg sync.WaitGroup
	wg.Go(func() {
		for i, deadline := 0, time.Now().Add(Patience); time.Now().Before(deadline); {
			switch err := d.TrySend(atD, core.CAST, Bytes(i, 2000)); {
			case err == nil:
				i++
			case errors.Is(err, zmqio.ErrWouldBlock):
				runtime.Gosched()
			default:
				return // the link is gone
			}
		}
		s.Errorf("a link that was cut takes messages for %v", Patience)
	})
	for i := 0; ; i++ {
		got := l.Next()
		if got.Kind == Lost && got.Link == atL {
			break
		}
		if got.Kind != Frame || got.Payload != Bytes(i, 2000) {
			s.Fatalf("message %d: reported %v", i, got)
		}
	}
	d.WantLost(atD, core.CauseLost)
	wg.Wait()
}

// joinByRelay joins d to l, which listens on TCP, with a relay in the connection. It
// returns both ends of the link.
func (s *story) joinByRelay(l, d *Node) (r *relay.Relay, atD, atL core.Link) {
	s.Helper()
	r = relay.New(s.TB, l.Bound)
	atD = d.Dial(l.Name, r.Address())
	d.wantUp(atD, l.Name)
	return r, atD, d.greet(atD, l)
}

// heartbeats has a node send them often, and end a link that is silent for timeout.
func heartbeats(timeout time.Duration) alter {
	return func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 200*time.Millisecond, timeout
	}
}

// An idle link with heartbeats stays up.
func idleConnection(s *story) {
	l, d := s.listener("listener", heartbeats(Patience/2)), s.node("dialler", heartbeats(Patience/2))
	if !tcp(l.Bound) {
		return
	}
	r, atD, atL := s.joinByRelay(l, d)
	if !r.Wait(5, Patience) {
		s.Error("nothing passes on an idle link: no heartbeats")
	}
	exchange(l, d, atL, atD, "up all the while")
}

// Heartbeats find a connection that says nothing any more and is not closed, at
// both ends. On a machine so slow that they find it before it is stalled, the link may
// never have been up at the listener.
func silentConnection(s *story) {
	const timeout = 2 * time.Second
	l, d := s.listener("listener", heartbeats(timeout)), s.node("dialler", heartbeats(timeout))
	if !tcp(l.Bound) {
		return
	}
	r := relay.New(s.TB, l.Bound)
	atD := d.Dial(l.Name, r.Address())
	d.wantUp(atD, l.Name)
	_ = d.TrySend(atD, core.JOIN, "network") // fails if the link is lost already
	up, ok := l.TryNext(timeout)
	r.Wait(8, Patience/2) // more than the handshake takes: some heartbeats, of a kind that may be needed first
	r.Stall()
	d.WantLost(atD, core.CauseHeartbeat, core.CauseLost)
	if !ok {
		return
	}
	lost := l.Next()
	for lost.Kind == Frame {
		lost = l.Next()
	}
	if lost.Kind != Lost || lost.Link != up.Link {
		s.Errorf("reported %v, want the loss of %v", lost, up.Link)
	}
}

// The end of one peer is that peer's alone.
func rightLinkOfSeveral(s *story) {
	l := s.listener("listener")
	b, c := s.node("b"), s.node("c")
	_, bAtL := b.Join(l)
	atC, cAtL := c.Join(l)
	b.Close(0)
	l.WantLost(bAtL, core.CauseLost)
	if err := l.TrySend(bAtL, core.CAST, ""); !errors.Is(err, zmqio.ErrUnroutable) {
		s.Errorf("send on a lost link: %v, want ErrUnroutable", err)
	}
	exchange(l, c, cAtL, atC, "still here")
	l.WantNothing()
	c.WantNothing()
}

// A node that connects again has a new link, with a higher number.
func reconnectIsANewLink(s *story) {
	l, d, atL, atD := s.pair()
	for range 3 {
		d.HangUp(atD)
		l.WantLost(atL, core.CauseLost)
		again, atLAgain := d.Join(l)
		if atLAgain.N <= atL.N {
			s.Errorf("the new connection is %v, the one before it was %v", atLAgain, atL)
		}
		exchange(l, d, atLAgain, again, "again")
		atD, atL = again, atLAgain
	}
	d.WantNothing()
}
