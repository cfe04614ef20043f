package transporttest

import (
	"errors"
	"sync"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// A thousand messages each way at once, of every length, arrive once, in order,
// unaltered; and fewer, but still of every length, on the other kinds of address.
func everyLengthBothWays(s *story) {
	messages := 1000
	for _, address := range s.options.Addresses(s.TB) {
		l, d := s.node("listener").Listen(address), s.node("dialler")
		atD, atL := d.Join(l)
		var wg sync.WaitGroup
		for seed, end := range []struct {
			from *Node
			link core.Link
		}{{d, atD}, {l, atL}} {
			wg.Go(func() {
				for i := range messages {
					end.from.Send(end.link, core.CALL, Bytes(seed+i, LengthOf(i)))
				}
			})
		}
		for i := range messages {
			l.WantFrame(atL, core.CALL, Bytes(i, LengthOf(i)))
			d.WantFrame(atD, core.CALL, Bytes(1+i, LengthOf(i)))
		}
		wg.Wait()
		l.Close(0)
		d.Close(0)
		messages = 250
	}
}

// A head and a body arrive as one payload, copied or not.
func headAndBody(s *story) {
	l, d, atL, _ := s.pair()
	atD := core.Link{Half: core.Dialling, N: 1}
	for _, n := range Lengths() {
		for _, headBytes := range []int{0, 20} {
			head, body := Bytes(n, headBytes), Bytes(n+1, n)
			d.sendParts(atD, core.BACK, head, body)
			l.WantFrame(atL, core.BACK, head+body)
		}
	}
}

func everyCommand(s *story) {
	l, d, atL, atD := s.pair()
	for c := core.JOIN; c <= core.WITH; c++ {
		text := "with " + c.String()
		d.Send(atD, c, text)
		l.WantFrame(atL, c, text)
		l.Send(atL, c, text)
		d.WantFrame(atD, c, text)
	}
}

// Many goroutines send on one link while answers come back. A message that is not
// noticed until the next one comes would stop the exchange.
func noMessageSleeps(s *story) {
	l, d, atL, atD := s.pair()
	answers := make(chan struct{}, 1<<16)
	l.Locked(func() {
		l.react = func(r Report) {
			if r.Kind != Frame {
				return
			}
			if err := l.SendLocked(atL, core.BACK, nil, []byte(r.Payload)); err != nil {
				s.Errorf("answer: %v", err)
			}
		}
	})
	d.Locked(func() { d.react = func(Report) { answers <- struct{}{} } })
	const callers, calls = 16, 200
	var wg sync.WaitGroup
	for range callers {
		wg.Go(func() {
			for range calls {
				d.Send(atD, core.CALL, "0123456789abcdef")
				select {
				case <-answers:
				case <-time.After(Patience):
					s.Errorf("no answer for %v: a message sleeps", Patience)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, n := range []*Node{l, d} {
		n.Locked(func() { n.react = func(Report) {} }) // the end of the other one
	}
}

// A node may send and hang up from inside a report, and hears nothing of what
// came behind it.
func answersFromInsideReports(s *story) {
	l, d := s.listener("listener"), s.node("dialler")
	l.Locked(func() {
		l.react = func(r Report) {
			switch {
			case r.Kind == Up:
				_ = l.SendLocked(r.Link, core.STAY, nil, []byte("hello"))
			case r.Kind == Frame && r.Payload == "1":
				_ = l.SendLocked(r.Link, core.PART, nil, []byte("bye"))
				l.hangUpLocked(r.Link)
			}
		}
	})
	atD := d.DialUp(l)
	d.Locked(func() {
		for _, text := range []string{"1", "2", "3", "4"} {
			if err := d.SendLocked(atD, core.TICK, nil, []byte(text)); err != nil && !errors.Is(err, zmqio.ErrUnroutable) {
				s.Errorf("send: %v", err)
			}
		}
	})
	d.WantFrame(atD, core.STAY, "hello")
	d.WantFrame(atD, core.PART, "bye")
	if !s.options.CannotHangUp {
		d.WantLost(atD, core.CauseLost)
	}
}

// Two connections of one node are two links, each with an end of its own.
func connectionsOfOneName(s *story) {
	if s.claims() {
		return
	}
	l, d, atL1, atD1 := s.pair()
	atD2, atL2 := d.Join(l)
	if atL2.N <= atL1.N {
		s.Fatalf("the second connection is %v, the first %v", atL2, atL1)
	}
	exchange(l, d, atL1, atD1, "on the first")
	exchange(l, d, atL2, atD2, "on the second")
	d.HangUp(atD1)
	l.WantLost(atL1, core.CauseLost)
	exchange(l, d, atL2, atD2, "still here")
	l.WantNothing()
	d.WantNothing()
}
