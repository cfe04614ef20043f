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
			for i := range messages {
				if err := near.SendLocked(atNear, core.CALL, nil, []byte(Bytes(i, 20_000))); err != nil {
					s.Errorf("send: %v", err)
				}
			}
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

// When a connection breaks, both ends hear of it, once, and what arrived is what
// was sent up to some message.
func cutConnection(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	if !tcp(l.Bound) {
		return
	}
	r := relay.New(s.TB, l.Bound)
	atD := d.Dial(l.Name, r.Address())
	d.WantUp(atD, l.Name)
	atL := d.Greet(atD, l)
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
		if got.What == Lost && got.Link == atL {
			break
		}
		if got.What != Frame || got.Payload != Bytes(i, 2000) {
			s.Fatalf("message %d: reported %v", i, got)
		}
	}
	d.WantLost(atD, core.CauseLost)
	wg.Wait()
}

// Heartbeats find a connection that says nothing any more and is not closed, at
// both ends.
func silentConnection(s *story) {
	quick := func(c *zmqio.TransportConfig) {
		c.HeartbeatInterval, c.HeartbeatTimeout = 200*time.Millisecond, 5*time.Second
	}
	l, d := s.listener("listener", quick), s.node("dialler", quick)
	if !tcp(l.Bound) {
		return
	}
	r := relay.New(s.TB, l.Bound)
	atD := d.Dial(l.Name, r.Address())
	d.WantUp(atD, l.Name)
	atL := d.Greet(atD, l)
	if !r.Wait(5, Patience) {
		s.Error("nothing passes on an idle link: no heartbeats")
	}
	exchange(l, d, atL, atD, "up all the while")
	r.Stall()
	l.WantLost(atL, core.CauseHeartbeat, core.CauseLost)
	d.WantLost(atD, core.CauseHeartbeat, core.CauseLost)
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
