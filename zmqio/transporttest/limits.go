package transporttest

import (
	"errors"
	"time"

	"github.com/bitmark-inc/bilateralrpc/core"
	"github.com/bitmark-inc/bilateralrpc/zmqio"
)

// The largest payload passes both ways, in one part or two. One byte more is
// refused, and changes nothing.
func payloadLimit(s *story) {
	const limit = 100_000
	l, d, atL, atD := s.pair(func(c *zmqio.TransportConfig) { c.PayloadBytesMax = limit })
	for _, end := range []struct {
		from, to   *Node
		atFrom, at core.Link
	}{{d, l, atD, atL}, {l, d, atL, atD}} {
		for _, headBytes := range []int{0, 10, limit} {
			payload := Bytes(headBytes, limit)
			end.from.sendParts(end.atFrom, core.CALL, payload[:headBytes], payload[headBytes:])
			end.to.WantFrame(end.at, core.CALL, payload)
			var err error
			end.from.Locked(func() {
				err = end.from.SendLocked(end.atFrom, core.CALL, make([]byte, headBytes), make([]byte, limit+1-headBytes))
			})
			if !errors.Is(err, zmqio.ErrTooLarge) {
				s.Errorf("a byte over the limit: %v, want ErrTooLarge", err)
			}
		}
	}
	exchange(l, d, atL, atD, "still up")
}

// A message over the receiver's limit is not taken in, and ends the link at both
// ends. Messages sent before it arrive.
func payloadLimitOfTheReceiver(s *story) {
	l := s.listener("listener", func(c *zmqio.TransportConfig) { c.PayloadBytesMax = 1000 })
	d := s.node("dialler")
	atD, atL := d.Join(l)
	d.Send(atD, core.CALL, Bytes(1, 1000))
	l.WantFrame(atL, core.CALL, Bytes(1, 1000))
	d.Send(atD, core.CALL, Bytes(2, 2000))
	l.WantLost(atL, core.CauseTooLarge, core.CauseLost)
	d.WantLost(atD, core.CauseLost)
	again, atLAgain := d.Join(l)
	exchange(l, d, atLAgain, again, "again")
}

// A peer that does not take its messages fills its own queue, and nobody else's.
// Messages accepted before arrive in order once it reads again.
func fullQueue(s *story) {
	few := func(c *zmqio.TransportConfig) { c.SendQueueMax = 100 }
	l, deaf, atL, atDeaf := s.pair(few)
	other := s.node("other", few)
	atOther, otherAtL := other.Join(l)
	for _, end := range []struct {
		from, to   *Node
		atFrom, at core.Link
	}{{l, deaf, atL, atDeaf}, {deaf, l, atDeaf, atL}} {
		sent := 0
		end.to.Lock() // its carrier can't report from here on
		for ; ; sent++ {
			err := end.from.TrySend(end.atFrom, core.CALL, Bytes(sent, 30_000))
			if errors.Is(err, zmqio.ErrWouldBlock) {
				break
			}
			if err != nil || sent > 2000 {
				s.Errorf("message %d: %v, want ErrWouldBlock in the end", sent, err)
				break
			}
		}
		if end.from == l {
			exchange(l, other, otherAtL, atOther, "others are served")
		}
		end.to.UnlockAndDispatch()
		for i := range sent {
			end.to.WantFrame(end.at, core.CALL, Bytes(i, 30_000))
		}
		end.from.Send(end.atFrom, core.CALL, "there is room again")
		end.to.WantFrame(end.at, core.CALL, "there is room again")
	}
}

// A connection whose handshake takes too long is closed, by whichever end.
func handshakeTimeout(s *story) {
	l := s.listener("listener", func(c *zmqio.TransportConfig) { c.HandshakeTimeout = 100 * time.Millisecond })
	if !tcp(l.Bound) {
		return
	}
	silent, slow := s.rawDial(l), s.rawDial(l)
	_, _ = slow.Write([]byte{0xff, 0, 0}) // fails if its time is over already
	for what, conn := range map[string]interface {
		Read([]byte) (int, error)
		SetReadDeadline(time.Time) error
	}{"silent": silent, "slow": slow} {
		_ = conn.SetReadDeadline(time.Now().Add(Patience))
		buffer := make([]byte, 1024)
		for err := error(nil); err == nil; {
			_, err = conn.Read(buffer)
			if timeout, ok := err.(interface{ Timeout() bool }); ok && timeout.Timeout() {
				s.Errorf("a %s connection is still open after %v", what, Patience)
			}
		}
	}
	l.WantLost(l.Dial(NewKeys(s.TB).Name(), s.rawListen()), core.CauseHandshake, core.CauseLost, core.CauseUnreachable)
	l.WantNothing()
}
