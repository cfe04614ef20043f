package transporttest

import (
	"errors"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// Messages sent before a hang-up arrive, followed by the loss; the end that hung up
// gets no more reports.
func hangUpDelivers(s *story) {
	const messages, rounds = 50, 10
	l := s.listener("listener")
	ended := make(map[core.Link]bool)
	next := func(of core.Link) Report { // and not the end of an earlier link, which takes its time
		for {
			r := l.Next()
			if r.Kind != Lost || r.Link == of {
				return r
			}
			ended[r.Link] = true
		}
	}
	for round := range rounds {
		d := s.node("dialler " + string(rune('a'+round)))
		atD := d.DialUp(l)
		d.Send(atD, core.JOIN, "network")
		atL := next(core.Link{}).Link
		if r := next(atL); r.Link != atL || r.Payload != "network" {
			s.Fatalf("reported %v, want JOIN on %v", r, atL)
		}
		if !s.options.ResetsWhenUnread {
			l.Send(atL, core.TICK, "unread when the dialler hangs up: no reset may follow")
		}
		d.Locked(func() {
			d.sendManyLocked(atD, messages)
			d.hangUpLocked(atD)
			if err := d.SendLocked(atD, core.CALL, nil, nil); !errors.Is(err, zmqio.ErrUnroutable) {
				s.Errorf("send after the hang-up: %v, want ErrUnroutable", err)
			}
		})
		for i := range messages {
			if r := next(atL); r.Link != atL || r.Payload != Bytes(i, 20_000) {
				s.Fatalf("round %d, message %d: reported %v", round, i, r)
			}
		}
	}
	for len(ended) < rounds {
		if r := l.Next(); r.Kind != Lost {
			s.Fatalf("reported %v, want nothing but the ends of links", r)
		} else {
			ended[r.Link] = true
		}
	}
}

// A listener may hang up too, and then hears nothing more of that link.
func listenerHangsUp(s *story) {
	l, d, atL, atD := s.pair()
	l.Locked(func() {
		if err := l.SendLocked(atL, core.PART, nil, []byte("bye")); err != nil {
			s.Errorf("send: %v", err)
		}
		l.hangUpLocked(atL)
	})
	if err := l.TrySend(atL, core.CAST, ""); !errors.Is(err, zmqio.ErrUnroutable) {
		s.Errorf("send after the hang-up: %v, want ErrUnroutable", err)
	}
	d.WantFrame(atD, core.PART, "bye")
	if !s.options.CannotHangUp {
		d.WantLost(atD, core.CauseLost)
		l.WantNothing()
	}
	d.HangUp(atD)
	again, atLAgain := d.Join(l)
	if atLAgain.N <= atL.N {
		s.Errorf("back as %v, which is no later than %v", atLAgain, atL)
	}
	exchange(l, d, atLAgain, again, "again")
}

// Close returns soon although a peer takes nothing.
func closeIsBounded(s *story) {
	l, d, atL, _ := s.pair()
	d.Lock() // its carrier can't report from here on
	for i := range 500 {
		if err := l.TrySend(atL, core.CAST, string(make([]byte, 100_000))); errors.Is(err, zmqio.ErrWouldBlock) {
			break
		} else if err != nil {
			s.Errorf("message %d: %v", i, err)
			break
		}
	}
	l.Close(50 * time.Millisecond) // checks its time
	d.UnlockAndDispatch()
}
