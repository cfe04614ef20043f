package stream

import (
	"slices"
	"time"

	"github.com/bitmark-inc/bilateralrpc/sim/dice"
	"github.com/bitmark-inc/bilateralrpc/zmtp"
)

// firstBytes returns what the dialling end sends when the connection is made.
func (w *world) firstBytes(c *conn) []byte {
	switch c.plan.Peer {
	case Mute:
		return nil
	case Greeter:
		return w.greeting()
	case Babbler:
		babble := make([]byte, 4<<10)
		dice.Fill(babble, w.plan.Seed, aboutGarbage, uint64(c.n))
		// A first frame that is a command and may be one.
		return append(append(w.greeting(), 4, 100), babble...)
	case Overclaim:
		// And more of it than a buffer ever has to hold.
		return append(rawHeader(w.greeting(), 4, 1<<30), make([]byte, zmtp.BufferBytesMax)...)
	case Replayer:
		return slices.Clone(w.conns[c.plan.Like].pipes[Dialler].wire)
	}
	start := c.ends[Dialler].engine.Start(nil)
	if c.plan.Peer == Old {
		start[11] = 0 // the minor version
	}
	return start
}

// greeting returns the greeting of an end that means to go on as it should.
func (w *world) greeting() []byte {
	return zmtp.Accept(w.config, &zmtp.Entropy{}, 0).Start(nil)
}

// misbehave begins with what a hostile end does once it is up.
func (w *world) misbehave(c *conn) {
	e := &c.ends[Dialler]
	switch c.plan.Peer {
	case Promiser:
		e.deaf = true
		w.write(c, Dialler, e.engine.Sealer().Seal(nil, rawFrame(nil, 4, []byte("\x04PING\x00\x01")), nil))
		w.write(c, Dialler, w.promise(w.plan.PayloadMax))
		w.queue.Push(w.now+c.plan.Every, eventTrickle, ref(c.n, Dialler))
		w.mark(markPromise)
	case Boaster:
		e.deaf = true
		if c.plan.Sends > 0 {
			body := make([]byte, w.plan.PayloadMax+1)
			w.write(c, Dialler, e.engine.Sealer().Seal(nil, zmtp.AppendMessage(nil, "CALL", nil, body), nil))
			return
		}
		w.write(c, Dialler, w.promise(w.plan.PayloadMax+1<<20))
	}
}

// promise returns the header of a frame that begins or continues a message.
func (w *world) promise(length int) []byte {
	const more = 1
	if w.plan.Curve {
		return rawHeader(nil, 0, length)
	}
	return rawHeader(rawFrame(nil, more, []byte("CALL")), 0, length)
}

// trickle sends one more byte of what was promised, as often as the plan says.
func (w *world) trickle(c *conn) {
	e := &c.ends[Dialler]
	if !e.open || e.sent >= c.plan.Sends {
		return
	}
	e.sent++
	w.write(c, Dialler, []byte{byte(e.sent)})
	w.queue.Push(w.now+max(c.plan.Every, time.Millisecond), eventTrickle, ref(c.n, Dialler))
}
